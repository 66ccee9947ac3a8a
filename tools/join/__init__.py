"""Join the modules that stay in memory into one file, on the way to the compiler.

On the board every module is an object with a dict and a table of names, and what it imports has an
entry in that dict. Modules that ``main`` imports when it starts stay for good, so they may as well
be one: the texts follow each other in the order in which they would run, and what they import from
each other are just names of that one module. Sources stay as they are.

Each name of a module gets one that nothing else has; those that no other file asks for get one
with an underscore, so that ``tools/shorten`` may choose another. Whole numbers are constants to
all files, and to none an entry in a dict.

A module that is asked for by its name in a string (``services/on_demand.py``), that is imported
within a function, or by such a module alone, stays a file of its own and imports from the joined
one. So do the libraries.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .names import Names
from .program import Program
from .unit import Unit, dotted

ROOT = "main.py"


@dataclass(frozen=True)
class Joined:
    """What comes out.

    Attributes:
        texts: by file name, without the files that went into the root.
        outside: those of what calls the modules, in order.
        lines: for each line of the root's text, the file and the line there that it is.
    """

    texts: dict[str, str]
    outside: list[str]
    lines: list[tuple[str, int]]


def joined(sources: Mapping[str, str], outside: Iterable[str] = (), root: str = ROOT) -> Joined:
    """Return the modules' texts, those that stay in memory as one.

    Args:
        sources: text by file name, of all that runs together.
        outside: texts of what calls these: it finds everything in the root under its own name.
        root: the file that imports the others and takes them in.

    Raises:
        SyntaxError: a text is not Python.
        ValueError: it cannot be told what a module imports, or what of it is used.
    """
    program = Program(sources, root)
    callers = [Unit("outside", text, program.units) for text in outside]
    names = Names(program, callers, dotted(root))
    for unit in program.resident:
        names.rewrite_resident(unit)
    others = [unit for unit in program.units.values() if unit not in program.resident]
    for unit in [*others, *callers]:
        names.rewrite_other(unit)
    texts = {unit.name: unit.text() for unit in others}
    lines: list[tuple[str, int]] = []
    together = ""
    for unit in program.resident:
        text = unit.text()
        text += "" if text.endswith("\n") else "\n"
        lines.extend((unit.name, number + 1) for number in range(text.count("\n")))
        together += text
    return Joined({**texts, root: together}, [unit.text() for unit in callers], lines)
