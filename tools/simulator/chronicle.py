"""The meter's truth over the last minutes, to lay beside what the reader says."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from .reader_status import ReaderStatus

# A pulse is counted by the meter when it begins and by the reader when it has ended
# and been validated; this much virtual time may lie between.
COUNTING_DELAY_US = 1_000_000
SPEED_WINDOW_WALL_S = 5.0
KEPT = 2_000


@dataclass(frozen=True)
class Sample:
    """One status of the meter, and the wall time at which it came."""

    wall_s: float
    t_us: int
    pulses: int
    power_w: int


class Chronicle:
    """Collects the meter's statuses."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=KEPT)
        self._booted_us: int | None = None
        self._speed_from_wall_s = 0.0

    def add(self, status: dict[str, Any]) -> None:
        now_wall_s = time.monotonic()
        sample = Sample(now_wall_s, status["t_us"], status["pulses"], status["power_w"])
        self._samples.append(sample)
        if status.get("event") == "reader_connected":
            self._booted_us = sample.t_us
            # World time jumps while the reader starts: that is not the machine's speed.
            self._speed_from_wall_s = now_wall_s

    @property
    def speed(self) -> float | None:
        """Virtual seconds per wall second of late; None while there is too little to tell."""
        if not self._samples:
            return None
        last = self._samples[-1]
        since_wall_s = max(self._speed_from_wall_s, last.wall_s - SPEED_WINDOW_WALL_S)
        first = next(sample for sample in self._samples if sample.wall_s >= since_wall_s)
        elapsed_s = last.wall_s - first.wall_s
        if elapsed_s < 1.0:
            return None
        return (last.t_us - first.t_us) / 1e6 / elapsed_s

    def reader_us(self, reader: ReaderStatus) -> int | None:
        """The virtual instant of a reader's status."""
        if self._booted_us is None or reader.uptime_us is None:
            return None
        return self._booted_us + reader.uptime_us

    def pulses_range(self, reader: ReaderStatus) -> tuple[int, int] | None:
        """The meter's count when the reader gave its status: between these two.

        The two processes are not asked at the same virtual instant, so the truth is only
        known to lie between the statuses just before and just after.
        """
        at_us = self.reader_us(reader)
        if at_us is None or not self._samples:
            return None
        lowest = highest = None
        for sample in reversed(self._samples):
            if sample.t_us >= at_us:
                highest = sample.pulses
            if sample.t_us <= at_us - COUNTING_DELAY_US:
                lowest = sample.pulses
                break
        if highest is None:
            highest = self._samples[-1].pulses
        if lowest is None:
            lowest = self._samples[0].pulses
        return lowest, highest

    def power_w(self, reader: ReaderStatus) -> int | None:
        """The true load when the reader gave its status."""
        at_us = self.reader_us(reader)
        if at_us is None:
            return None
        for sample in reversed(self._samples):
            if sample.t_us <= at_us:
                return sample.power_w
        return None
