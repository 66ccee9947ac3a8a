"""The beat of the reader: edges to pulses to register, and the state of supply.

Failure model: whatever goes wrong elsewhere, this task goes on. It waits for nothing but
the clock, talks to no network and no flash, and holds no lock.
"""

import asyncio
import time

from core.snapshot import Snapshot

# Not a multiple of a lamp's flicker period: a beat in step with 100 Hz would meet the same
# phase of the light every time.
BEAT_MS = 47
# With pulses closer than this there is no quiet moment between them to speak of.
_QUIET_INTERVAL_US = 200000
# A pause longer than this by so much: somebody blocked the interpreter, by a look-up mostly.
_BLOCKED_MS = 1000


class Metering:
    """Runs the meter's straight line on a fixed beat.

    Args:
        meter: ``core.meter.Meter``.
        supply: ``core.supply.Supply``.
        clock: ``core.ticks.MonotonicClock`` shared with the meter.
        pulse_input, pulse_count, breaker_sense, mains_sense: drivers; the count may be None.
        lag: ``LoopLag``, or None.
        lit_time: ``LitTime``, or None.
        on_pulses: called with no argument after a beat that counted pulses.
        on_change: called with the supply's previous (state, fault, reconnect,
            seconds in that state) when one of them changes.
        demand: function that returns ``Demand.state()`` for snapshots, or None.
    """

    def __init__(
        self,
        meter,
        supply,
        clock,
        pulse_input,
        pulse_count,
        breaker_sense,
        mains_sense,
        lag=None,
        lit_time=None,
    ):
        self.meter = meter
        self.supply = supply
        self._clock = clock
        self._input = pulse_input
        self._count = pulse_count
        self._breaker = breaker_sense
        self._mains = mains_sense
        self._lag = lag
        self._lit_time = lit_time
        self.on_pulses = None
        self.on_change = None
        self.demand = None
        self.beats = 0

    async def run(self):
        """Beat for ever."""
        while True:
            self.beat()
            await asyncio.sleep_ms(BEAT_MS)

    def beat(self):
        """Take everything that happened since the last beat."""
        meter = self.meter
        if self._lag:
            self._lag.mark()
        rises = self._count.total() if self._count else None
        if self._lit_time:
            self._lit_time.look()
        now_us = self._clock.update(time.ticks_us(), time.ticks_ms())
        pulses = meter.drain()
        lit = self._input.lit()
        pulses += meter.tick(now_us, lit)
        # Only in the dark, and when the hardware count stood still meanwhile, do both
        # counts tell of the same light.
        if not lit and meter.settled() and (self._count is None or self._count.total() == rises):
            ticks = self._lit_time.take() if self._lit_time else None
            pulses += meter.audit(now_us, rises, ticks)
        meter.beat_done(now_us)
        self._sample_supply(now_us)
        self.beats += 1
        if pulses and self.on_pulses:
            self.on_pulses()

    def snapshot(self):
        """Return what is known now."""
        now_us = self._clock.update(time.ticks_us(), time.ticks_ms())
        demand = self.demand() if self.demand else None
        return Snapshot(self.meter, self.supply, now_us, self._mains.present(), demand)

    def uptime_s(self):
        """Return seconds since boot."""
        return self._clock.now_us // 1000000

    async def quiet(self, timeout_ms):
        """Wait for a moment in which no pulse is to be expected: right after one.

        Flash and garbage collection block the interrupt callbacks for tens of ms; started
        here they meet no edge. Gives up waiting after ``timeout_ms``. Where somebody else
        blocked meanwhile, all who are overdue for it go first: two who block one after the
        other would keep the watchdog from being fed.
        """
        meter = self.meter
        before_us = meter.last_pulse_us
        left = timeout_ms // BEAT_MS
        while left > 0:
            left -= 1
            before_ms = time.ticks_ms()
            await asyncio.sleep_ms(BEAT_MS)
            last_us = meter.last_pulse_us
            if time.ticks_diff(time.ticks_ms(), before_ms) > _BLOCKED_MS:
                left = max(left, 1)
                before_us = last_us
            if last_us != before_us:
                if before_us is None or last_us - before_us > _QUIET_INTERVAL_US:
                    return
                before_us = last_us

    def _sample_supply(self, now_us):
        supply = self.supply
        before = supply.state, supply.fault, supply.reconnect, (now_us - supply.since_us) // 1000000
        changed = supply.sample(
            now_us,
            self.meter.register.total,
            self._breaker.lit(),
            self._breaker.edges(),
            self._mains.present(),
            self.meter.filter.stuck_on(now_us),
        )
        if changed and self.on_change:
            self.on_change(*before)
