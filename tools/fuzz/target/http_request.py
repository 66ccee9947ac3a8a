"""A whole HTTP request through the firmware's own routes: head, query, headers, body."""

import asyncio

from core import config, http_head, password, payload, register_record
from core.edge_ring import EdgeRing
from core.meter import Meter
from core.snapshot import Snapshot
from core.supply import Supply
from core.ticks import MonotonicClock
from services import web, web_history
from services.settings import Settings
from services.web_auth import Guard
from services.web_limits import Connection
from tools.fuzz.target.oracle import Memory

_GOOD = '{"meter": {"number": "12345678"}}'
_STATUSES = (200, 202, 302, 304, 400, 401, 403, 404, 405, 409, 413, 415, 421, 422, 429, 507)


class _Turn:
    """Something to await that gives the others their turn."""

    def __iter__(self):
        yield None

    __await__ = __iter__


if not hasattr(asyncio, "sleep_ms"):  # CPython
    asyncio.sleep_ms = lambda _: _Turn()


class _Stream:
    def __init__(self):
        self.sent = b""

    def get_extra_info(self, _):
        return ("192.168.1.2", 1)

    def write(self, data):
        self.sent += data

    async def drain(self):
        pass

    async def wait_closed(self):
        pass


class _Journal:
    """A password is set: ``12345678``, as derived in two rounds."""

    def __init__(self):
        derivation = password.Derivation("12345678", bytes(16), 2)
        derivation.step(2)
        self._payload = password.pack(bytes(16), derivation.key(), 2)

    def load(self):
        return self._payload

    def save(self, _):
        return True


class _Parts(web.Parts):
    def restart_soon(self):
        pass


def run(data):
    try:
        end = http_head.end(data)
        length = http_head.check(data[:end]) if end else None
    except http_head.BadHead:
        return
    if length is None or len(data) < end + length:
        return
    meter = Meter(config.defaults(), EdgeRing(8), MonotonicClock(0, 0), True)
    register = meter.register
    register.set_reading("100")
    file = Memory(_GOOD)
    before = register_record.pack(register), file.content
    guard = Guard(_Journal(), lambda: 0, lambda: False, True)
    guard.load()
    parts = _Parts(
        lambda: payload.sections(Snapshot(meter, Supply(), 10000000)),
        list,
        guard,
        Settings(file, Memory(), lambda pin: True),
        register,
        lambda kind: None,
        dict,
        lambda: None,
        lambda: None,
        lambda resolution: [dict.fromkeys(web_history.FIELDS)],
    )
    stream = _Stream()
    connection = Connection(stream, None)
    connection._data = data[: end + length]
    if data.split(b" ")[1].partition(b"?")[0] == b"/events":
        return  # never ends
    iterations = password.ITERATIONS
    # What it takes to check a password is no part of what is looked for here.
    password.ITERATIONS = 2
    try:
        _finish(web.build(parts).handle_request(connection, connection))
    finally:
        password.ITERATIONS = iterations
    _check(stream.sent, data, before, (register_record.pack(register), file.content))


def _finish(coroutine):
    try:
        for _ in range(10000):
            coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("no end to it")


def _check(sent, data, before, after):
    assert sent.startswith(b"HTTP/1.1 "), sent[:80]
    status = int(sent[9:12])
    assert status in _STATUSES, sent[:200]
    if after != before:
        assert status == 200
        assert data.startswith((b"PUT ", b"POST ")) and b"authorization" in data.lower()
        assert not config.parse(after[1])[1]
