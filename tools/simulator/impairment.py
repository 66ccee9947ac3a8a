"""What stands between the meter's LED and a clean signal: bounce, lamps, interference."""

from __future__ import annotations

import random

from .resumable import Resumable

SECOND_US = 1_000_000
MAX_BOUNCE_PAIRS = 3


def bounce_times_us(rng: random.Random, edge_us: int, window_us: int) -> list[int]:
    """0 to 6 extra transitions after an edge, all within (edge, edge + window].

    Their number is even, so the comparator ends on the level the edge gave it.
    """
    pairs = min(rng.randint(0, MAX_BOUNCE_PAIRS), window_us // 2)
    return sorted(rng.sample(range(edge_us + 1, edge_us + window_us + 1), 2 * pairs))


class Lamp(Resumable):
    """A mains lamp shining on the sensor: 100 flashes a second, in bursts of minutes.

    The flicker is deep enough for the comparator to see light for 4 to 6 ms of every
    10 ms. A lamp keeps its brightness through a burst; only a little jitter remains.
    """

    PERIOD_US = 10_000
    BURST_S = (60, 180)
    PAUSE_S = (60, 180)
    STEADY_LIT_US = (4_200, 5_800)
    JITTER_US = 200

    kept = ("next_us", "lit", "_rng", "_flash_us", "_burst_end_us", "_steady_lit_us")

    def __init__(self, rng: random.Random, start_us: int) -> None:
        self.next_us = start_us
        self.lit = False
        self._rng = rng
        self._flash_us = start_us
        self._burst_end_us = start_us
        self._steady_lit_us = 0

    def step(self, now_us: int) -> None:
        """Switches at `next_us` == `now_us` and sets the next instant."""
        if self.lit:
            self.lit = False
            self.next_us = self._flash_us + self.PERIOD_US
            if self.next_us >= self._burst_end_us:
                self.next_us += self._rng.randint(*self.PAUSE_S) * SECOND_US
            return
        if now_us >= self._burst_end_us:
            self._burst_end_us = now_us + self._rng.randint(*self.BURST_S) * SECOND_US
            self._steady_lit_us = self._rng.randint(*self.STEADY_LIT_US)
        self.lit = True
        self._flash_us = now_us
        jitter_us = self._rng.randint(-self.JITTER_US, self.JITTER_US)
        self.next_us = now_us + self._steady_lit_us + jitter_us


class Spikes(Resumable):
    """Interference that inverts the signal for 5 to 200 µs, at random instants.

    `rate_per_s`: mean number a second, above 0.
    """

    WIDTH_US = (5, 200)

    kept = ("next_us", "active", "_rng")

    def __init__(self, rng: random.Random, start_us: int, rate_per_s: float) -> None:
        self.active = False
        self._rng = rng
        self._rate_per_s = rate_per_s
        self.next_us = start_us + self._gap_us()

    def step(self, now_us: int) -> None:
        """Begins or ends a spike at `next_us` == `now_us`."""
        self.active = not self.active
        gap_us = self._rng.randint(*self.WIDTH_US) if self.active else self._gap_us()
        self.next_us = now_us + gap_us

    def _gap_us(self) -> int:
        return max(1, round(self._rng.expovariate(self._rate_per_s) * SECOND_US))
