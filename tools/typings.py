"""Lay out the type stubs for checking firmware/ as what it is: code for an ESP32.

    python tools/typings.py build/typings

Installed, the stubs lie loose among all other packages. mypy wants the standard
library's part as a typeshed of its own, so that a function CPython has and
MicroPython lacks is an error, and nothing else of this machine beside it.
"""

import ast
import functools
import importlib.metadata
import shutil
import sys
from pathlib import Path

DISTRIBUTIONS = ("micropython-stdlib-stubs", "micropython-esp32-stubs")
# Stubs that a vendored package brings along; only the .py files go to the board.
PACKAGES = ("microdot",)


@functools.cache
def api_names() -> frozenset[str]:
    """Return every name that MicroPython's modules, classes and objects have or ask for."""
    found: set[str] = set()
    for name in DISTRIBUTIONS:
        distribution = importlib.metadata.distribution(name)
        for file in distribution.files or ():
            if file.suffix != ".pyi":
                continue
            text = Path(str(distribution.locate_file(file))).read_text(encoding="utf-8")
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    found.add(node.name)
                elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    found.add(node.id)
    return frozenset(found)


def main(target: Path) -> None:
    """Fill `target` with the stubs and nothing else."""
    shutil.rmtree(target, ignore_errors=True)
    for name in (*DISTRIBUTIONS, *PACKAGES):
        distribution = importlib.metadata.distribution(name)
        for file in distribution.files or ():
            if file.suffix == ".pyi" or file.name == "VERSIONS":
                path = target / file
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(distribution.locate_file(file)), path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
