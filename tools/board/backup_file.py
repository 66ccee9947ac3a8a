"""A backup: configuration, register and events of one reader in one file."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .application import sha256
from .error import BoardError

FORMAT = "omnipower-backup"
VERSION = 1


@dataclass(frozen=True)
class Backup:
    """`config`: text of config.json or None; `records`: key to record in base64."""

    config: str | None
    records: dict[str, str] = field(default_factory=dict)
    board_id: str = ""
    taken_utc: str = ""

    def write(self, path: Path) -> None:
        """Writes the file, readable by its owner alone: it may hold passphrases."""
        body = self._body()
        content = {**body, "sha256": _digest(body)}
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
            file.write("\n")

    def _body(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "version": VERSION,
            "taken_utc": self.taken_utc,
            "board_id": self.board_id,
            "config": self.config,
            "records": self.records,
        }


def read(path: Path) -> Backup:
    """The backup in a file; BoardError when it is none, or was changed."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.get("format") != FORMAT or content.get("version") != VERSION:
            raise BoardError(f"{path}: not a backup of this tool's, version {VERSION}")
        if content.pop("sha256", None) != _digest(content):
            raise BoardError(f"{path}: damaged or changed since it was taken")
        config, records = content["config"], dict(content["records"])
        if not isinstance(config, str | None):
            raise ValueError("config: accepted: text or null")
        for text in records.values():
            base64.b64decode(text.encode("ascii"), validate=True)
        return Backup(config, records, str(content["board_id"]), str(content["taken_utc"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BoardError(f"{path}: not a backup ({error})") from error


def now_utc() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _digest(body: dict[str, Any]) -> str:
    return sha256(json.dumps(body, sort_keys=True).encode())
