"""The firmware's counting half on the imitated board: drivers, loop lag, metering."""

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import asyncio
import time

from world import Scripted

from core import config
from core.edge_ring import EdgeRing
from core.meter import Meter
from core.supply import Supply
from core.ticks import MonotonicClock
from drivers import clock
from drivers.led_sense import LedSense
from drivers.lit_time import LitTime
from drivers.loop_lag import LoopLag
from drivers.mains_sense import MainsSense
from drivers.pulse_count import PulseCount
from drivers.pulse_input import PulseInput
from services.metering import Metering

UPPER_PIN = 34
LOWER_PIN = 35
CLOCK_PIN = 27
# What a pulse needs after its end to be judged and audited.
SETTLE_US = 3000000


def pulse_train(interval_us, pulses, width_us=30000, start_us=1000000):
    """Return the edges of a clean train on signal 0."""
    edges = []
    for k in range(pulses):
        at_us = start_us + k * interval_us
        edges.append((at_us, 0, 1))
        edges.append((at_us + width_us, 0, 0))
    return edges


def build(source, pcnt=True, active_low=False, settings=None, clock_pin=None):
    """Return (world, metering) on a fresh board wired to an edge source."""
    world = shims.install(source)
    world.wire(0, UPPER_PIN, active_low)
    world.wire(1, LOWER_PIN, active_low)
    values = config.defaults()
    values.update(settings or {})
    ring = EdgeRing()
    ticks = MonotonicClock(time.ticks_us(), time.ticks_ms(), clock.ticks_period())
    pulse_input = PulseInput(UPPER_PIN, active_low, ring)
    count = PulseCount(UPPER_PIN, active_low) if pcnt else None
    lit_time = None if clock_pin is None else LitTime(UPPER_PIN, active_low, clock_pin)
    breaker = LedSense(LOWER_PIN, active_low)
    lag = LoopLag(ring)
    metering = Metering(
        Meter(values, ring, ticks, count is not None),
        Supply(),
        ticks,
        pulse_input,
        count,
        breaker,
        MainsSense(None, False),
        lag,
        lit_time,
    )
    pulse_input.start()
    if count:
        count.start()
    if lit_time:
        lit_time.start()
    breaker.start()
    return world, metering, lag


def run(source, duration_us, faults=None, prepare=None, **options):
    """Meter a source for a stretch of virtual time and return the ``Metering``.

    Args:
        source: edge source.
        duration_us: how long to run.
        faults: function of the world that injects faults, or None.
        prepare: function of world and metering, called before the first beat, or None.
        options: as for ``build``.
    """
    world, metering, lag = build(source, **options)
    if faults:
        faults(world)
    if prepare:
        prepare(world, metering)

    async def main():
        lag.start()
        try:
            await asyncio.wait_for_ms(metering.run(), duration_us // 1000)
        except asyncio.TimeoutError:
            pass

    asyncio.run(main())
    return metering


def run_train(load_w, pulses, faults=None, width_us=30000, start_us=1000000, **options):
    """Meter a clean train of a constant load at 1000 imp/kWh."""
    interval_us = 3600000000 // load_w
    edges = pulse_train(interval_us, pulses, width_us, start_us)
    return run(Scripted(edges), edges[-1][0] + SETTLE_US, faults, **options)
