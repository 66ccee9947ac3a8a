"""The counting half of the firmware on the imitated board: runs under MicroPython."""

import os
import sys

_HERE = __file__.rsplit("/", 1)[0]
_ROOT = (_HERE if _HERE.startswith("/") else os.getcwd() + "/" + _HERE) + "/../../.."
sys.path[0:0] = [_ROOT + "/tools/simulator/esp32", _ROOT + "/firmware", _ROOT + "/build/lib"]

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import time

from core import config
from core.edge_ring import EdgeRing
from core.meter import Meter
from core.pulse_filter import PENDING, PulseFilter
from core.supply import Supply
from core.ticks import MonotonicClock
from core.width_learner import READY, WidthLearner
from drivers import clock
from drivers.led_sense import LedSense
from drivers.lit_time import LitTime
from drivers.loop_lag import LoopLag
from drivers.mains_sense import MainsSense
from drivers.pulse_count import PulseCount
from drivers.pulse_input import PulseInput
from services.metering import Metering

_UPPER_PIN = 34
_LOWER_PIN = 35
_CLOCK_PIN = 27
_BLOCK = 32768


class TraceFile:
    """An edge source that reads a trace in blocks, moved to the board's time."""

    def __init__(self, path, start_us):
        # In blocks of bytes: reading by lines asks the system for each single one.
        self._file = open(path, "rb")
        self._start_us = start_us
        self._rest = b""
        self._back = []
        self._from_us = start_us

    def give_back(self, edges, from_us):
        """Take back edges that the board did not live to see; it is to see those after."""
        self._back = edges
        self._from_us = from_us

    def fetch(self, until_us):
        """Return (reached_us, edges): how far the source is known, and its edges so far."""
        edges = self._back
        self._back = []
        while not edges:
            block = self._file.read(_BLOCK)
            if not block:
                return 1 << 62, edges
            lines = (self._rest + block).split(b"\n")
            self._rest = lines.pop()
            start_us = self._start_us
            edges = [(int(line[:-2]) + start_us, 0, line[-1] - 48) for line in lines]
        if edges[0][0] < self._from_us:
            edges = [edge for edge in edges if edge[0] >= self._from_us]
            return (edges[-1][0] if edges else self._from_us), edges
        return edges[-1][0], edges


def learn(path, settings):
    """Learn the filter's limits from a trace, as at set-up; return them."""
    learner = WidthLearner()
    learner.start()
    # Limits wide open: every flash is looked at, whatever the configuration says of it.
    flashes = PulseFilter(1000, 2000000, settings["pulse.debounce_us"], 0)
    with open(path) as file:
        for line in file:
            t_us, _, level = line.partition(" ")
            if flashes.edge(int(t_us), int(level)) != PENDING:
                learner.add(flashes.start_us, flashes.width_us)
    if learner.state != READY:
        raise ValueError("the pulse's width was not learned: " + learner.state)
    return {
        "pulse.width_min_ms": learner.width_min_ms,
        "pulse.width_max_ms": learner.width_max_ms,
    }


def build(job, source, now_us, state_dir="."):
    """Return (world, metering, lag) on a board powered on at ``now_us``, watching the source."""
    world = shims.install(source, state_dir=state_dir)
    # Ticks count from a power-on at 0, so the clocks show `now_us`.
    world.now_us = now_us
    world._known_us = now_us
    for signal, pin in ((0, _UPPER_PIN), (1, _LOWER_PIN)):
        world.wire(signal, pin)
    settings = config.defaults()
    settings.update(job["settings"])
    if job["lesson"]:
        settings.update(learn(job["lesson"], settings))
    ring = EdgeRing()
    ticks = MonotonicClock(time.ticks_us(), time.ticks_ms(), clock.ticks_period())
    pulse_input = PulseInput(_UPPER_PIN, False, ring)
    count = PulseCount(_UPPER_PIN, False) if job.get("pcnt", True) else None
    lit_time = LitTime(_UPPER_PIN, False, _CLOCK_PIN) if job.get("lit_time", True) else None
    breaker = LedSense(_LOWER_PIN, False)
    lag = LoopLag(ring)
    meter = Meter(settings, ring, ticks, count is not None)
    metering = Metering(
        meter, Supply(), ticks, pulse_input, count, breaker, MainsSense(None, False), lag, lit_time
    )
    pulse_input.start()
    if count:
        count.start()
    if lit_time:
        lit_time.start()
    breaker.start()
    for every_us, duration_us in job["stalls_us"]:
        world.inject(every_us, duration_us)
    world.drop_per_million = job["drop_per_million"]
    return world, metering, lag


def counters(metering):
    """Return what the reader knows about its own counting."""
    meter = metering.meter
    return {
        "pulses": meter.register.total,
        "accepted": meter.filter.counts[1],
        "rejected": meter.filter.rejected(),
        "missed": meter.reconciler.missed,
        "edges_lost": meter.reconciler.edges_lost,
        "ring_overflow": meter.ring.overflow,
        "width_us": meter.filter.pulse_width_us,
        "width_min_us": meter.filter.width_min_us,
        "width_max_us": meter.filter.width_max_us,
    }
