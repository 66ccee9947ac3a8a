"""Pieces of work to be counted by valgrind, or measured in bytes: runs under MicroPython.

    micropython tools/bench/board/cost_run.py WHAT N

WHAT: `loop` (nothing N times), `empty` (a callback that does nothing), `handler` (the
interrupt's callback), `path` (handler, ring, filter, audit, register, power: N edges of a
clean train at 43 kW, a beat after each pulse), `heap` (bytes a pulse takes on the path),
`rate` (us that the path takes), `ram` (bytes by service), `boot` (up to the first
countable edge).
"""

import gc
import sys

gc.collect()
_AT_START = gc.mem_alloc()

import reader

# isort: split
from world import NoEdges

_JOB = {"settings": {}, "lesson": None, "stalls_us": (), "drop_per_million": 0}


def _nothing(_):
    pass


def _board():
    world, metering, _ = reader.build(_JOB, NoEdges(), 0)
    return world, metering


def _train(meter, count, first=0):
    """Feed edges and beats straight into the core, as the handler and the service do."""
    ring = meter.ring
    period_us = 83721
    for k in range(first, first + count // 2):
        t_us = 1000000 + k * period_us
        ring.push(t_us & 0x3FFFFFFF, 1)
        ring.push((t_us + 30000) & 0x3FFFFFFF, 0)
        now_us = meter.clock.update((t_us + 47000) & 0x3FFFFFFF, (t_us + 47000) // 1000)
        meter.drain()
        meter.tick(now_us, 0)
        if meter.settled():
            meter.audit(now_us, k + 1)
        meter.beat_done(now_us)
        meter.power_now(now_us)


def _allocated():
    gc.collect()
    return gc.mem_alloc()


def _ram():
    """Print the bytes that modules and objects take, service by service."""
    _, metering = _board()
    before = _allocated()
    print("metering {}".format(before - _AT_START))
    from core.event_log import EventLog
    from drivers.flash_store import FileStore, NvsStore, RtcStore
    from services.persistence import Persistence

    stores = (NvsStore(), FileStore())
    kept = [Persistence(metering.meter.register, EventLog(), stores, (RtcStore(),), 10)]
    for name in ("persistence", "microdot", "web", "history", "mqtt", "timesync", "health"):
        if name != "persistence":
            kept.append(__import__(name if name == "microdot" else "services." + name))
        after = _allocated()
        print("{} {}".format(name, after - before))
        before = after


def main(what, count):
    """Do one piece of work ``count`` times."""
    if what == "loop":
        for _ in range(count):
            pass
    elif what == "empty":
        for _ in range(count):
            _nothing(None)
    elif what == "handler":
        # The driver's own callback; clock and pin are those of the interpreter, which cost
        # what a C function costs.
        import utime

        from core.edge_ring import EdgeRing
        from drivers.pulse_input import PulseInput

        ring = EdgeRing(2)
        taken = PulseInput(34, False, ring)
        taken._ticks_us = utime.ticks_us
        taken._value = utime.ticks_cpu
        callback = taken._callback
        for _ in range(count):
            ring._tail = ring._head
            callback(None)
    elif what == "path":
        _, metering = _board()
        _train(metering.meter, count)
        if metering.meter.register.total != count // 2:
            raise ValueError("counted {}".format(metering.meter.register.total))
    elif what == "heap":
        _, metering = _board()
        _train(metering.meter, 64)
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        _train(metering.meter, count, 32)
        print((gc.mem_alloc() - before) * 2 // count)
    elif what == "rate":
        import utime

        _, metering = _board()
        begin_us = utime.ticks_us()
        _train(metering.meter, count)
        print(utime.ticks_diff(utime.ticks_us(), begin_us))
    elif what == "ram":
        _ram()
    elif what == "boot":
        _board()
    else:
        raise ValueError(what)


main(sys.argv[1], int(sys.argv[2]))
