"""The loads that the bench plays: a house's power as steps, in whole W and whole s."""

from __future__ import annotations

SECOND_US = 1_000_000

# (seconds, W). What each comes to is in tools/bench/scenario.py and the table.
Steps = list[tuple[int, int]]


def ramp(from_w: int, to_w: int, seconds: int, step_s: int = 10) -> Steps:
    """A ramp in steps of `step_s`; `seconds` is a multiple of it."""
    count = seconds // step_s
    return [(step_s, from_w + (to_w - from_w) * k // max(1, count - 1)) for k in range(count)]


def fridge(base_w: int, cycles: int) -> Steps:
    """A compressor over a base load: 30 s of starting, 8 min on, 12 min off."""
    return [(30, base_w + 500), (450, base_w + 90), (720, base_w)] * cycles


# 3.3 h, 6 668 pulses at 1000 imp/kWh: everything a reader finds hard, once.
STEPPED: Steps = [
    (600, 300),
    (900, 3_000),
    (1_200, 100),
    (900, 2_000),
    (900, 0),
    *ramp(500, 2_000, 600),
    (1_200, 11_000),
    (60, 69_000),
    (1_200, 650),
    (120, 2_000),
    (3_600, 3),
    (72, 510),
    (480, 100),
]

# The same without what pulses of 80 ms leave no room for: 22 kW are 164 ms.
STEPPED_22_KW: Steps = [(s, min(w, 22_000)) for s, w in STEPPED]

LOADS: dict[str, Steps] = {
    "stepped": STEPPED,
    "stepped_22_kw": STEPPED_22_KW,
    "steps": [(300, w) for w in (200, 3_000, 100, 2_000, 500, 5_000, 300, 1_000, 150, 8_000, 400)],
    "ramp": ramp(200, 9_000, 1_200) + ramp(9_000, 200, 1_200),
    "fridge": fridge(70, 6),
    "ev_11_kw": [(600, 400), (3_600, 11_400), (600, 400)],
    "standby_3_w": [(300, 2_000), (10_800, 3)],
    "zero": [(300, 2_000), (3_600, 0)],
    "main_fuse_69_kw": [(120, 11_000), (600, 69_000), (120, 11_000)],
}


def changes(steps: Steps) -> list[tuple[int, int]]:
    """Each change of power as (t_us, W), the first at 0."""
    found: list[tuple[int, int]] = []
    t_us = 0
    for seconds, power_w in steps:
        if not found or found[-1][1] != power_w:
            found.append((t_us, power_w))
        t_us += seconds * SECOND_US
    return found


def duration_us(steps: Steps) -> int:
    """How long the load lasts."""
    return sum(seconds for seconds, _ in steps) * SECOND_US
