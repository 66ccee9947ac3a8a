"""The names that must stay: something other than plain code may ask for them."""

import ast
import builtins
import keyword
import re
from collections.abc import Collection, Iterable, Iterator

from tools.shared_text import INTERNED_MAX
from tools.shorten.module import Module
from tools.shorten.reach import Reach, identifiers, is_private, strings

_WORD = re.compile(r"[A-Za-z_]\w*")


class Held:
    """What is asked for, and what is there anyway.

    Attributes:
        names: of attributes and globals that must stay.
        texts: names that the table holds since some text in a module is that.
        globals: public names of modules, which may be reached as a module's attributes.

    Args:
        modules: those that run together.
        outside: those that call them.
        known: names that the interpreter itself has or asks for.
    """

    def __init__(
        self, modules: Iterable[Module], outside: Iterable[Module], known: Collection[str]
    ) -> None:
        modules, outside = list(modules), list(outside)
        self._reach = Reach(modules, outside)
        self._known = {*known, *dir(builtins), *keyword.kwlist, *keyword.softkwlist}
        self.names: set[str] = set()
        self.texts: set[str] = set()
        self.globals: set[str] = set()
        for module in outside:
            self.names |= identifiers(module.tree)
        for module in [*modules, *outside]:
            for text in strings(module.tree):
                self.names.update(_WORD.findall(text))
            self.names.update(_imported(module.tree))
        for module in modules:
            self.names.update(part for part in re.split(r"\W", module.name) if part)
            self.texts.update(interned(module.tree))
            bound = [one.get_name() for one in module.symbols().get_symbols() if one.is_assigned()]
            self.globals.update(name for name in bound if not is_private(name))

    def holds(self, name: str) -> bool:
        """Return whether an attribute or global must keep its name."""
        return name in self.names or self.is_known(name) or self._reach.holds(name)

    def is_known(self, name: str) -> bool:
        """Return whether the interpreter may ask for a name."""
        return name in self._known or (name.startswith("__") and name.endswith("__"))


def interned(tree: ast.AST) -> Iterator[str]:
    """Return the texts of a module that are names to the interpreter."""
    for text in strings(tree):
        if len(text) <= INTERNED_MAX and text.isascii() and text.isidentifier():
            yield text
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg is not None:
            yield node.arg


def spare_names(tree: ast.AST) -> set[str]:
    """Return names that a module's code holds, none of which means a variable in it."""
    there = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    there.update(interned(tree))
    there -= identifiers(tree, attributes=False)
    there.difference_update(dir(builtins), keyword.kwlist, keyword.softkwlist)
    return {name for name in there if not name.startswith("__")}


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield from alias.name.split(".")
