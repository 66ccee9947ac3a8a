"""The meter's two LEDs, as a comparator behind each photodiode sees them."""

from __future__ import annotations

import random

from .impairment import SECOND_US, bounce_times_us
from .pulse_clock import NEVER_US
from .resumable import Resumable


class UpperLed(Resumable):
    """One flash of `width_us` per pulse; each edge may bounce for up to `bounce_us`."""

    kept = ("next_us", "lit", "_rng", "_toggles_us", "_flash_end_us")

    def __init__(self, width_us: int, bounce_us: int, rng: random.Random) -> None:
        self.next_us = NEVER_US
        self.lit = False
        self._width_us = width_us
        self._bounce_us = bounce_us
        self._rng = rng
        self._toggles_us: list[int] = []
        self._flash_end_us = 0

    def flash(self, now_us: int) -> None:
        """A pulse begins. A flash still lit is prolonged: two overlapping lights are one."""
        already_lit = self._flash_end_us > now_us
        self._flash_end_us = now_us + self._width_us
        if already_lit:
            toggles_us = [] if self.lit else [now_us]
        else:
            # Half the flash at most, so that the bounce of a rise ends before the fall.
            window_us = min(self._bounce_us, self._width_us // 2)
            rise_us = [] if self.lit else [now_us]
            toggles_us = rise_us + bounce_times_us(self._rng, now_us, window_us)
        toggles_us.append(self._flash_end_us)
        toggles_us += bounce_times_us(self._rng, self._flash_end_us, self._bounce_us)
        self._toggles_us = toggles_us
        self.next_us = toggles_us[0]

    def step(self, now_us: int) -> None:
        """Toggles at `next_us` == `now_us`."""
        self._toggles_us.pop(0)
        self.lit = not self.lit
        self.next_us = self._toggles_us[0] if self._toggles_us else NEVER_US


class LowerLed(Resumable):
    """Lit while the breaker is open: steady, or blinking when the customer may reconnect."""

    STEADY_FIRST_US = 5 * SECOND_US
    BLINK_HALF_US = 1 * SECOND_US

    kept = ("next_us", "lit")

    def __init__(self) -> None:
        self.next_us = NEVER_US
        self.lit = False

    def show_open(self, now_us: int, blinking: bool) -> None:
        self.lit = True
        self.next_us = now_us + self.STEADY_FIRST_US if blinking else NEVER_US

    def dark(self) -> None:
        self.lit = False
        self.next_us = NEVER_US

    def step(self, now_us: int) -> None:
        """Blinks at `next_us` == `now_us`."""
        self.lit = not self.lit
        self.next_us = now_us + self.BLINK_HALF_US
