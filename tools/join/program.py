"""All modules that run together: which of them stay, in what order they begin, what is constant."""

import ast
from collections.abc import Iterator, Mapping

from .unit import Imported, Unit, dotted

_LIBRARIES = "lib/"
_ARITHMETIC = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.expr_context)


class Program:
    """The modules, and those that the root imports, directly or not, for good.

    Args:
        sources: text by file name.
        root: file name of the module that is imported first.

    Attributes:
        units: each file by its dotted name.
        resident: those to be joined, in the order in which their texts would run.

    Raises:
        SyntaxError: a text is not Python.
        ValueError: a module imports in a way that cannot be followed.
    """

    def __init__(self, sources: Mapping[str, str], root: str) -> None:
        names = {dotted(file) for file in sources}
        self.units = {dotted(file): Unit(file, text, names) for file, text in sources.items()}
        self.resident: list[Unit] = []
        self._constants: dict[tuple[str, str], int | None] = {}
        self._visit(self.units[dotted(root)], [])
        asked_for = {text for unit in self.units.values() for text in _texts(unit.tree)}
        for unit in self.resident:
            if unit.dotted in asked_for:
                raise ValueError(
                    f"{unit.name}: {unit.dotted} is imported at the start, and asked for by its "
                    "name in a string; accepted: one of them"
                )

    def _visit(self, unit: Unit, above: list[str]) -> None:
        if unit.dotted in above:
            raise ValueError(f"{unit.name}: imports itself: {' > '.join([*above, unit.dotted])}")
        if unit in self.resident:
            return
        for node in unit.top:
            for one in unit.imported(node):
                if self._is_ours(one):
                    self._visit(self.units[one.module], [*above, unit.dotted])
        self.resident.append(unit)

    def _is_ours(self, one: Imported) -> bool:
        """Return whether a name is from a module that may be joined: libraries stay files."""
        return one.ours and not self.units[one.module].name.startswith(_LIBRARIES)

    def is_joined(self, one: Imported) -> bool:
        """Return whether what is imported comes from a resident module."""
        return one.ours and self.units[one.module] in self.resident

    def found(self, module: str, name: str, asked: str) -> tuple[Unit, str]:
        """Return the resident module that a name of one is really from, and its name there.

        Raises:
            ValueError: there is no such name.
        """
        unit = self.units[module]
        one = unit.imports.get(name)
        if one and one.name is not None and self.is_joined(one):
            return self.found(one.module, one.name, asked)
        if name not in unit.scopes.bound:
            raise ValueError(f"{asked}: {module} has no {name}")
        return unit, name

    def constant(self, unit: Unit, name: str) -> int | None:
        """Return the whole number that a name always is, or None."""
        key = (unit.dotted, name)
        if key not in self._constants:
            self._constants[key] = self._constant(unit, name)
        return self._constants[key]

    def _constant(self, unit: Unit, name: str) -> int | None:
        if unit.scopes.stored.get(name) != 1:
            one = unit.imports.get(name)
            if one and one.name is not None and self.is_joined(one):
                return self.constant(self.units[one.module], one.name)
            return None
        for node in unit.tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            if [ast.unparse(one) for one in targets] == [name]:
                assert isinstance(node, ast.Assign)
                return self._number(unit, node.value)
        return None

    def _number(self, unit: Unit, value: ast.expr) -> int | None:
        """Return what an expression of whole numbers and their names comes to, or None."""
        numbers: dict[str, int] = {}
        for node in ast.walk(value):
            if isinstance(node, ast.Name):
                number = self.constant(unit, node.id)
                if number is None:
                    return None
                numbers[node.id] = number
                continue
            whole = not isinstance(node, ast.Constant) or type(node.value) is int
            if not whole or not isinstance(node, _ARITHMETIC) or isinstance(node, ast.Div):
                return None
        expression = compile(ast.Expression(value), unit.name, "eval")
        return eval(expression, {"__builtins__": {}}, numbers)


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
