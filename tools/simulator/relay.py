"""TCP between the reader and something of the house, to be cut off or to fall silent."""

from __future__ import annotations

import socket
import threading

HOST = "127.0.0.1"
_CONNECT_PATIENCE_S = 2.0


class Relay:
    """Passes TCP connections on to a port, or refuses and breaks them while it is None.

    `port`: where it listens; `target`: where it leads.
    """

    def __init__(self) -> None:
        self.target: int | None = None
        self._pairs: list[socket.socket] = []
        self._open = threading.Event()
        self._open.set()
        self._server = socket.create_server((HOST, 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break what is connected, and let nobody through."""
        self.target = None
        self._break()

    def silence(self) -> None:
        """Swallow everything from now on, as out of reach of the radio; nobody is told."""
        self._open.clear()

    def speak(self) -> None:
        """Break what was silent, and let new connections through."""
        self._break()
        self._open.set()

    def close(self) -> None:
        self.cut()
        self._open.set()
        self._server.close()

    def _break(self) -> None:
        for end in self._pairs:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._pairs = []

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            try:
                if not self._open.is_set():
                    raise OSError("out of reach")
                far = socket.create_connection((HOST, self.target or 0), _CONNECT_PATIENCE_S)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pairs += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(4096):
                if self._open.is_set():
                    sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            end.close()
