"""What the register may be: between which bounds it lacks pulses of the truth, and why.

The reader sees every pulse while it has power and Python runs. What it may lack is what fell
while it was off, and what it had not yet saved when it went off. Every observation narrows the
bounds; one outside of them is a violation, to the pulse wherever a few seconds without a pulse
came before.
"""

from __future__ import annotations

from collections.abc import Callable

# From a pulse to the register: its light, the debounce, two beats, the audit.
SETTLE_US = 3_000_000
# After the interpreter was blocked the audit waits for the pulses that follow.
SETTLE_BLOCKED_US = 120_000_000
# The longest time from a pulse to its save: storage.save_s, and the save itself.
SAVE_US = 11_000_000
# A reset that keeps RTC memory loses what is not in the register yet.
BEAT_US = 1_000_000
# From power to the first pulse that can be counted.
START_US = 3_000_000
# A pulse whose light still stands at power-on may be seen by its end.
LIT_US = 100_000
# The uptime counts from the first lines of the firmware, not from power-on.
UPTIME_US = 100_000

Pulses = Callable[[int], int]


class Ledger:
    """Bounds of how many pulses the register lacks.

    Args:
        pulses: function of a virtual instant that returns the true pulses begun by then.

    Attributes:
        least, most: pulses that the register lacks, at least and at most.
    """

    def __init__(self, pulses: Pulses) -> None:
        self._pulses = pulses
        self.least = 0
        self.most = 0
        self._blocked_until_us = -SETTLE_BLOCKED_US
        # The bounds before the last reset, and the pulses nobody could see since.
        self._before = (0, 0, 0)

    def blocked(self, until_us: int) -> None:
        """The interpreter stands still at times until then; pulses may be in doubt meanwhile."""
        self._blocked_until_us = until_us

    def reset(self, off_us: int, on_us: int, window_us: int) -> None:
        """The reader went off with `window_us` unsaved at most, and came on again."""
        unseen = self._between(off_us, on_us - LIT_US)
        self._before = (self.least, self.most, unseen)
        self.least += unseen
        self.most += self._between(off_us - window_us, on_us + START_US)

    def observe(self, t_us: int, register: int) -> str | None:
        """Take the register at a virtual instant; a text says what is wrong with it."""
        truth = self._pulses(t_us + UPTIME_US)
        if register > truth:
            return f"register {register} is above the truth, {truth}"
        most = truth - register
        settle_us = SETTLE_US
        if t_us < self._blocked_until_us + SETTLE_BLOCKED_US:
            settle_us += SETTLE_BLOCKED_US
        least = max(0, self._pulses(t_us - settle_us) - register)
        wrong = None
        if most < self.least:
            wrong = f"register {register} has {self.least - most} too many: {self._bounds(truth)}"
        elif least > self.most:
            wrong = f"register {register} lacks {least - self.most} too many: {self._bounds(truth)}"
        if wrong:
            # Said once, and believed from here on.
            self.least, self.most = least, most
            return wrong
        self.least = max(self.least, least)
        self.most = min(self.most, most)
        return None

    def lost(self) -> int:
        """Pulses lost at most in the last reset, those nobody could see left out."""
        least, _, unseen = self._before
        return max(0, self.most - least - unseen)

    def _between(self, from_us: int, to_us: int) -> int:
        return max(0, self._pulses(to_us) - self._pulses(max(0, from_us)))

    def _bounds(self, truth: int) -> str:
        return f"truth {truth}, of which it may lack {self.least} to {self.most}"
