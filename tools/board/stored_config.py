"""config.json judged by the firmware's own schema."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

FIRMWARE = Path(__file__).parents[2] / "firmware"


def core(name: str) -> Any:
    """A module of the firmware's core, which runs on a computer as it is."""
    if str(FIRMWARE) not in sys.path:
        sys.path.append(str(FIRMWARE))
    return importlib.import_module(f"core.{name}")


def check(text: bytes | str, machine: str = "") -> list[str]:
    """One line per fault of a configuration file; none when it is accepted."""
    return parse(text, machine)[1]


def parse(text: bytes | str, machine: str = "") -> tuple[dict[str, Any], list[str]]:
    """The settings of a configuration file, and one line per fault.

    `machine`: the board as MicroPython calls it, whose chip's default pins apply.
    """
    config = core("config")
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
    except UnicodeDecodeError:
        return config.defaults(), ["config.json: not text in UTF-8"]
    config.suit(machine)
    try:
        return config.parse(decoded)
    finally:
        config.suit("")
