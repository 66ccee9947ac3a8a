"""Shorter names for the private attributes and methods of classes.

A private attribute that is reached through ``self`` alone belongs to the class and to those that
it inherits from or that inherit from it: a family. Each family names its own from the start of
the pool, so that all of them share few names.
"""

import ast
import builtins
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from .module import Function, Module, Named
from .reach import Reach, is_private


class Members:
    """The private members of all classes that run together.

    Args:
        modules: those that run together.

    Attributes:
        elsewhere: names of attributes that are reached on other objects, so on any.
    """

    def __init__(self, modules: Sequence[Module]) -> None:
        families = _Families(modules)
        self._classes: dict[str, list[ast.ClassDef]] = defaultdict(list)
        # family -> name -> where
        self._members: dict[str, dict[str, list[tuple[Module, Named]]]] = {}
        self.elsewhere: set[str] = set()
        for module in modules:
            own: set[int] = set()
            for owner in module.tree.body:
                family = families.of(owner.name) if isinstance(owner, ast.ClassDef) else None
                if not isinstance(owner, ast.ClassDef) or family is None:
                    continue
                self._classes[family].append(owner)
                names = self._members.setdefault(family, {})
                for name, place in _own(owner):
                    own.add(id(place))
                    names.setdefault(name, []).append((module, place))
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Attribute) and id(node) not in own:
                    self.elsewhere.add(node.attr)

    def shorten(self, reach: Reach, pool: Sequence[str]) -> None:
        """Rename what is reached through ``self`` alone.

        Args:
            reach: what must keep its name.
            pool: names that nothing but a module may have.
        """
        for family, names in self._members.items():
            # In a class's own scope its names hide those of the module.
            hidden = {node.id for owner in self._classes[family] for node in names_in_scope(owner)}
            free = (name for name in pool if name not in hidden)
            for name, places in names.items():
                if name not in self.elsewhere and not reach.holds(name):
                    new = next(free)
                    for module, node in places:
                        module.rename(node, new)


class _Families:
    """Classes by name, each with those that it shares instances with."""

    def __init__(self, modules: Iterable[Module]) -> None:
        trees = [module.tree for module in modules]
        classes = [
            node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
        ]
        self._family = {node.name: {node.name} for node in classes}
        for node in classes:
            for base in node.bases:
                # A base that is none of these is a family of its own, and not to be told from
                # one of these under another name.
                name = base.id if isinstance(base, ast.Name) else "?"
                if name not in self._family and hasattr(builtins, name):
                    continue
                joined = self._family[node.name] | self._family.get(name, {"?"})
                for member in joined:
                    self._family[member] = joined

    def of(self, name: str) -> str | None:
        """Return what names the family of a class, or None where that cannot be told."""
        family = self._family[name]
        return None if "?" in family else min(family)


def _own(owner: ast.ClassDef) -> Iterator[tuple[str, Named]]:
    """Return each private name that a class defines or reaches through ``self``, and where."""
    defined: set[str] = set()
    for method in owner.body:
        if isinstance(method, Function):
            if is_private(method.name):
                defined.add(method.name)
                yield method.name, method
            yield from _through_self(method)
    names = [node for node in names_in_scope(owner) if is_private(node.id)]
    defined.update(node.id for node in names if not isinstance(node.ctx, ast.Load))
    for node in names:
        if node.id in defined:
            yield node.id, node


def names_in_scope(owner: ast.ClassDef) -> Iterator[ast.Name]:
    """Return the names in a class that are in none of its functions' bodies."""
    waiting: list[ast.AST] = [*owner.body, *owner.decorator_list]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            yield node
        if isinstance(node, Function | ast.Lambda):
            waiting.append(node.args)
            waiting.extend(getattr(node, "decorator_list", []))
        else:
            waiting.extend(ast.iter_child_nodes(node))


def _through_self(method: Function) -> Iterator[tuple[str, Named]]:
    static = any(
        isinstance(node, ast.Name) and node.id == "staticmethod" for node in method.decorator_list
    )
    if static or not method.args.args:
        return
    own = method.args.args[0].arg
    nodes = [node for statement in method.body for node in ast.walk(statement)]
    for node in nodes:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and node.id == own:
            return
        if isinstance(node, ast.arg) and node.arg == own:
            return
    for node in nodes:
        if not isinstance(node, ast.Attribute) or not is_private(node.attr):
            continue
        if isinstance(node.value, ast.Name) and node.value.id == own:
            yield node.attr, node
