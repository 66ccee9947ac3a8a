"""What one kind of fault came to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Tally:
    """`recovery_us`, `lost` are the worst of `count` faults, `lost_sum` is of all of them."""

    count: int = 0
    recovery_us: int = 0
    lost: int = 0
    lost_sum: int = 0

    def add(self, other: Tally) -> None:
        """Take the same kind's tally of another part in."""
        self.count += other.count
        self.recovery_us = max(self.recovery_us, other.recovery_us)
        self.lost = max(self.lost, other.lost)
        self.lost_sum += other.lost_sum
