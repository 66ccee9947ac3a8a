"""Attributes and methods under names that some text has already."""

import ast
from collections.abc import Iterator, Sequence

from tools.shorten.members import names_in_scope
from tools.shorten.module import Function, Module, Named

from .held import Held

_BY_STRING = ("getattr", "setattr", "delattr", "hasattr")


def reuse(modules: Sequence[Module], held: Held) -> None:
    """Give attributes that the modules' own classes define the names of texts.

    Each has one name wherever it is reached, so nothing has to be known of the objects.

    Args:
        modules: those that run together.
        held: what must stay.
    """
    places: dict[str, list[tuple[Module, Named]]] = {}
    defined: dict[str, None] = {}
    refused: set[str] = set()
    for module in modules:
        for name, place, defines in _attributes(module.tree):
            places.setdefault(name, []).append((module, place))
            if defines:
                defined[name] = None
        refused.update(_in_class_scopes(module.tree))
        refused.update(_by_string(module.tree))
    free = [
        name
        for name in sorted(held.texts)
        if name[0] != "_" and name not in places and name not in refused and not held.is_known(name)
    ]
    refused |= held.globals
    wanted = [name for name in defined if name not in refused and not held.holds(name)]
    for name, new in zip(wanted, free, strict=False):
        for module, place in places[name]:
            module.rename(place, new)


def _attributes(tree: ast.AST) -> Iterator[tuple[str, Named, bool]]:
    """Return each name of an attribute or method, where, and whether a class defines it there."""
    own = {id(node) for node in _through_self(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr, node, id(node) in own and isinstance(node.ctx, ast.Store)
        elif isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, Function):
                    yield method.name, method, True


def _through_self(tree: ast.AST) -> Iterator[ast.Attribute]:
    for owner in ast.walk(tree):
        if not isinstance(owner, ast.ClassDef):
            continue
        for method in owner.body:
            if not isinstance(method, Function) or not method.args.args:
                continue
            own = method.args.args[0].arg
            for node in ast.walk(method):
                if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
                    continue
                if node.value.id == own:
                    yield node


def _in_class_scopes(tree: ast.AST) -> Iterator[str]:
    """Return the names in the scopes of classes: a method of that name would hide them."""
    for owner in ast.walk(tree):
        if isinstance(owner, ast.ClassDef):
            yield from (node.id for node in names_in_scope(owner))


def _by_string(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        asked = node.args[1] if len(node.args) > 1 else None
        if node.func.id in _BY_STRING and isinstance(asked, ast.Constant):
            yield str(asked.value)
