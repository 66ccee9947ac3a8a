"""What can be reached other than by its plain name or through ``self``."""

import ast
import re
from collections.abc import Iterable, Iterator

from .module import Module

_WORD = re.compile(r"[A-Za-z_]\w*")
# A part of a route: microdot passes what it matched under this name.
_ROUTE_PART = re.compile(r"<(?:[^<>:]*:)?(\w+)>")
_BY_STRING = ("getattr", "setattr", "delattr", "hasattr")
_UNTELLABLE = ("exec", "eval", "globals", "locals", "vars")


def is_private(name: str) -> bool:
    """Return whether a name has one leading underscore and more."""
    return len(name) > 1 and name[0] == "_" != name[1]


class Reach:
    """The names that must stay as they are, in all modules.

    `names`: private names of attributes and globals that a string, another module or an f-string
    holds. `keywords`: names under which something may be passed. `made_up`: of names that are made
    up at run time, what they begin with, and strings that all occur in them.

    Args:
        modules: those that get shorter names.
        outside: those that call them.

    Raises:
        ValueError: a module has names in a way that cannot be told from its text.
    """

    def __init__(self, modules: Iterable[Module], outside: Iterable[Module]) -> None:
        self.names: set[str] = set()
        self.keywords: set[str] = set()
        self._made_up: list[tuple[str, set[str]]] = []
        for module in modules:
            self._look(module)
            self._refuse(module)
        for module in outside:
            self._look(module)
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Attribute):
                    self.names.add(node.attr)

    def holds(self, name: str) -> bool:
        """Return whether an attribute or global must keep its name."""
        made_up = any(
            name.startswith(start) and all(part in name for part in parts)
            for start, parts in self._made_up
        )
        return name in self.names or made_up

    def _look(self, module: Module) -> None:
        texts = list(strings(module.tree))
        for string in texts:
            self.names.update(filter(is_private, _WORD.findall(string)))
            self.keywords.update(_ROUTE_PART.findall(string))
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom):
                self.names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.JoinedStr):
                self.names.update(identifiers(node))
            elif isinstance(node, ast.Call):
                self._look_at_call(module, node, texts)

    def _look_at_call(self, module: Module, call: ast.Call, texts: list[str]) -> None:
        if _is_made_up(call):
            parts = {text for text in strings(call.args[1]) if text}
            if parts:
                self._made_up.append((_start(call.args[1]), parts))
        for keyword in call.keywords:
            if keyword.arg is not None:
                self.keywords.add(keyword.arg)
            elif not _is_passed_on(module.tree, keyword.value):
                # Some dict: its keys are words of the module, or parts of routes.
                self.keywords.update(texts)

    def _refuse(self, module: Module) -> None:
        """Raise ValueError if any name at all may be reached."""
        for node in ast.walk(module.tree):
            any_name = isinstance(node, ast.Attribute) and node.attr == "__dict__"
            if isinstance(node, ast.Call):
                any_name = isinstance(node.func, ast.Name) and node.func.id in _UNTELLABLE
                any_name |= _is_made_up(node) and not any(strings(node.args[1]))
            if any_name:
                where = f"{module.name}:{getattr(node, 'lineno', 0)}"
                raise ValueError(f"{where}: may reach any name: {ast.unparse(node)}")


def _is_made_up(call: ast.Call) -> bool:
    """Return whether a call asks for an attribute whose name it makes up as it goes."""
    by_string = isinstance(call.func, ast.Name) and call.func.id in _BY_STRING
    return by_string and len(call.args) > 1 and not isinstance(call.args[1], ast.Constant)


def _start(made_up: ast.expr) -> str:
    """Return what a text that is made up begins with, as far as that can be told."""
    while isinstance(made_up, ast.BinOp):
        made_up = made_up.left
    if isinstance(made_up, ast.Constant) and isinstance(made_up.value, str):
        return made_up.value
    return ""


def _is_passed_on(tree: ast.AST, value: ast.expr) -> bool:
    """Return whether ``**value`` is what a function took as ``**value``: keywords, all seen."""
    taken = {
        node.kwarg.arg for node in ast.walk(tree) if isinstance(node, ast.arguments) and node.kwarg
    }
    return isinstance(value, ast.Name) and value.id in taken


def strings(tree: ast.AST) -> Iterator[str]:
    """Return every string but the documentation."""
    idle = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in idle:
            if isinstance(node.value, str):
                yield node.value
            elif isinstance(node.value, bytes):
                yield node.value.decode("latin-1")


def identifiers(tree: ast.AST, attributes: bool = True) -> set[str]:
    """Return every name in a tree, whatever it names; `attributes`: those as well."""
    fields = ("id", "arg", "name", "asname", *(["attr"] if attributes else []))
    found: set[str] = set()
    for node in ast.walk(tree):
        for field in fields:
            value = getattr(node, field, None)
            if isinstance(value, str):
                found.update(value.split("."))
        if isinstance(node, ast.Global | ast.Nonlocal):
            found.update(node.names)
    return found
