"""Runs on the board: pulses made in hardware, counted by the firmware, while it is disturbed.

The remote-control peripheral (RMT) sends a given number of pulses by itself, whatever Python
does, so the truth is known to the pulse. The firmware's own drivers, filter and audit count
them on another pin, while garbage is collected, flash is written and Wi-Fi is used.
"""

import asyncio
import gc
import os
import time

import esp32
from machine import Pin

from core import config
from core.edge_ring import EdgeRing
from core.meter import Meter
from core.supply import Supply
from core.ticks import MonotonicClock
from drivers import clock, pulse_count
from drivers.led_sense import LedSense
from drivers.loop_lag import LoopLag
from drivers.mains_sense import MainsSense
from drivers.pulse_count import PulseCount
from drivers.pulse_input import PulseInput
from services.metering import Metering

RATES_HZ = (1, 10, 20)
WIDTH_MS = 30
_FILE = "selftest.tmp"
# Before the first pulse and after the last: what filter and audit need to settle.
_SETTLE_S = 3
# 80 MHz by 200: the longest that one entry of the RMT can last is then 81 ms.
_CLOCK_DIV = 200
_TICKS_PER_MS = 400
_ENTRY_MS = 75


def sequence(rate_hz, pulses, active_low):
    """Return (durations, levels) of a pulse train for the RMT."""
    lit = 0 if active_low else 1
    durations, levels = [], []
    for _ in range(pulses):
        for level, length_ms in ((lit, WIDTH_MS), (1 - lit, 1000 // rate_hz - WIDTH_MS)):
            while length_ms > 0:
                part_ms = min(length_ms, _ENTRY_MS)
                durations.append(part_ms * _TICKS_PER_MS)
                levels.append(level)
                length_ms -= part_ms
    return durations, levels


class SelfTest:
    """One board under test.

    Args:
        output, pulse: GPIO numbers, to be connected by a wire.
        active_low: polarity to imitate.
        seconds: length of each train.
        feed: function that puts the application's watchdog off.
    """

    def __init__(self, output, pulse, active_low=False, seconds=15, feed=lambda: None):
        self._pin = pulse
        self._active_low = active_low
        self._seconds = seconds
        self._feed = feed
        self._values = config.defaults()
        idle = 1 if active_low else 0
        self._output = Pin(output, Pin.OUT, value=idle)
        self._rmt = None
        self._number = output
        self.disturbances = {}

    def wired(self):
        """Return whether the input follows the output."""
        pin = Pin(self._pin, Pin.IN)
        for level in (1, 0, 1, 0, 1 if self._active_low else 0):
            self._output.value(level)
            time.sleep_ms(2)
            if pin.value() != level:
                return False
        return True

    def run(self):
        """Test every rate; return a list of result dicts."""
        results = []
        self._rmt = esp32.RMT(
            0, pin=Pin(self._number), clock_div=_CLOCK_DIV, idle_level=self._active_low
        )
        for rate_hz in RATES_HZ:
            self._feed()
            results.append(asyncio.run(self._one(rate_hz)))
            asyncio.new_event_loop()
        try:
            os.remove(_FILE)
        except OSError:
            pass
        return results

    async def _one(self, rate_hz):
        metering, count, lag = self._build()
        pulses = rate_hz * self._seconds
        durations, levels = sequence(rate_hz, pulses, self._active_low)
        self.disturbances = {"gc": 0, "flash": 0, "wifi": 0, "wifi_error": None}
        lag.start()
        tasks = [
            asyncio.create_task(job)
            for job in (metering.run(), self._collect(), self._write(), self._scan())
        ]
        await asyncio.sleep(1)
        self._rmt.write_pulses(durations, levels)
        await asyncio.sleep(self._seconds)
        for _ in range(20):
            if self._rmt.wait_done():
                break
            await asyncio.sleep_ms(100)
        for task in tasks[1:]:
            task.cancel()
        await asyncio.sleep(_SETTLE_S)
        tasks[0].cancel()
        meter = metering.meter
        return {
            "rate_hz": rate_hz,
            "truth": pulses,
            "pcnt": None if count is None else count.total(),
            "handler_edges": meter.filter.edges,
            "handler_pulses": meter.filter.counts[1],
            "missed": meter.reconciler.missed,
            "register": meter.register.total,
            "rejected": {k: v for k, v in meter.filter.rejected().items() if v},
            "longest_stall_us": lag.take_longest_us(),
            "disturbances": dict(self.disturbances),
        }

    def _build(self):
        ring = EdgeRing()
        ticks = MonotonicClock(time.ticks_us(), time.ticks_ms(), clock.ticks_period())
        pulse_input = PulseInput(self._pin, self._active_low, ring)
        count = None
        if pulse_count.available():
            count = PulseCount(self._pin, self._active_low)
        lag = LoopLag(ring)
        metering = Metering(
            Meter(self._values, ring, ticks, count is not None),
            Supply(),
            ticks,
            pulse_input,
            count,
            # The lower LED is not tested: any input that exists will do.
            LedSense(self._pin, self._active_low),
            MainsSense(None, False),
            lag,
        )
        pulse_input.start()
        if count:
            count.start()
        return metering, count, lag

    async def _collect(self):
        while True:
            await asyncio.sleep_ms(330)
            gc.collect()
            self.disturbances["gc"] += 1

    async def _write(self):
        while True:
            await asyncio.sleep_ms(900)
            with open(_FILE, "wb") as file:
                file.write(bytes(6000))
            self.disturbances["flash"] += 1

    async def _scan(self):
        try:
            import network

            station = network.WLAN(network.STA_IF)
            station.active(True)
            while True:
                await asyncio.sleep_ms(2500)
                station.scan()
                self.disturbances["wifi"] += 1
        except (ImportError, AttributeError, OSError, RuntimeError) as error:
            self.disturbances["wifi_error"] = str(error)
