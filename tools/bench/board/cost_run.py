"""Pieces of work to be counted by valgrind, or measured in bytes: runs under MicroPython.

    micropython tools/bench/board/cost_run.py WHAT N [DIRECTORY [COMPILED]]

WHAT: `loop` (nothing N times), `empty` (a callback that does nothing), `handler` (the
interrupt's callback), `path` (handler, ring, filter, audit, register, power: N edges of a
clean train at 43 kW, a beat after each pulse), `heap` (bytes that N calls of the handler
take, and N edges on the path), `rate` (us that the path takes), `ram` (bytes by service),
`nothing` (the imitated board alone), `boot` (up to the first countable edge). The last two
need a DIRECTORY as the board's flash; COMPILED is a folder of byte code to be run instead
of the source.
"""

import gc
import os
import sys

_HERE = __file__.rsplit("/", 1)[0]
_ROOT = (_HERE if _HERE.startswith("/") else os.getcwd() + "/" + _HERE) + "/../../.."
# In the order in which main.py starts them.
SERVICES = (
    ("metering", ("core.meter", "core.config", "drivers.pulse_input", "services.metering")),
    ("persistence", ("drivers.flash_store", "services.persistence")),
    ("history", ("core.demand", "drivers.history_store", "services.history")),
    ("outbox", ("services.outbox",)),
    ("health", ("services.health",)),
    ("probation", ("services.probation",)),
    ("console", ("services.console",)),
    ("connection", ("drivers.wifi", "services.connection")),
    ("timesync", ("drivers.ntp", "services.timesync")),
    ("mqtt", ("services.mqtt", "services.mqtt_link")),
    ("web", ("services.web",)),
    ("trend", ("core.trend", "services.trending")),
    ("setup", ("drivers.button", "services.provisioning")),
    ("aiming", ("services.aiming",)),
)
_JOB = {"settings": {}, "lesson": None, "stalls_us": (), "drop_per_million": 0}


def _nothing(_):
    pass


def _imitate(compiled=None):
    """Put the imitated board's modules in place of the interpreter's own."""
    sys.path[0:0] = [_ROOT + "/tools/simulator/esp32", compiled or _ROOT + "/firmware"]
    sys.path.insert(2, compiled + "/lib" if compiled else _ROOT + "/build/lib")
    import shims

    world = shims.install(state_dir=os.getcwd())
    for name in ("asyncio", "esp32", "network", "ntptime"):
        __import__(name)
    return world


def _board():
    """Return the counting half of the firmware on the imitated board."""
    sys.path.insert(0, _ROOT + "/tools/bench/board")
    import reader

    # isort: split
    from world import NoEdges

    _, metering, _ = reader.build(_JOB, NoEdges(), 0)
    return metering


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


def _handler():
    """Return the driver's own callback, and its ring, which must not run full.

    Clock and pin are those of the interpreter: C functions, as on the chip.
    """
    import utime

    from core.edge_ring import EdgeRing
    from drivers.pulse_input import PulseInput

    ring = EdgeRing(2)
    taken = PulseInput(34, False, ring)
    taken._ticks_us = utime.ticks_us
    taken._value = utime.ticks_cpu
    return taken._callback, ring


def _handle(count):
    callback, ring = _handler()
    for _ in range(count):
        ring._tail = ring._head
        callback(None)


def _heap(count):
    """Print the bytes that the handler takes an edge, and the path a pulse."""
    metering = _board()
    callback, ring = _handler()
    _train(metering.meter, 64)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for _ in range(count):
        ring._tail = ring._head
        callback(None)
    handled = gc.mem_alloc() - before
    before = gc.mem_alloc()
    _train(metering.meter, count, 32)
    print(handled // count, (gc.mem_alloc() - before) * 2 // count)


def _ram():
    """Print the bytes that each service takes with what it alone imports, and the objects."""
    _imitate()
    before = _allocated()
    for name, modules in SERVICES:
        for module in modules:
            __import__(module)
        after = _allocated()
        print(name, after - before)
        before = after
    import main as firmware

    after = _allocated()
    print("main.py and the rest", after - before)
    kept = firmware.Reader()
    print("all objects, built", _allocated() - after)
    return kept


class _CountableError(Exception):
    """The handler is attached: the next edge is counted."""


def _boot():
    """Run the firmware's own ``main`` up to the first countable edge."""
    from machine import Pin

    irq = Pin.irq

    def attach(self, *arguments, **options):
        irq(self, *arguments, **options)
        raise _CountableError

    # The first is the upper LED's.
    Pin.irq = attach
    import main as firmware

    try:
        firmware.main()
    except _CountableError:
        return
    raise ValueError("the handler was never attached")


def main(what, count, compiled):
    """Do one piece of work ``count`` times."""
    if what == "loop":
        for _ in range(count):
            pass
    elif what == "empty":
        for _ in range(count):
            _nothing(None)
    elif what == "handler":
        _imitate()
        _handle(count)
    elif what == "path":
        metering = _board()
        _train(metering.meter, count)
        if metering.meter.register.total != count // 2:
            raise ValueError("counted {}".format(metering.meter.register.total))
    elif what == "heap":
        _heap(count)
    elif what == "rate":
        import utime

        metering = _board()
        begin_us = utime.ticks_us()
        _train(metering.meter, count)
        print(utime.ticks_diff(utime.ticks_us(), begin_us))
    elif what == "ram":
        _ram()
    elif what == "nothing":
        _imitate(compiled)
    elif what == "boot":
        _imitate(compiled)
        _boot()
    else:
        raise ValueError(what)


def _arguments(what, count, directory=None, compiled=None):
    if directory:
        os.chdir(directory)
    main(what, int(count), compiled)


_arguments(*sys.argv[1:])
