"""The closed quarter-hours on a reader's flash: read, judged, and written back."""

from __future__ import annotations

import base64
import importlib
from collections.abc import Callable
from typing import Any

from .application import sha256
from .error import BoardError
from .link import Link
from .stored_config import core

_FOLDER = "history"
_SCRIPT = f"""
import os
def _history_names():
    try:
        return sorted(name for name in os.listdir({_FOLDER!r}) if name.endswith(".his"))
    except OSError:
        return []
def _history_hash(name):
    from binascii import hexlify
    from hashlib import sha256
    with open({_FOLDER!r} + "/" + name, "rb") as file:
        return hexlify(sha256(file.read()).digest()).decode()
def _history_begin(keep):
    if {_FOLDER!r} not in os.listdir():
        os.mkdir({_FOLDER!r})
    for name in _history_names():
        if name not in keep:
            os.remove({_FOLDER!r} + "/" + name)
"""

OnFile = Callable[[int, int], None]


def take(link: Link, on_file: OnFile = lambda done, of: None) -> dict[str, str]:
    """Every file of the history in base64, each checked by its hash."""
    link.run(_SCRIPT)
    names = link.value("_history_names()")
    files = {}
    for done, name in enumerate(names, 1):
        data = link.read(f"{_FOLDER}/{name}") or b""
        if sha256(data) != link.value(f"_history_hash({name!r})"):
            raise BoardError(f"{_FOLDER}/{name} did not arrive as it is on the board", "Try again.")
        files[name] = base64.b64encode(data).decode()
        on_file(done, len(names))
    return files


def newest(link: Link) -> Any:
    """The newest interval on the board, or None."""
    link.run(_SCRIPT)
    for name in reversed(link.value("_history_names()")):
        data = link.read(f"{_FOLDER}/{name}") or b""
        found = records({name: base64.b64encode(data).decode()})
        if found:
            return found[-1]
    return None


def put(link: Link, files: dict[str, str], on_file: OnFile = lambda done, of: None) -> None:
    """Replaces the board's history by these files, each checked by its hash."""
    link.run(_SCRIPT)
    link.run(f"_history_begin({sorted(files)!r})")
    for done, (name, text) in enumerate(sorted(files.items()), 1):
        data = base64.b64decode(text)
        link.feed()
        link.replace(f"{_FOLDER}/{name}", data)
        if link.value(f"_history_hash({name!r})") != sha256(data):
            raise BoardError(f"{_FOLDER}/{name} does not read back as written", "Try again.")
        on_file(done, len(files))


def records(files: dict[str, str]) -> list[Any]:
    """The intervals in files, oldest first; what its CRC or its place belies is none."""
    history, store = core("history"), importlib.import_module("drivers.history_store")
    found = []
    for name, text in sorted(files.items()):
        data = base64.b64decode(text)
        first = int(name.partition(".")[0]) * store.PER_FILE
        for place in range(min(len(data) // history.SIZE, store.PER_FILE)):
            record = history.unpack(data, place * history.SIZE)
            if record and record.sequence == first + place:
                found.append(record)
    return found
