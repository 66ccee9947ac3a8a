"""What the photodiodes see, sample by sample, and what is learnt from it."""

import time

from core.aim import LowerAim, UpperAim
from core.width_learner import LEARNING, WidthLearner


class Sight:
    """Takes samples and judges them.

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
        self._flash_us = None

    def body(self):
        """Return the body of ``/api/v1/aim``."""
        return {
            "upper": self._upper.report(),
            "lower": self._lower.report(),
            "learn": self._learner.report(),
        }

    def learn(self):
        """Begin to learn the pulse width; return how it stands."""
        self._learner.start()
        return self._learner.report()

    def learning(self):
        """Return whether more flashes are wanted."""
        return self._learner.state == LEARNING

    def sample(self):
        """Look once."""
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
