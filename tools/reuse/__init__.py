"""Names that the board's table holds anyway, used again for what may have any name.

MicroPython keeps each different name once, in a table that never shrinks: attributes, globals,
and the texts of up to ten letters, such as the keys of JSON. An attribute and a global of one name
have nothing to do with each other, nor has either with a text. So a global may be called like some
attribute, and an attribute like some key of JSON, and the table holds one name less. Sources stay
as they are; this happens on the way to the compiler, after ``tools/shorten``, and every line stays
where it is. ``python -m tools where`` tells what a traceback means.

What gets another name: attributes and methods that classes here define (``attributes``),
and what a module defines for itself alone (``globals``). What could be reached in another way, by a
string, by what calls the modules or by the interpreter itself, is left alone (``held``).
"""

import ast
from collections.abc import Collection, Iterable, Mapping

from tools.shorten.module import Module

from . import attributes, globals
from .held import Held


def reused(
    sources: Mapping[str, str],
    outside: Iterable[str] = (),
    known: Collection[str] = (),
    root: str = "main.py",
) -> dict[str, str]:
    """Return the modules' texts with fewer different names.

    Args:
        sources: text by file name, of all that runs together.
        outside: texts of what calls these: what they reach keeps its name.
        known: names that the interpreter itself has or asks for.
        root: the file whose public names are for others.

    Raises:
        SyntaxError: a text is not Python.
        ValueError: a text reaches names in a way that cannot be told beforehand.
    """
    modules = [Module(name, text) for name, text in sources.items()]
    held = Held(modules, [Module("outside", text) for text in outside], known)
    attributes.reuse(modules, held)
    reached = {
        node.attr
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute)
    }
    for module in modules:
        globals.reuse(module, held, reached, own=module.name != root)
    return {module.name: module.text() for module in modules}
