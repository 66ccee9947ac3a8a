"""A module's text and tree, in which names can be replaced without moving a line."""

import ast
import re
import symtable

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Named = ast.Name | ast.Attribute | ast.arg | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def named(node: Named) -> str:
    """Return the name that a node holds."""
    return getattr(node, _field(node))


def _field(node: Named) -> str:
    return {ast.Name: "id", ast.Attribute: "attr", ast.arg: "arg"}.get(type(node), "name")


class Module:
    """One file.

    Args:
        name: of the file, for messages.
        text: its content.

    Raises:
        SyntaxError: it is not Python.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.tree = ast.parse(text, name)
        self._source = text
        self._lines = text.encode().splitlines(keepends=True)
        # (line, column in bytes, length, replacement)
        self._edits: list[tuple[int, int, int, bytes]] = []

    def rename(self, node: Named, new: str) -> None:
        """Give the name that a node holds another, in the tree and in the text."""
        self._replace(*self._place(node), named(node), new)
        setattr(node, _field(node), new)

    def rename_global(self, node: ast.Global, old: str, new: str) -> None:
        """Give a name in a ``global`` statement another."""
        column = self._search(node.lineno, node.col_offset, rf"\b{old}\b")
        self._replace(node.lineno, column, old, new)
        node.names[node.names.index(old)] = new

    def put(self, node: ast.expr | ast.stmt, text: str) -> None:
        """Put a text of one line in the place of a node; the lines after it stay where they are."""
        assert node.end_lineno and node.end_col_offset is not None
        for number in range(node.lineno, node.end_lineno + 1):
            line = self._lines[number - 1]
            start = node.col_offset if number == node.lineno else 0
            end = node.end_col_offset if number == node.end_lineno else len(line.rstrip(b"\r\n"))
            new = text.encode() if number == node.lineno else b""
            self._edits.append((number, start, end - start, new))

    def symbols(self) -> symtable.SymbolTable:
        """Return the scopes of the text as it was."""
        return symtable.symtable(self._source, self.name, "exec")

    def text(self) -> str:
        """Return the text with every replacement made."""
        lines = list(self._lines)
        for line, column, length, new in sorted(self._edits, reverse=True):
            before = lines[line - 1]
            lines[line - 1] = before[:column] + new + before[column + length :]
        return b"".join(lines).decode()

    def _place(self, node: Named) -> tuple[int, int]:
        if isinstance(node, ast.Attribute):
            assert node.end_lineno and node.end_col_offset
            return node.end_lineno, node.end_col_offset - len(node.attr.encode())
        if isinstance(node, ast.Name | ast.arg):
            return node.lineno, node.col_offset
        return node.lineno, self._search(
            node.lineno, node.col_offset, rf"(?<=\s){node.name}(?=\s*[(:])"
        )

    def _search(self, line: int, column: int, pattern: str) -> int:
        found = re.compile(pattern.encode()).search(self._lines[line - 1], column)
        if found is None:
            raise ValueError(f"{self.name}:{line}: {pattern} not found")
        return found.start()

    def _replace(self, line: int, column: int, old: str, new: str) -> None:
        there = self._lines[line - 1][column:].decode(errors="replace")
        if not there.startswith(old):
            raise ValueError(f"{self.name}:{line}: {old} is not where it should be: {there}")
        self._edits.append((line, column, len(old.encode()), new.encode()))
