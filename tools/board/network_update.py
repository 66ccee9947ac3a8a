"""Send an application to a reader on the network: the other half of services/web_update.py."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from .application import Application
from .deployment import Report
from .error import BoardError
from .reader import NotThereError, Reader

_NAMES_AT_ONCE = 16
# In base64 and with its name this fits into the reader's largest body.
_PIECE = 2400
_INCOMING = "manifest.new"


class NetworkUpdate:
    """One update. `on_step(text)`, `on_total(bytes)`, `on_sent(bytes)` tell how far it is."""

    def __init__(
        self,
        reader: Reader,
        on_step: Callable[[str], None] = lambda text: None,
        on_total: Callable[[int], None] = lambda total: None,
        on_sent: Callable[[int], None] = lambda count: None,
    ) -> None:
        self._reader = reader
        self._on_step = on_step
        self._on_total = on_total
        self._on_sent = on_sent
        self.report = Report()

    def state(self) -> dict[str, Any]:
        """What the reader says of the versions on it."""
        try:
            return self._reader.get("/update")
        except NotThereError as error:
            raise BoardError(
                f"{self._reader.host}: this firmware cannot be updated over the network",
                "Update it by cable this once: python -m tools deploy",
            ) from error

    def install(self, app: Application) -> Report:
        """Sends what changed, and has it checked and put in force."""
        self._on_step("comparing")
        self.report.slot = self._reader.send("POST", "/update/begin", {})["slot"]
        wanted = app.manifest["files"]
        names = sorted(wanted)
        here: dict[str, str | None] = {}
        there: dict[str, str | None] = {}
        for some in _groups(names):
            answer = self._reader.send("POST", "/update/hashes", {"names": some})
            here.update(zip(some, answer["here"], strict=True))
            there.update(zip(some, answer["there"], strict=True))
        rest = [name for name in names if here[name] != wanted[name]]
        self.report.kept = [name for name in names if here[name] == wanted[name]]
        self.report.copied = [name for name in rest if there[name] == wanted[name]]
        self.report.sent = [name for name in rest if there[name] != wanted[name]]
        for some in _groups(self.report.copied):
            self._on_step("copying on the reader")
            self._reader.send("POST", "/update/copy", {"names": some})
        self._send(app)
        self._on_step("checking every file on the reader")
        self._send_file(_INCOMING, json.dumps(app.manifest).encode())
        self._reader.send("POST", "/update/finish", {})
        return self.report

    def _send(self, app: Application) -> None:
        self._on_total(sum(len(app.files[name]) for name in self.report.sent))
        for name in self.report.sent:
            self._on_step(name)
            self._send_file(name, app.files[name])
            self.report.sent_bytes += len(app.files[name])
            self._on_sent(self.report.sent_bytes)

    def _send_file(self, name: str, data: bytes) -> None:
        for offset in range(0, max(len(data), 1), _PIECE):
            piece = base64.b64encode(data[offset : offset + _PIECE]).decode()
            body = {"name": name, "offset": offset, "data": piece}
            self._reader.send("POST", "/update/file", body)


def _groups(names: list[str]) -> list[list[str]]:
    return [names[k : k + _NAMES_AT_ONCE] for k in range(0, len(names), _NAMES_AT_ONCE)]
