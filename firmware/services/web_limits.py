"""The door of the web server: how many may come in, how long they may dawdle, how much they carry.

microdot's own reader takes lines of any length and waits for ever. So the head is read here,
within bounds of size and time, and replayed to it once it is known to be sound.

Failure model: clients may be slow, rude or many. When the house is full, whoever has not yet
finished asking longest goes out first; who asks properly is served. Without memory the door closes,
and is opened anew by the supervisor.
"""

import asyncio
import json
import socket
import time

from core import http_head
from core.http_head import BadHead

CONNECTIONS_MAX = 9
PER_CLIENT_MAX = 6
_SWEEP_MS = 1000
_CHUNK = 512
# microdot takes this for a client that has gone, and tidies up.
_ECONNRESET = 104
_REFUSAL = (
    "HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nConnection: close\r\n"
    "Content-Length: {}\r\n\r\n{}"
)


class Door:
    """Serves an application on a TCP port, within bounds.

    Args:
        app: the ``Microdot`` application.
        idle_s: longest time for a head, a body, and each piece of an answer to get through.
    """

    def __init__(self, app, idle_s):
        self._app = app
        self._idle_ms = idle_s * 1000
        self.connections = []
        self.turned_away = 0

    async def run(self, port):
        """Serve for ever, on every interface; MemoryError when nobody can be let in any more."""
        listener = socket.socket()
        accepting = None
        try:
            listener.setblocking(False)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(socket.getaddrinfo("0.0.0.0", port)[0][-1])
            listener.listen(CONNECTIONS_MAX)
            accepting = asyncio.create_task(self._accept(listener))
            while not accepting.done():
                await asyncio.sleep_ms(_SWEEP_MS)
                self.sweep()
            raise MemoryError("nobody could be let in")
        finally:
            if accepting:
                accepting.cancel()
                # What found no memory may have been half entered there.
                _waiting().remove(accepting)
            # Else the port stays taken, and no other can listen.
            listener.close()
            for connection in self.connections:
                connection.end()

    async def _accept(self, listener):
        # asyncio's own server ends without a word, and leaves its socket open, where there is no
        # memory for the one that comes.
        try:
            while True:
                await _arrival(listener)
                try:
                    client, peer = listener.accept()
                except OSError:
                    continue  # Gone already.
                client.setblocking(False)
                stream = asyncio.StreamReader(client, {"peername": peer})
                asyncio.create_task(self._serve(stream))  # noqa: RUF006 - MicroPython keeps its tasks
        except MemoryError:
            pass  # ``run`` sees the end.

    def sweep(self):
        """Show out who has dawdled too long."""
        now_ms = time.ticks_ms()
        for connection in list(self.connections):
            if time.ticks_diff(now_ms, connection.touched_ms) > self._idle_ms:
                connection.end()

    async def _serve(self, stream):
        connection = Connection(stream, asyncio.current_task())
        try:
            if not self._admit(connection):
                self.turned_away += 1
                await connection.refuse(503, "connections: too many; try again in a moment")
                return
            try:
                length = await connection.read_head()
            except BadHead as refusal:
                await connection.refuse(refusal.status, refusal.text)
                return
            if length is not None and await connection.read_body(length):
                await self._app.handle_request(connection, connection)
        except (OSError, EOFError, MemoryError):
            # The client has gone, or there is no memory even to tell it.
            pass
        except asyncio.CancelledError:
            # Shown out; the task ends here in any case.
            pass
        finally:
            connection.closed = True
            if connection in self.connections:
                self.connections.remove(connection)
            # close() does nothing on this port.
            await stream.wait_closed()

    def _admit(self, connection):
        same = [other for other in self.connections if other.client == connection.client]
        for group, most in ((same, PER_CLIENT_MAX), (self.connections, CONNECTIONS_MAX)):
            if len(group) >= most:
                asking = [other for other in group if other.asking]
                if not asking:
                    return False
                asking[0].end()
                self.connections.remove(asking[0])
        self.connections.append(connection)
        return True


def _waiting():
    return asyncio.core._io_queue  # type: ignore[attr-defined]  # MicroPython's own


def _arrival(listener):
    # A generator can be awaited here.
    yield _waiting().queue_read(listener)


class Connection:
    """One client: reader and writer for microdot, with a clock on every wait.

    Attributes:
        client: its address.
        asking: True until its request has arrived whole.
        touched_ms: when it last got something through.
        closed: True once it has gone: who streams to it has to stop.
    """

    def __init__(self, stream, task):
        self._stream = stream
        self._task = task
        self._data = b""
        self._at = 0
        self._out = b""
        self._head_sent = False
        self._peer = stream.get_extra_info("peername")
        self.client = client_of(self._peer)
        self.asking = True
        self.touched_ms = time.ticks_ms()
        self.closed = False

    def end(self):
        """Close it, whatever it is waiting for."""
        self.closed = True
        self._task.cancel()

    async def read_head(self):
        """Read the head; return the body's length, or None when the client has gone.

        Raises:
            BadHead: what is sent is not acceptable.
        """
        while True:
            end = http_head.end(self._data)
            if end:
                return http_head.check(self._data[:end])
            piece = await self._stream.read(_CHUNK)
            if not piece:
                return None
            self._data += piece

    async def read_body(self, length):
        """Read the body, so that a slow one does not occupy the application; True when whole."""
        end = http_head.end(self._data)
        self.touched_ms = time.ticks_ms()
        while len(self._data) < end + length:
            piece = await self._stream.read(min(_CHUNK, end + length - len(self._data)))
            if not piece:
                return False
            self._data += piece
        self.asking = False
        self.touched_ms = time.ticks_ms()
        return True

    async def refuse(self, status, text):
        """Answer with an error."""
        body = json.dumps({"error": text})
        self._stream.write(_REFUSAL.format(status, "Refused", len(body), body).encode())
        await self._stream.drain()

    # What microdot calls.

    def get_extra_info(self, name):
        return self._peer

    async def readline(self):
        end = self._data.find(b"\n", self._at) + 1
        line = self._data[self._at : end]
        self._at = end
        return line

    async def readexactly(self, size):
        data = self._data[self._at : self._at + size]
        self._at += size
        return data

    async def awrite(self, data):
        if not self._head_sent:
            # One packet instead of one per header.
            self._out += data
            if data != b"\r\n":
                return
            self._head_sent = True
            # microdot says HTTP/1.0, for which browsers do not use entity tags.
            data = b"HTTP/1.1" + self._out[8:-2] + b"Connection: close\r\n\r\n"
            self._out = b""
        if self.closed:
            raise OSError(_ECONNRESET)
        self.touched_ms = time.ticks_ms()
        self._stream.write(data)
        await self._stream.drain()
        self.touched_ms = time.ticks_ms()

    async def aclose(self):
        await self._stream.wait_closed()


def client_of(peer):
    """Return the address part of a peer name, of which interpreters have different ideas."""
    return peer[0] if isinstance(peer, tuple) else bytes(peer[4:8])
