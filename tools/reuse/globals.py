"""What a module defines for itself alone, under names that attributes or texts have already."""

import ast

from tools.shorten.module import Definition, Module, named
from tools.shorten.module_names import candidates

from .held import Held, spare_names


def rename(module: Module, held: Held, attributes: set[str], own: bool) -> None:
    """Rename the module's functions, classes and variables that nothing outside asks for.

    Args:
        module: the one.
        held: what must stay.
        attributes: names of all attributes, of any object: a module's are reached so as well.
        own: whether its public names are its own as well, unless somebody asks for them.
    """
    nodes = list(ast.walk(module.tree))
    free = iter(sorted(spare_names(module.tree)))
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
