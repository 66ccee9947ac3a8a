"""A backup: what one reader has recorded, and its configuration, in one file."""

from __future__ import annotations

import base64
import json
import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.trace import trace_file

from .application import sha256
from .error import BoardError
from .stored_config import core

FORMAT = "omnipower-backup"
VERSION = 2
# Version 1 had no history, and always the passphrases.
_READABLE = (1, VERSION)

_HISTORY_NAME = re.compile(r"[0-9]{8}\.his")
# 96 records of 40 bytes.
_HISTORY_MAX = 3840
_ADVICE = "A backup is made by: python -m tools backup FILE"


@dataclass(frozen=True)
class Backup:
    """One reader on one day.

    `config`: text of config.json or None; `left_out`: secrets that are not in it though the
    reader had them; `records`: key to record in base64; `history`: file to content in base64.
    """

    config: str | None
    records: dict[str, str] = field(default_factory=dict)
    board_id: str = ""
    taken_utc: str = ""
    history: dict[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

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
            "left_out": list(self.left_out),
            "records": self.records,
            "history": self.history,
        }


def read(path: Path) -> Backup:
    """The backup in a file; BoardError, which says what it holds instead, when it is none."""
    try:
        data = path.read_bytes()
        content = json.loads(data)
    except OSError as error:
        raise BoardError(f"{path}: not a backup ({error})") from error
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise BoardError(f"{path}: not a backup, but {_holds(data, content)}", _ADVICE)
    if content.get("version") not in _READABLE:
        raise BoardError(
            f"{path}: a backup of version {content.get('version')!r}; accepted: 1 or {VERSION}",
            "Newer tools made it: update these (git pull).",
        )
    try:
        if content.pop("sha256", None) != _digest(content):
            raise BoardError(
                f"{path}: this backup was damaged or changed since it was taken", "Take another."
            )
        return _decoded(content)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BoardError(f"{path}: not a backup ({error})", _ADVICE) from error


def without_secrets(config: str | None) -> tuple[str | None, tuple[str, ...]]:
    """config.json without its secrets, and which they were; what cannot be read is left whole."""
    try:
        sections = json.loads(config or "")
        left_out = tuple(
            name for name in core("config").SECRETS if _value(sections, name) is not None
        )
        for name in left_out:
            del sections[name.partition(".")[0]][name.partition(".")[2]]
    except (ValueError, AttributeError, TypeError, RecursionError):
        # A faulty file may hold a secret anywhere: rather none of it.
        return None, ("config.json",) if config else ()
    return json.dumps(sections, indent=2, sort_keys=True) + "\n", left_out


def with_secrets(config: str, left_out: tuple[str, ...], present: bytes | None) -> str:
    """config.json with the secrets that were left out as the board has them now."""
    try:
        sections, here = json.loads(config), json.loads(present or b"{}")
        for name in left_out:
            value = _value(here, name)
            if value is not None:
                sections.setdefault(name.partition(".")[0], {})[name.partition(".")[2]] = value
    except (ValueError, AttributeError, TypeError, RecursionError):
        return config
    return json.dumps(sections, indent=2, sort_keys=True) + "\n"


def now_utc() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _value(sections: Any, name: str) -> Any:
    section, _, key = name.partition(".")
    return sections.get(section, {}).get(key) or None


def _decoded(content: dict[str, Any]) -> Backup:
    config, records = content["config"], dict(content["records"])
    history, left_out = dict(content.get("history", {})), tuple(content.get("left_out", ()))
    if not isinstance(config, str | None):
        raise ValueError("config: accepted: text or null")
    for name in history:
        if not _HISTORY_NAME.fullmatch(name):
            raise ValueError(f"history: {name!r}; accepted: eight digits and .his")
    if not all(isinstance(name, str) for name in left_out):
        raise ValueError("left_out: accepted: names of fields")
    for text in [*records.values(), *history.values()]:
        if len(base64.b64decode(text.encode("ascii"), validate=True)) > _HISTORY_MAX:
            raise ValueError(f"a record of more than {_HISTORY_MAX} bytes")
    taken_utc = str(content["taken_utc"])
    return Backup(config, records, str(content["board_id"]), taken_utc, history, left_out)


def _holds(data: bytes, content: Any) -> str:
    """What a file is that is no backup, as far as one can see."""
    if not data.strip():
        return "an empty file"
    if data[0] == 0xE9:
        return "an image of MicroPython, for: python -m tools flash --image FILE"
    if trace_file.NAME.encode() in data[:200]:
        return "a trace, for: python -m tools replay FILE"
    if data.startswith(b"start_utc,"):
        return "the history as CSV, from which nothing can be restored"
    if isinstance(content, dict):
        known = {name.partition(".")[0] for name in core("config").SCHEMA}
        if content and set(content) <= known:
            return "a config.json"
        if "files" in content:
            return "the manifest of an application"
        return "JSON of something else"
    return "something else"


def _digest(body: dict[str, Any]) -> str:
    return sha256(json.dumps(body, sort_keys=True).encode())
