"""A traceback from a board, with the files, lines and functions of the sources.

There the modules that stay in memory are lines of one file, and private names are short.
"""

import ast
import re
from collections.abc import Mapping, Sequence

from tools.shorten.module import Function

from .unit import dotted

_PLACE = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>[^\s\\]+)')


def translated(
    text: str,
    lines: Sequence[tuple[str, int]],
    sources: Mapping[str, str],
    root: str,
    starter_lines: int = 0,
) -> str:
    """Return a text with every place in it named as in the sources.

    Args:
        text: a traceback, or a log with some; anything else in it stays.
        lines: for each line of the joined file, which file and line it is.
        sources: text by file name.
        root: name of the joined file.
        starter_lines: length of the board's own file of that name, which only starts it.
    """
    # A file of its own is called as it is imported.
    files = {dotted(name): name for name in sources}

    def place(found: re.Match[str]) -> str:
        file, number, function = found["file"], int(found["line"]), found["function"]
        if file == root:
            started = number <= starter_lines and function == "<module>"
            if started or not 0 < number <= len(lines):
                return found[0]
            file, number = lines[number - 1]
        file = files.get(file, file)
        if function != "<module>" and file in sources:
            function = _function_at(sources[file], number) or function
        return f'File "{file}", line {number}, in {function}'

    return _PLACE.sub(place, text)


def _function_at(source: str, line: int) -> str | None:
    """Return the name of the innermost function that a line is in."""
    # Outer functions come before the inner ones.
    name = None
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Function) and node.lineno <= line <= (node.end_lineno or 0):
            name = node.name
    return name
