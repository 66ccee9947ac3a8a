"""The interval in progress as it lies in a store, and whatever clock comes after it."""

import struct

from core import history
from core.energy import TOTAL_MAX
from core.interval import IntervalMeter
from tools.fuzz.target.history import _put_right

_STEP = 6
_MAX = 40


def run(data):
    stored = _put_right((data + bytes(history.SIZE))[: history.SIZE])
    interrupted = history.unpack(stored)
    steps = data[history.SIZE :]
    base = total = sequence = 7
    if interrupted and _at_the_end(interrupted):
        return
    if interrupted and steps[:1] != b"\0":
        # As after a power cut that lost nothing else.
        sequence = interrupted.sequence
        base = max(0, interrupted.total - interrupted.pulses)
        total = max(base, interrupted.total)
    meter = IntervalMeter()
    closed = meter.begin(0, total, 3, sequence, base, interrupted)
    now_us = 0
    for at in range(0, min(len(steps), _STEP * _MAX), _STEP):
        word = (steps[at : at + _STEP] + bytes(_STEP))[:_STEP]
        elapsed_s, pulses, utc_s = struct.unpack("<BBI", word)
        now_us += elapsed_s * elapsed_s * 1000000
        total += pulses
        # What the clock driver takes for a set clock.
        closed += meter.tick(now_us, utc_s if utc_s > 1700000000 else None, total)
        meter.power(pulses)
        saved = meter.saved(total)
        assert history.unpack(history.pack(saved)) == saved
    _check(closed, sequence, base)
    if meter.settled():
        last = closed[-1].total if closed else base
        current = meter.record(total)
        assert current.total - current.pulses == last
        assert sum([record.pulses for record in closed]) + current.pulses == total - base


def _at_the_end(record):
    """Return whether it is one of the last that can be, and leaves no room to go on."""
    return record.sequence > history.SEQUENCE_MAX - 100 or record.total > TOTAL_MAX - 100000


def _check(closed, sequence, base):
    """Assert that records chain: none lost, none counted twice."""
    for record in closed:
        assert record.sequence == sequence
        assert record.total - record.pulses == base
        assert history.unpack(history.pack(record)) == record
        sequence += 1
        base = record.total
