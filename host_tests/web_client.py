"""Talk to the reader's web server, politely and otherwise."""

import base64
import http.client
import json
import socket
import time


class Client:
    """HTTP requests to one reader, each on a connection of its own.

    Args:
        port: of the reader on the loopback interface.
        password: sent with every request, or None.
    """

    def __init__(self, port, password=None):
        self.port = port
        self.password = password

    def request(self, method, path, body=None, headers=None, timeout=10):
        """Return (status, headers, body); a JSON body is parsed."""
        sent = {}
        if method in ("PUT", "POST"):
            sent["Content-Type"] = "application/json"
        if self.password:
            token = base64.b64encode(f"owner:{self.password}".encode()).decode()
            sent["Authorization"] = f"Basic {token}"
        sent.update(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            content = answer.read()
            kind = answer.headers.get("Content-Type", "")
            plain = "Content-Encoding" not in answer.headers
            if kind.startswith("application/json") and plain and content:
                content = json.loads(content)
            return answer.status, answer.headers, content
        finally:
            connection.close()

    def get(self, path, **options):
        """Return (status, body)."""
        status, _, body = self.request("GET", path, **options)
        return status, body

    def put(self, path, body, **options):
        """Return (status, body)."""
        status, _, answer = self.request("PUT", path, body, **options)
        return status, answer

    def post(self, path, body, **options):
        """Return (status, body)."""
        status, _, answer = self.request("POST", path, body, **options)
        return status, answer

    def raw(self, data, timeout=10):
        """Send bytes as they are, and return everything that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # Refused before it was all sent.
            return read_all(connection)


def read_all(connection):
    """Return everything that comes until the other end closes."""
    data = b""
    try:
        while piece := connection.recv(65536):
            data += piece
    except ConnectionError:
        pass  # It did not wait for the rest of what it had refused.
    return data


class Events:
    """A listener to the server-sent events of one reader."""

    def __init__(self, port, timeout=20):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        self.connection.request("GET", "/events")
        self.answer = self.connection.getresponse()
        self.status = self.answer.status

    def __iter__(self):
        """Yield (wall time, status dict)."""
        while line := self.answer.readline():
            if line.startswith(b"data: "):
                yield time.monotonic(), json.loads(line[6:])

    def close(self):
        """Hang up."""
        self.answer.close()
        self.connection.close()
