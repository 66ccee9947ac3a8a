"""The intervals as a subscriber has them: without repetitions they must sum to the register."""

from __future__ import annotations

from typing import Any

# What becomes known later, such as a date, may differ in a repetition; these may not.
_SAME = ("pulses", "total_pulses")


def distinct(intervals: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """The intervals without repetitions by id, in order; and what is wrong with repetitions."""
    seen: dict[str, dict[str, Any]] = {}
    faults = []
    for interval in intervals:
        first = seen.setdefault(interval["id"], interval)
        for name in _SAME:
            if first[name] != interval[name]:
                faults.append(
                    f"interval {interval['id']} came with {name} {first[name]}, then with "
                    f"{interval[name]}"
                )
    return list(seen.values()), faults


def check(intervals: list[dict[str, Any]], start: int = 0) -> tuple[int, int, list[str]]:
    """The total at the last interval's end, how many there are, and what breaks the chain.

    Args:
        intervals: as they arrived.
        start: pulses in the register before the first.
    """
    found, faults = distinct(intervals)
    total = start
    for interval in sorted(found, key=lambda one: one["total_pulses"]):
        before = interval["total_pulses"] - interval["pulses"]
        if before != total:
            faults.append(
                f"interval {interval['id']} begins at {before} pulses, the one before ended at "
                f"{total}"
            )
        total = interval["total_pulses"]
    return total, len(found), faults
