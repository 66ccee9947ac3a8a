"""What a module defines for itself alone, under names that attributes or texts have already."""

import ast
import builtins
import keyword
from collections.abc import Iterator

from tools.shorten.module import Definition, Module, named
from tools.shorten.module_names import candidates
from tools.shorten.reach import identifiers

from .held import Held, interned


def rename(module: Module, held: Held, attributes: set[str], own: bool) -> None:
    """Rename the module's functions, classes and variables that nothing outside asks for.

    Args:
        module: the one.
        held: what must stay.
        attributes: names of all attributes, of any object: a module's are reached so as well.
        own: whether its public names are its own as well, unless somebody asks for them.
    """
    nodes = list(ast.walk(module.tree))
    free = _free(module, nodes)
    for name in candidates(module, private=not own):
        if name in attributes or held.holds(name):
            continue
        new = next(free, None)
        if new is None:
            return
        for node in nodes:
            if isinstance(node, ast.Global) and name in node.names:
                module.rename_global(node, name, new)
            elif isinstance(node, ast.Name | Definition) and named(node) == name:
                module.rename(node, new)


def _free(module: Module, nodes: list[ast.AST]) -> Iterator[str]:
    """Return names that the module's code holds, but none that means a variable in it."""
    there = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    there.update(interned(module.tree))
    variables = identifiers(module.tree, attributes=False)
    variables.update(dir(builtins), keyword.kwlist, keyword.softkwlist)
    variables.update(f"__{name}__" for name in ("name", "file", "path"))
    yield from sorted(name for name in there if name not in variables)
