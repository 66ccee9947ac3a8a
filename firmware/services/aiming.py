"""Watch the photodiodes closely while someone aims them."""

import asyncio
import time

from core.aim import LowerAim, UpperAim
from core.width_learner import LEARNING, WidthLearner

_SAMPLE_MS = 23
_IDLE_MS = 500
# Nobody has asked for so long: nobody is looking.
_LOOKING_MS = 60000


class Aiming:
    """Samples while it is looked at.

    Args:
        metering: ``services.metering.Metering``.
        upper_lit, lower_lit: functions that tell whether there is light now.
    """

    def __init__(self, metering, upper_lit, lower_lit):
        self._metering = metering
        self._upper_lit = upper_lit
        self._lower_lit = lower_lit
        self._upper = UpperAim()
        self._lower = LowerAim()
        self._learner = WidthLearner()
        self._asked_ms = None
        self._flash_us = None

    def body(self):
        """Return the body of ``/api/v1/aim``, and go on sampling for a minute."""
        self._asked_ms = time.ticks_ms()
        return {
            "upper": self._upper.report(),
            "lower": self._lower.report(),
            "learn": self._learner.report(),
        }

    def learn(self):
        """Begin to learn the pulse width; return how it stands."""
        self._learner.start()
        self._asked_ms = time.ticks_ms()
        return self._learner.report()

    async def run(self):
        """Sample for ever, while someone looks or something is learnt."""
        while True:
            asked_ms = self._asked_ms
            looking = asked_ms is not None and (
                time.ticks_diff(time.ticks_ms(), asked_ms) < _LOOKING_MS
            )
            if looking or self._learner.state == LEARNING:
                self._sample()
                await asyncio.sleep_ms(_SAMPLE_MS)
            else:
                self._asked_ms = None
                await asyncio.sleep_ms(_IDLE_MS)

    def _sample(self):
        meter = self._metering.meter
        pulses = meter.filter
        now_us = meter.clock.update(time.ticks_us(), time.ticks_ms())
        self._upper.sample(
            now_us,
            self._upper_lit(),
            pulses.counts,
            meter.last_pulse_us,
            pulses.pulse_width_us,
            pulses.stuck_on(now_us),
        )
        self._lower.sample(now_us, self._lower_lit(), self._metering.supply.fault)
        if pulses.start_us != self._flash_us:
            if self._flash_us is not None:
                self._learner.add(pulses.start_us, pulses.width_us)
            self._flash_us = pulses.start_us
