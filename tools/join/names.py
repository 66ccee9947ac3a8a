"""What each name of a resident module is called in the joined one, and the texts rewritten so."""

import ast
import builtins
from collections.abc import Collection, Iterator, Sequence

from .program import Program
from .unit import Imported, Statement, Unit

_Key = tuple[str, str]


class Names:
    """The names of the joined module.

    Args:
        program: what is joined.
        callers: texts that run beside the modules and import from them.
        root: dotted name of the joined module.
    """

    def __init__(self, program: Program, callers: Sequence[Unit], root: str) -> None:
        self._program = program
        self._root = root
        self._callers = callers
        self._taken = set(dir(builtins)).union(
            *(unit.identifiers for unit in [*program.units.values(), *callers])
        )
        # (dotted name of the module, name) -> name in the joined module
        self._new: dict[_Key, str] = {}
        # What is imported from outside -> name in the joined module, once it is imported there.
        self._outside: dict[tuple[str, str | None], str] = {}
        self._imported: set[tuple[str, str | None]] = set()
        self._used: set[str] = set()
        self._choose()

    def _choose(self) -> None:
        root = self._program.units[self._root]
        called = {key for unit in self._callers for key in self._asked(unit)}
        own = {(self._root, name) for name in root.scopes.stored if not name.startswith("_")}
        # These have no choice, so they come first.
        for key in sorted(called) + sorted(own - called):
            self._keep(key)
        others = [
            unit for unit in self._program.units.values() if unit not in self._program.resident
        ]
        asked = {key for unit in others for key in self._asked(unit)}
        for unit in self._program.resident:
            for name in sorted(unit.scopes.bound):
                key = (unit.dotted, name)
                if key in self._new or name in unit.imports:
                    continue
                if name not in unit.scopes.stored:
                    # Bound in a way that cannot be rewritten.
                    self._keep(key)
                elif _is_exception(unit, name) or (
                    key in asked and self._program.constant(unit, name) is None
                ):
                    self._new[key] = self._public(unit, name)
                else:
                    self._new[key] = self._private(unit, name)

    def _asked(self, unit: Unit) -> Iterator[_Key]:
        """Return what a file that stays on its own asks resident modules for."""
        for node in [*unit.top, *unit.within]:
            for one in unit.imported(node):
                if self._program.is_joined(one):
                    for name in [one.name] if one.name else self._attributes(unit, one):
                        found, there = self._program.found(one.module, name, unit.name)
                        yield found.dotted, there

    @staticmethod
    def _attributes(unit: Unit, one: Imported) -> list[str]:
        return [unit.attribute(use).attr for use in unit.scopes.uses[one.bound]]

    def _keep(self, key: _Key) -> None:
        if not self._is_free(*key):
            raise ValueError(f"{key[0]}: {key[1]} must keep its name, which another module has")
        self._new[key] = key[1]
        self._used.add(key[1])

    def _is_free(self, module: str, name: str) -> bool:
        """Return whether what a module calls so may be called so in the joined one.

        Others that have it for something of their own get another, as it is in use then.
        """
        if name in self._used or hasattr(builtins, name):
            return False
        for unit in self._program.resident:
            if name in unit.scopes.uses and name not in unit.scopes.bound:
                return False
            if name not in unit.scopes.local or unit.dotted == module:
                continue
            if any(bound != name for bound in self._called(unit, (module, name))):
                return False
        return True

    def _called(self, unit: Unit, key: _Key) -> Iterator[str]:
        """Return what a module calls something of another."""
        for one in unit.imports.values():
            if self._program.is_joined(one):
                for name in [one.name] if one.name else self._attributes(unit, one):
                    found, there = self._program.found(one.module, name, unit.name)
                    if (found.dotted, there) == key:
                        yield one.bound if one.name else f"{one.bound}.{name}"

    def _public(self, unit: Unit, name: str) -> str:
        plain = name.lstrip("_")
        if name == plain and self._is_free(unit.dotted, name):
            self._used.add(name)
            return name
        return self._fresh(f"{unit.leaf}_{plain}")

    def _private(self, unit: Unit, name: str) -> str:
        plain = name.lstrip("_")
        # To the compiler a constant's name is the constant wherever it stands, whatever it means.
        elsewhere = any(
            name in other.identifiers for other in self._program.resident if other is not unit
        )
        if name != plain and not elsewhere and self._is_free(unit.dotted, name):
            self._used.add(name)
            return name
        if "_" + plain not in self._taken:
            return self._fresh("_" + plain)
        return self._fresh(f"_{unit.leaf}_{plain}")

    def _fresh(self, name: str) -> str:
        """Return a name that is nowhere yet, neither a local variable nor anything else."""
        count = 2
        new = name
        while new in self._taken or new in self._used:
            new = f"{name}_{count}"
            count += 1
        self._used.add(new)
        return new

    def rewrite_resident(self, unit: Unit) -> None:
        """Give a module's own names, and what it imports, their names in the joined one."""
        scopes = unit.scopes
        for node in unit.within:
            self._import_within(unit, node)
        for name in [*scopes.uses]:
            if name == "__file__" or (name == "__name__" and unit.dotted != self._root):
                raise unit.error(scopes.uses[name][0], "asks which file it is in")
            if name not in scopes.bound:
                continue
            if name in scopes.ambiguous:
                raise ValueError(f"{unit.name}: {name} is both a class's and the module's")
            one = unit.imports.get(name)
            if one is None:
                self._rename(unit, name, self._new[unit.dotted, name])
            elif not self._program.is_joined(one):
                self._rename(unit, name, self._outer(one))
            elif one.name is not None:
                self._rename(unit, name, self._of(unit, one.module, one.name))
            else:
                for use in scopes.uses[name]:
                    member = unit.attribute(use)
                    unit.put(member, self._of(unit, one.module, member.attr))
        for node in unit.top:
            self._import_outside(unit, node)

    def _of(self, unit: Unit, module: str, name: str) -> str:
        found, there = self._program.found(module, name, unit.name)
        one = found.imports.get(there)
        return self._new[found.dotted, there] if one is None else self._outer(one)

    def _outer(self, one: Imported) -> str:
        """Return the joined module's name of something from outside."""
        key = (one.module, one.name)
        if key not in self._outside:
            free = one.bound not in self._used and all(
                self._is_same(unit, one.bound, key) for unit in self._program.resident
            )
            if free:
                self._used.add(one.bound)
            self._outside[key] = one.bound if free else self._fresh("_" + one.bound.lstrip("_"))
        return self._outside[key]

    @staticmethod
    def _is_same(unit: Unit, name: str, key: tuple[str, str | None]) -> bool:
        """Return whether a name means one thing from outside in a module, or nothing at all."""
        one = unit.imports.get(name)
        if one is not None:
            return (one.module, one.name) == key
        return not any(name in names for names in _names(unit))

    def _import_outside(self, unit: Unit, node: Statement) -> None:
        """Leave of a statement what is not joined and not imported before."""
        kept = []
        for alias, one in zip(node.names, unit.imported(node), strict=True):
            if self._program.is_joined(one):
                if one.bound not in unit.imports:
                    raise unit.error(node, f"{one.bound} is something else as well")
                if one.name is not None:
                    self._of(unit, one.module, one.name)
                continue
            if one.bound not in unit.imports:
                kept.append(alias)
                continue
            key = (one.module, one.name)
            new = self._outer(one)
            if key not in self._imported:
                self._imported.add(key)
                kept.append(ast.alias(alias.name, new if new != alias.name else None))
        unit.put(node, _statement(node, kept))

    def _import_within(self, unit: Unit, node: Statement) -> None:
        """Have an import in a function of either kind of file find what was joined."""
        imported = list(unit.imported(node))
        if not any(self._program.is_joined(one) for one in imported):
            return
        aliases = []
        for one in imported:
            if not self._program.is_joined(one) or one.name is None:
                raise unit.error(node, "accepted in a function: from package.module import name")
            aliases.append(ast.alias(self._of(unit, one.module, one.name), one.bound))
        unit.put(node, ast.unparse(ast.ImportFrom(self._root, aliases, 0)))

    def rewrite_other(self, unit: Unit) -> None:
        """Have a file that stays on its own find what was joined."""
        for node in unit.within:
            self._import_within(unit, node)
        for node in unit.top:
            imported = list(unit.imported(node))
            if not any(map(self._program.is_joined, imported)):
                continue
            kept, constants, names = [], [], []
            for alias, one in zip(node.names, imported, strict=True):
                if not self._program.is_joined(one):
                    kept.append(alias)
                    continue
                if one.bound not in unit.imports or one.bound in unit.scopes.ambiguous:
                    raise unit.error(node, f"{one.bound} is something else as well")
                for name in sorted({one.name} if one.name else set(self._attributes(unit, one))):
                    found, there = self._program.found(one.module, name, unit.name)
                    number = self._program.constant(found, there)
                    if number is not None and unit not in self._callers:
                        new = self._constant_within(unit, "_" + name.lstrip("_"))
                        constants.append(f"{new} = const({number})")
                    else:
                        there = self._of(unit, one.module, name)
                        new = self._within(unit, there, one.bound if one.name else "")
                        names.append(ast.alias(there, new if new != there else None))
                    self._use(unit, one, name, new)
            parts = [_statement(node, kept)] if kept else []
            if names:
                parts.append(ast.unparse(ast.ImportFrom(self._root, names, 0)))
            unit.put(node, "; ".join(parts + constants))

    def _use(self, unit: Unit, one: Imported, name: str, new: str) -> None:
        """Put a new name wherever a file on its own uses what it imported."""
        if one.name:
            self._rename(unit, one.bound, new)
            return
        for use in unit.scopes.uses[one.bound]:
            node = unit.attribute(use)
            if node.attr == name:
                unit.put(node, new)

    def _rename(self, unit: Unit, name: str, new: str) -> None:
        if name == new:
            return
        for node in unit.scopes.uses[name]:
            if isinstance(node, ast.Global):
                unit.rename_global(node, name, new)
            else:
                unit.rename(node, new)

    @staticmethod
    def _within(unit: Unit, name: str, bound: str) -> str:
        """Return a name for something in a file on its own, where it is called `bound` now."""
        new, count = name, 2
        while new != bound and any(new in names for names in _names(unit)):
            new = f"{name}_{count}"
            count += 1
        return new

    @staticmethod
    def _constant_within(unit: Unit, name: str) -> str:
        new, count = name, 2
        while new in unit.identifiers:
            new = f"{name}_{count}"
            count += 1
        return new


def _names(unit: Unit) -> tuple[Collection[str], ...]:
    return unit.scopes.bound, unit.scopes.local, unit.scopes.uses


def _is_exception(unit: Unit, name: str) -> bool:
    """Return whether a name is of a class with bases: messages show what it is called."""
    nodes = unit.scopes.uses[name]
    return any(isinstance(node, ast.ClassDef) and node.bases for node in nodes)


def _statement(node: Statement, aliases: list[ast.alias]) -> str:
    """Return an import of fewer names, or of the same under others; nothing for none."""
    if not aliases:
        return ""
    if isinstance(node, ast.Import):
        return ast.unparse(ast.Import(aliases))
    return ast.unparse(ast.ImportFrom(node.module, aliases, 0))
