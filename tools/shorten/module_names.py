"""Shorter names for the private functions, classes and variables of a module."""

import ast
import symtable
from collections.abc import Iterator, Mapping, Sequence

from .module import Definition, Module, named
from .reach import Reach, is_private


def shorten(module: Module, reach: Reach, elsewhere: set[str], pool: Sequence[str]) -> None:
    """Rename what only the module itself reaches, and by its name alone.

    Args:
        module: the one.
        reach: what must keep its name.
        elsewhere: names of attributes that are reached on any object, such as a module.
        pool: names that nothing else in the module has.
    """
    free = iter(pool)
    wanted = [name for name in candidates(module) if name not in elsewhere]
    rename(module, {name: next(free) for name in wanted if not reach.holds(name)})


def rename(module: Module, names: Mapping[str, str]) -> None:
    """Give what a module binds other names, wherever they mean it; by name, the new one."""
    for node in list(ast.walk(module.tree)):
        if isinstance(node, ast.Global):
            for name in [*node.names]:
                if name in names:
                    module.rename_global(node, name, names[name])
        elif isinstance(node, ast.Name | Definition) and named(node) in names:
            module.rename(node, names[named(node)])


def candidates(module: Module, private: bool = True) -> Iterator[str]:
    """Return the names that a module binds, and that mean the same in all of it.

    Args:
        module: the one.
        private: leave out those that do not begin with one underscore.
    """
    top = module.symbols()
    within = list(_below(top))
    kept = set(_kept(module.tree))
    for symbol in top.get_symbols():
        name = symbol.get_name()
        if name in kept or (private and not is_private(name)):
            continue
        if not symbol.is_assigned() or symbol.is_imported():
            continue
        if all(inner.is_global() for inner in within if inner.get_name() == name):
            yield name


def _below(table: symtable.SymbolTable) -> Iterator[symtable.Symbol]:
    for child in table.get_children():
        yield from child.get_symbols()
        yield from _below(child)


def _kept(tree: ast.Module) -> Iterator[str]:
    """Return names that are constants to the compiler already, or that messages show."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            called = node.value.func if isinstance(node.value, ast.Call) else None
            if isinstance(called, ast.Name) and called.id == "const":
                yield from (name.id for name in node.targets if isinstance(name, ast.Name))
        elif isinstance(node, ast.ClassDef) and node.bases:
            # An exception, and its class is what a message shows.
            yield node.name
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
