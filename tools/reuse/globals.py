"""What a module defines for itself alone, under names that attributes or texts have already."""

from itertools import filterfalse

from tools.shorten.module import Module
from tools.shorten.module_names import candidates, rename

from .held import Held, spare_names


def reuse(module: Module, held: Held, attributes: set[str], own: bool) -> None:
    """Rename the module's functions, classes and variables that nothing outside asks for.

    Args:
        module: the one.
        held: what must stay.
        attributes: names of all attributes, of any object: a module's are reached so as well.
        own: whether its public names are its own as well, unless somebody asks for them.
    """
    free = sorted(spare_names(module.tree))
    wanted = [name for name in candidates(module, private=not own) if name not in attributes]
    rename(module, dict(zip(filterfalse(held.holds, wanted), free, strict=False)))
