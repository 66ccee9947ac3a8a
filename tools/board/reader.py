"""A reader on the network: its JSON interface, and what its refusals mean."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Callable
from typing import Any

from .error import BoardError

_CONNECT_S = 5.0
# Deriving the password's key takes the chip a while, once.
_ANSWER_S = 30.0
PREFIX = "/api/v1"

_UNREACHABLE = (
    "Is it powered, and on this network? Its name is that of wifi.hostname with .local, such "
    "as omnipower.local; where names do not work, use the address that the router lists."
)


class NotThereError(BoardError):
    """This reader's firmware has no such thing."""


class Reader:
    """One reader. `host`: name or address, with :port if not 80.

    `ask_password`: called once, when the reader wants one.
    """

    def __init__(self, host: str, ask_password: Callable[[], str | None] = lambda: None) -> None:
        name, colon, port = host.rpartition(":")
        if not colon or not port.isdigit() or not 0 < int(port) < 65_536:
            name, port = host, "80"
        self.host = name
        self.port = int(port)
        self._ask_password = ask_password
        self._password: str | None = None

    def get(self, path: str) -> Any:
        """The JSON at a path below /api/v1."""
        return self._request("GET", path, None)

    def send(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """Sends JSON and returns the answer's."""
        return self._request(method, path, body)

    def _request(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        status, answer = self._exchange(method, path, body)
        if status == 401 and self._password is None:
            self._password = self._ask_password()
            if self._password:
                status, answer = self._exchange(method, path, body)
        if status in (200, 201, 202):
            return answer
        text = answer.get("error", "") if isinstance(answer, dict) else ""
        text = text or f"HTTP status {status}"
        if status == 404:
            raise NotThereError(f"{self.host}: {text}")
        raise BoardError(f"{self.host}: {text}", _ADVICE.get(status, ""))

    def _exchange(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, Any]:
        headers = {"Accept": "application/json"}
        data = None
        if body is not None:
            data = json.dumps(body)
            headers["Content-Type"] = "application/json"
        if self._password:
            pair = base64.b64encode(f"reader:{self._password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        connection = http.client.HTTPConnection(self.host, self.port, timeout=_CONNECT_S)
        try:
            connection.connect()
            connection.sock.settimeout(_ANSWER_S)
            connection.request(method, PREFIX + path, data, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise BoardError(f"{self.host}:{self.port}: {error}", _UNREACHABLE) from error
        finally:
            connection.close()
        try:
            return answer.status, json.loads(content)
        except ValueError:
            return answer.status, None


_ADVICE = {
    401: "The password is the one set on the reader's own page; OMNIPOWER_PASSWORD holds it, or "
    "the command asks.",
    403: "Set a password first, on the reader's own page: without one nothing can be changed.",
    421: "Use the reader's address, or a name that ends in .local.",
    429: "Too many wrong passwords; wait as long as it says.",
}
