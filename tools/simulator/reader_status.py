"""What the reader says of itself: its status page, fetched now and then."""

from __future__ import annotations

import http.client
import json
import threading
import time
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

CONNECT_PATIENCE_S = 0.25
ANSWER_PATIENCE_S = 3.0
STATUS_PATH = "/api/v1/status"


@dataclass(frozen=True)
class ReaderStatus:
    """One answer of the reader. Anything it does not say is None."""

    content: dict[str, Any]

    def get(self, *path: str) -> Any:
        """The value at a path of keys, or None."""
        value: Any = self.content
        for key in path:
            if not isinstance(value, dict):
                return None
            value = value.get(key)
        return value

    @property
    def uptime_us(self) -> int | None:
        uptime_ms = self.get("uptime_ms")
        return round(uptime_ms * 1_000) if isinstance(uptime_ms, int | float) else None

    @property
    def register_wh(self) -> int | None:
        """The register as the reader shows it, Wh."""
        try:
            return int(Decimal(str(self.get("register", "kwh"))) * 1_000)
        except (InvalidOperation, ValueError, OverflowError):
            return None

    @property
    def pulses(self) -> int | None:
        """Pulses counted since the reader was new."""
        pulses = self.get("register", "pulses")
        return pulses if isinstance(pulses, int) else None

    @property
    def power_w(self) -> float | None:
        power_w = self.get("power", "w")
        return float(power_w) if isinstance(power_w, int | float) else None

    @property
    def rejected(self) -> dict[str, int]:
        """Rejected pulse candidates by reason, only those that occurred."""
        rejected = self.get("pulse", "rejected")
        if not isinstance(rejected, dict):
            return {}
        return {reason: n for reason, n in rejected.items() if isinstance(n, int) and n}


def fetch(port: int) -> ReaderStatus | None:
    """The reader's status now; None while it is starting, restarting or busy."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=CONNECT_PATIENCE_S)
    try:
        connection.connect()
        connection.sock.settimeout(ANSWER_PATIENCE_S)
        connection.request("GET", STATUS_PATH)
        answer = connection.getresponse()
        if answer.status != 200:
            return None
        content = json.loads(answer.read())
        return ReaderStatus(content) if isinstance(content, dict) else None
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()


class StatusPoll:
    """Fetches the status once a wall second on a thread, so that nobody waits for it."""

    INTERVAL_WALL_S = 1.0

    def __init__(self, port: int) -> None:
        self._port = port
        self._latest: ReaderStatus | None = None
        self._closed = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def latest(self) -> ReaderStatus | None:
        """The last answer; None before the first and after one that failed."""
        return self._latest

    def close(self) -> None:
        self._closed.set()

    def _run(self) -> None:
        while not self._closed.is_set():
            begin_s = time.monotonic()
            self._latest = fetch(self._port)
            self._closed.wait(max(0.1, self.INTERVAL_WALL_S - (time.monotonic() - begin_s)))
