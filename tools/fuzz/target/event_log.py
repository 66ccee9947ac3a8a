"""The event log as it lies in a store."""

from core import payload
from core.event_log import EventLog
from tools.fuzz.target.oracle import sound

_SIZE = 24


def run(data):
    _check(data)
    _check(data[: 2 + (len(data) - 2) // _SIZE * _SIZE] if len(data) > 2 else b"\0\0")


def _check(stored):
    log = EventLog(7)
    log.add("boot", 1, None, 2, 3, 4)
    before = log.pack()
    try:
        log.unpack(stored)
    except ValueError as error:
        assert "event log" in str(error)
        assert log.pack() == before
        return
    events = list(log.events())
    for event in events:
        for value in payload.event(event).values():
            if isinstance(value, str):
                sound(value)
    again = EventLog()
    again.unpack(log.pack())
    assert list(again.events()) == events
    # It goes on: this start's events, which get their date, and a save.
    log.add("supply", 1, None, 5, 3, 4)
    log.date(1800000000, 10)
    assert list(log.events())[-1]["utc_s"] == 1799999995
    log.pack()
