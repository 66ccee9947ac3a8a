"""Shorter names for what no one outside can ask for, so that byte code takes less room.

Byte code holds the name of every attribute, method, global and parameter, and the board keeps
each different one in its heap. A name that is private to a class, a module or a function may be
any other, so they all share a small pool: ``_a``, ``_b`` and so on. Sources stay as they are; this
happens on the way to the compiler, and every line stays where it is.

What is renamed: attributes and methods with one leading underscore that are only reached through
``self`` (``members``); functions, classes and variables of a module with one leading underscore
(``module_names``); parameters that nothing passes by keyword (``parameters``). What could be
reached in another way, by another module, by a string, on another object, is left alone
(``reach``).
"""

from collections.abc import Iterable, Iterator, Mapping

from . import module_names, parameters
from .members import Members
from .module import Module
from .reach import Reach, identifiers

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def shortened(sources: Mapping[str, str], outside: Iterable[str] = ()) -> dict[str, str]:
    """Return the modules' texts with shorter names.

    Args:
        sources: text by file name, of all that runs together, with constants declared: they keep
            their names.
        outside: texts of what calls these: what they reach keeps its name.

    Raises:
        SyntaxError: a text is not Python.
        ValueError: a text reaches names in a way that cannot be told beforehand.
    """
    modules = [Module(name, text) for name, text in sources.items()]
    others = [Module("outside", text) for text in outside]
    reach = Reach(modules, others)
    taken = set().union(*(identifiers(module.tree) for module in [*modules, *others]))
    pool = [name for name in _names() if name not in taken]
    members = Members(modules)
    for module in modules:
        module_names.shorten(module, reach, members.elsewhere, pool)
    members.shorten(reach, pool)
    for module in modules:
        parameters.shorten(module, reach, pool)
    return {module.name: module.text() for module in modules}


def _names() -> Iterator[str]:
    for letter in _LETTERS:
        yield "_" + letter
    for first in _LETTERS:
        for second in _LETTERS:
            yield "_" + first + second
