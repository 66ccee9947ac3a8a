"""Classes without ``__module__`` and ``__qualname__``, on the way to the compiler.

MicroPython puts both into the dict of every class, and nothing there reads them. A class that
begins with deleting them has a dict smaller by two entries. Every line stays where it is.
"""

import ast

_NOTED = ("__module__", "__qualname__")
_STATEMENT = "del " + ", ".join(_NOTED)
_PLAIN = ast.Assign | ast.AnnAssign | ast.Pass


def bare(source: str) -> str:
    """Return a module's text, in which classes forget what MicroPython notes in them.

    The statement takes the place of the class's documentation, or stands before its first
    assignment; a class that begins in another way stays as it is.

    Raises:
        SyntaxError: the text is not Python.
        ValueError: it asks for what would be forgotten.
    """
    tree = ast.parse(source)
    lines = source.splitlines(keepends=True)
    for node in ast.walk(tree):
        asked = getattr(node, "attr", None) or getattr(node, "value", None)
        if asked in _NOTED:
            raise ValueError(f"line {getattr(node, 'lineno', 0)}: {asked} is forgotten on a board")
        if not isinstance(node, ast.ClassDef) or node.body[0].lineno == node.lineno:
            continue
        first = node.body[0]
        assert first.end_lineno
        start = first.lineno - 1
        indent = " " * first.col_offset
        if ast.get_docstring(node) is not None:
            for number in range(start, first.end_lineno):
                lines[number] = "\n"
            lines[start] = f"{indent}{_STATEMENT}\n"
        elif isinstance(first, _PLAIN):
            lines[start] = f"{indent}{_STATEMENT}; {lines[start].lstrip()}"
    return "".join(lines)
