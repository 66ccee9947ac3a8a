"""The status as it changes, to pages that are open (server-sent events)."""

import asyncio
import time

from core import payload
from services.web_auth import refuse

CLIENTS_MAX = 4
_LOOK_MS = 250
_LOOKS_PER_SEND = 4


async def on_get_events(parts, request):
    if parts.live is None:
        parts.live = Live(parts.sections, parts.mark)
    return parts.live.answer(request.sock[1])


class Live:
    """Streams the status once a second, and at once when ``mark`` changes.

    Args:
        sections: function that returns an iterable of (name, value), the members of the status.
        mark: function that returns something that differs when people should know now.
    """

    def __init__(self, sections, mark):
        self._sections = sections
        self.mark = mark
        self._event = []
        self._made_ms = None
        self._made_mark = None
        self._connections = []

    def answer(self, connection):
        """Return microdot's answer to a request for the stream."""
        self._connections = [one for one in self._connections if not one.closed]
        if len(self._connections) >= CLIENTS_MAX:
            return refuse(
                503,
                "events: too many listeners; accepted: {}".format(CLIENTS_MAX),
                {"Retry-After": "5"},
            )
        self._connections.append(connection)
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        return Feed(self, connection), 200, headers

    def event(self, mark):
        """Return the event with the status in pieces, made once for all who listen."""
        now_ms = time.ticks_ms()
        old = self._made_ms is None or time.ticks_diff(now_ms, self._made_ms) >= _LOOK_MS
        if old or mark != self._made_mark:
            # The old one goes before the new one is made.
            self._event = []
            self._event = [b"data: "]
            self._event.extend(payload.pieces(self._sections()))
            self._event.append(b"\n\n")
            self._made_ms = now_ms
            self._made_mark = mark
        return self._event


class Feed:
    """The events to one client, each made when the last one has got through.

    Args:
        live: ``Live``.
        connection: ``services.web_limits.Connection``.
    """

    def __init__(self, live, connection):
        self._live = live
        self._connection = connection
        self._mark = None
        self._looks = 0
        self._event = []
        self._sent = 0

    def __aiter__(self):
        return self

    async def __anext__(self):
        live = self._live
        while not self._connection.closed:
            if self._sent < len(self._event):
                self._sent += 1
                return self._event[self._sent - 1]
            # What has got through goes before the next is made.
            self._event = []
            self._sent = 0
            mark = live.mark()
            # The first one at once.
            if not self._looks or mark != self._mark:
                self._mark = mark
                self._looks = _LOOKS_PER_SEND
                self._event = live.event(mark)
            else:
                self._looks -= 1
                await asyncio.sleep_ms(_LOOK_MS)
        raise StopAsyncIteration
