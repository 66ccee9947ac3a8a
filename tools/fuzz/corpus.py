"""The corpus: inputs known to reach different code, one a line, as Python writes bytes."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from pathlib import Path

from .targets import CORPUS

# Of one target; the whole is to stay below 100 kB.
BYTES_MAX = 4_500
INPUT_MAX = 1_300


def path(name: str) -> Path:
    return CORPUS / f"{name}.txt"


def read(name: str) -> list[bytes]:
    """The inputs kept for a target."""
    if not path(name).exists():
        return []
    return [ast.literal_eval(line) for line in path(name).read_text().splitlines()]


def unpack(name: str, folder: Path) -> None:
    """Write each input into a file of its own, as libFuzzer wants them."""
    folder.mkdir(parents=True, exist_ok=True)
    for data in read(name):
        (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def keep(name: str, inputs: Iterable[bytes]) -> int:
    """Replace what is kept, the shortest first, up to the size; return how many are."""
    lines: list[str] = []
    size = 0
    for data in sorted(set(inputs), key=lambda data: (len(data), data)):
        line = repr(data) + "\n"
        if len(data) > INPUT_MAX or size + len(line) > BYTES_MAX:
            continue
        lines.append(line)
        size += len(line)
    path(name).parent.mkdir(exist_ok=True)
    path(name).write_text("".join(lines))
    return len(lines)
