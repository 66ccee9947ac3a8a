"""The status as it changes, to pages that are open (server-sent events)."""

import asyncio
import json
import time

from microdot.sse import sse_response

from services.web_auth import refuse

CLIENTS_MAX = 4
_LOOK_MS = 250
_LOOKS_PER_SEND = 4
# More unsent than this and the client is too slow: it misses one, and gets the next.
_WAITING_MAX = 2


async def get_events(parts, request):
    if parts.live is None:
        parts.live = Live(parts.status, parts.mark)
    return parts.live.answer(request)


class Live:
    """Streams the status once a second, and at once when ``mark`` changes.

    Args:
        status: function that returns the status dict.
        mark: function that returns something that differs when people should know now.
    """

    def __init__(self, status, mark):
        self._status = status
        self._mark = mark
        self._text = ""
        self._made_ms = None
        self._made_mark = None
        self.clients = 0

    def answer(self, request):
        """Return microdot's answer to a request for the stream."""
        if self.clients >= CLIENTS_MAX:
            return refuse(
                503,
                "events: too many listeners; accepted: {}".format(CLIENTS_MAX),
                {"Retry-After": "5"},
            )
        self.clients += 1
        response, status, headers = sse_response(request, self._feed)
        headers["Cache-Control"] = "no-store"
        return response, status, headers

    async def _feed(self, request, sse):
        connection = request.sock[1]
        looks = _LOOKS_PER_SEND
        mark = None
        try:
            while not connection.closed:
                if looks >= _LOOKS_PER_SEND or mark != self._mark():
                    looks = 0
                    mark = self._mark()
                    if len(sse.queue) < _WAITING_MAX:
                        await sse.send(self._current(mark))
                looks += 1
                await asyncio.sleep_ms(_LOOK_MS)
        finally:
            self.clients -= 1

    def _current(self, mark):
        """Return the status as JSON, made once for all who listen."""
        now_ms = time.ticks_ms()
        old = self._made_ms is None or time.ticks_diff(now_ms, self._made_ms) >= _LOOK_MS
        if old or mark != self._made_mark:
            self._text = json.dumps(self._status())
            self._made_ms = now_ms
            self._made_mark = mark
        return self._text
