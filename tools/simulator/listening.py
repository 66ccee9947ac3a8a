"""A broker, and a real subscriber that keeps every interval: what the house would have."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from .broker import Broker, find
from .relay import Relay

TOPIC = "omnipower/+/interval"
_SUBSCRIBE_PATIENCE_S = 10.0
# What the broker had passed on when it ended is still to be read.
_READ_ON_S = 0.1


class SubscriberError(RuntimeError):
    """The subscriber does not come to listen."""


class Subscriber:
    """mosquitto_sub, and every interval it printed."""

    def __init__(self, broker: Broker) -> None:
        program = find("mosquitto_sub")
        if program is None:
            raise SubscriberError("mosquitto_sub is not installed (Debian: mosquitto-clients)")
        self.intervals: list[dict[str, Any]] = []
        before = broker.log().count("Sending SUBACK")
        self._process = subprocess.Popen(
            [program, "-p", str(broker.port), "-q", "1", "-t", TOPIC],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        give_up_s = time.monotonic() + _SUBSCRIBE_PATIENCE_S
        while broker.log().count("Sending SUBACK") == before:
            if time.monotonic() > give_up_s:
                self.stop()
                raise SubscriberError("mosquitto_sub did not subscribe")
            time.sleep(0.01)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.intervals.append(json.loads(line))

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._reader.join(_SUBSCRIBE_PATIENCE_S)


class Listening:
    """A broker, a subscriber that is there before the reader is, and the relay between.

    What a broker acknowledges while nobody listens is nobody's to keep: so the relay lets the
    reader through only when the subscriber is there.
    """

    def __init__(self, folder: Path, relay: Relay) -> None:
        self.folder = folder
        self.relay = relay
        self.intervals: list[dict[str, Any]] = []
        self.begin()

    def begin(self) -> None:
        """Start a broker that knows nothing, and let the reader through to it."""
        (self.folder / "mosquitto.log").unlink(missing_ok=True)
        self.broker = Broker(self.folder)
        self.broker.start()
        self._subscriber = Subscriber(self.broker)
        self.relay.target = self.broker.port

    def end(self, kill: bool = True) -> None:
        """End the broker as a power cut does; nothing of it is kept."""
        self.relay.cut()
        if kill:
            self.broker.kill()
        else:
            self.broker.stop()
        time.sleep(_READ_ON_S)
        self._subscriber.stop()
        self.intervals += self._subscriber.intervals
        self._subscriber.intervals = []

    def all(self) -> list[dict[str, Any]]:
        return self.intervals + self._subscriber.intervals
