"""The reader's page, as somebody in the house asks it, politely and otherwise."""

from __future__ import annotations

import http.client
import json
import random
import socket
import threading
from typing import Any

_PATHS = ("/", "/setup", "/metrics", "/api/v1/status", "/api/v1/events", "/api/v1/trend")
_GOOD = b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Page:
    """HTTP requests to the reader, each on a connection of its own."""

    def __init__(self, port: int) -> None:
        self._port = port

    def get(self, path: str, timeout_s: float) -> Any | None:
        """The parsed answer, or None where none comes."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=timeout_s)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return json.loads(answer.read()) if answer.status == 200 else None
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()

    def flood(self, requests: int, clients: int, rng: random.Random) -> list[threading.Thread]:
        """Begin to ask, some properly and some not; returns the clients, to be waited for."""
        frames = [_frame(rng) for _ in range(requests)]
        threads = [
            threading.Thread(target=self._ask_all, args=(frames[k::clients],), daemon=True)
            for k in range(clients)
        ]
        for thread in threads:
            thread.start()
        return threads

    def _ask_all(self, frames: list[bytes]) -> None:
        for frame in frames:
            try:
                with socket.create_connection(("127.0.0.1", self._port), timeout=0.5) as stream:
                    stream.sendall(frame)
                    while stream.recv(4096):
                        pass
            except OSError:
                continue  # Shown out, or left waiting: the next one.


def _frame(rng: random.Random) -> bytes:
    """A request: good, changed somewhere, cut off, oversized, or noise."""
    good = _GOOD % rng.choice(_PATHS).encode()
    kind = rng.randrange(6)
    if kind <= 1:
        return good
    if kind == 2:
        frame = bytearray(good)
        for _ in range(rng.randint(1, 4)):
            frame[rng.randrange(len(frame))] = rng.randrange(256)
        return bytes(frame)
    if kind == 3:
        return good[: rng.randrange(1, len(good))]
    if kind == 4:
        return b"PUT /api/v1/config HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 9000
    return rng.randbytes(rng.randint(1, 400))
