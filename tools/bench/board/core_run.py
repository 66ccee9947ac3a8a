"""Run the counting half of the firmware on a trace: runs under MicroPython.

    micropython tools/bench/board/core_run.py JOB.json

The job: trace, samples (paths), start_us, duration_us, stalls_us, drop_per_million,
settings, lesson (path of a trace to learn the pulse's width from, or null). The samples
are lines of `tenth power_mw pulses`, one per tenth of a second in which something
changed. The output is a JSON object of the counters.
"""

import json
import os
import sys

_HERE = __file__.rsplit("/", 1)[0]
_ROOT = (_HERE if _HERE.startswith("/") else os.getcwd() + "/" + _HERE) + "/../../.."
sys.path[0:0] = [_ROOT + "/tools/simulator/esp32", _ROOT + "/firmware", _ROOT + "/build/lib"]

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import asyncio
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
from drivers.loop_lag import LoopLag
from drivers.mains_sense import MainsSense
from drivers.pulse_count import PulseCount
from drivers.pulse_input import PulseInput
from services.metering import BEAT_MS, Metering

_UPPER_PIN = 34
_LOWER_PIN = 35
_TENTH_US = 100000
_BLOCK = 2048


class TraceFile:
    """An edge source that reads a trace in blocks, moved to the board's time."""

    def __init__(self, path, start_us):
        self._file = open(path)
        self._start_us = start_us
        self._line = self._file.readline()

    def fetch(self, until_us):
        """Return (reached_us, edges): how far the source is known, and its edges so far."""
        edges = []
        while self._line:
            t_us, _, level = self._line.partition(" ")
            at_us = int(t_us) + self._start_us
            if at_us > until_us and len(edges) >= _BLOCK:
                return edges[-1][0], edges
            edges.append((at_us, 0, int(level)))
            self._line = self._file.readline()
            if len(edges) >= _BLOCK and edges[-1][0] > until_us:
                return edges[-1][0], edges
        return 1 << 62, edges


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


def build(job):
    """Return (world, metering, lag) on a fresh board that watches the trace."""
    start_us = job["start_us"]
    # Ticks count from power-on, so the board is on for `start_us` already.
    world = shims.install(TraceFile(job["trace"], start_us))
    world.now_us = start_us
    world._known_us = start_us
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
    breaker = LedSense(_LOWER_PIN, False)
    lag = LoopLag(ring)
    meter = Meter(settings, ring, ticks, count is not None)
    metering = Metering(
        meter, Supply(), ticks, pulse_input, count, breaker, MainsSense(None, False), lag
    )
    pulse_input.start()
    if count:
        count.start()
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


def run(job):
    """Play the whole trace and return the counters."""
    world, metering, lag = build(job)
    start_us = job["start_us"]
    end_us = start_us + job["duration_us"]
    meter = metering.meter
    with open(job["samples"], "w") as samples:

        async def main():
            lag.start()
            last = None
            tenth = 0
            while world.now_us < end_us:
                metering.beat()
                if world.now_us - start_us >= tenth * _TENTH_US:
                    tenth = (world.now_us - start_us) // _TENTH_US
                    power_mw = meter.power_now(meter.clock.now_us)[0]
                    shown = (power_mw, meter.register.total)
                    if shown != last:
                        last = shown
                        text = "-" if power_mw is None else str(power_mw)
                        samples.write("{} {} {}\n".format(tenth, text, shown[1]))
                    tenth += 1
                await asyncio.sleep_ms(BEAT_MS)

        asyncio.run(main())
    result = counters(metering)
    result["callbacks_lost"] = world.dropped
    return result


with open(sys.argv[1]) as file:
    print(json.dumps(run(json.load(file))))
