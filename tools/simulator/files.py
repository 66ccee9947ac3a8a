"""Small JSON files that are whole or absent, whenever the writer is stopped."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Replaces the file in one step."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(value), encoding="utf-8")
    os.replace(new, path)


def read_json(path: Path) -> dict[str, Any] | None:
    """The file's object, None if there is no file; ValueError if it holds anything else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value
