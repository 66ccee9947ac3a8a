"""Turns power into the exact instants at which a whole pulse of energy has flowed."""

from __future__ import annotations

from .resumable import Resumable

# Later than any virtual time: some 146 000 years.
NEVER_US = 1 << 62
# One kWh in W·µs. One pulse is 1 kWh / imp_per_kwh; scaling the integral by
# imp_per_kwh instead of dividing here keeps every meter constant exact.
KWH_W_US = 3_600_000_000_000


class PulseClock(Resumable):
    """Integrates power in integers; `next_us` is the next pulse at the present power.

    A pulse falls on the first whole microsecond at which the integral reaches it.
    `imp_per_kwh`: 1 to 100 000.
    """

    kept = ("next_us", "_power_w", "_phase", "_phase_at_us")

    def __init__(self, imp_per_kwh: int, start_us: int, phase: int = 0) -> None:
        self.imp_per_kwh = imp_per_kwh
        self.next_us = NEVER_US
        self._power_w = 0
        # W·µs·imp/kWh since the last pulse; a pulse is due at KWH_W_US.
        self._phase = phase
        self._phase_at_us = start_us

    def set_power(self, now_us: int, power_w: int) -> None:
        """The load is `power_w` from `now_us` on; pulses due by then must be taken."""
        self._integrate(now_us)
        self._power_w = power_w
        self._schedule()

    def take_pulse(self, now_us: int) -> None:
        """The pulse due at `next_us` == `now_us` is given out."""
        self._integrate(now_us)
        self._phase -= KWH_W_US
        self._schedule()

    def _integrate(self, now_us: int) -> None:
        self._phase += self._power_w * self.imp_per_kwh * (now_us - self._phase_at_us)
        self._phase_at_us = now_us

    def _schedule(self) -> None:
        rate = self._power_w * self.imp_per_kwh
        if rate == 0:
            self.next_us = NEVER_US
        else:
            self.next_us = self._phase_at_us + -(-(KWH_W_US - self._phase) // rate)
