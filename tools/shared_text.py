"""Texts that a module's functions hold, cut out of a few long ones when they are needed.

On the board each text of more than ten letters is an object in the heap, and a place in a table,
although its letters stay in flash: 40 bytes on a 64-bit heap for every message, wanted or not.
Here they are put one after the other, and where one stood is a slice of the whole: it takes the
heap while it is looked at. Every line stays where it is.

Texts outside of functions stay: what is made of them when a module is imported would be a copy,
for good.
"""

import ast
from collections.abc import Iterator

from tools.shorten.module import Function, Module
from tools.shorten.reach import identifiers

# Up to this length texts are names to MicroPython: an entry in a table and no object.
INTERNED_MAX = 10
# A slice is found by walking from the beginning, letter by letter.
_LONGEST = 1000


def shared(source: str, names: list[str], name: str = "") -> str:
    """Return a module's text in which functions share their texts.

    The long ones stand before what the module begins with; one that begins with a definition on its
    first line stays as it is.

    Args:
        source: as the compiler would have it.
        names: names for the long texts; none of them may mean a variable of the module.
        name: of the file, for messages.

    Raises:
        SyntaxError: the text is not Python.
    """
    module = Module(name, source)
    known = identifiers(module.tree)
    wholes: list[str] = []
    places: dict[str, tuple[int, int]] = {}
    for node, text in _within_functions(module.tree):
        # What is a name elsewhere in the module is one here, too.
        if len(text) <= INTERNED_MAX or text in known:
            continue
        if text not in places:
            if not wholes or len(wholes[-1]) + len(text) > _LONGEST:
                wholes.append("")
            if len(wholes) > len(names):
                break
            places[text] = len(wholes) - 1, len(wholes[-1])
            wholes[-1] += text
        whole, start = places[text]
        module.put(node, f"{names[whole]}[{start}:{start + len(text)}]")
    del wholes[len(names) :]
    first = module.tree.body[0] if module.tree.body else None
    if not wholes or (first and first.lineno == 1 and hasattr(first, "body")):
        return source
    values = "; ".join(f"{names[number]} = {whole!r}" for number, whole in enumerate(wholes))
    return f"{values}; {module.text()}"


def _within_functions(tree: ast.Module) -> Iterator[tuple[ast.Constant, str]]:
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, within = waiting.pop()
        if isinstance(node, ast.JoinedStr):
            # Before Python 3.12 the positions in it are not known.
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Constant):
            if within and isinstance(node.value, str):
                yield node, node.value
            continue
        if isinstance(node, Function):
            waiting.extend((part, within) for part in [node.args, *node.decorator_list])
            waiting.extend((part, True) for part in reversed(node.body))
            continue
        if isinstance(node, ast.Lambda):
            waiting.extend([(node.args, within), (node.body, True)])
            continue
        waiting.extend((part, within) for part in reversed([*ast.iter_child_nodes(node)]))
