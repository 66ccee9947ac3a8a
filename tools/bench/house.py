"""Four weeks of a real house, with every impairment, three power cuts and a bad night."""

from __future__ import annotations

import json
import random
import shutil
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from pathlib import Path

from tools.simulator.impairment import Lamp
from tools.simulator.profile import MINUTE_US, load_profile
from tools.simulator.pulse_clock import KWH_W_US

from . import trace
from .match import LESSON, MICROPYTHON, run
from .scenario import Impairment

PROFILE = Path(__file__).parent / "data" / "household_2007-02.csv.gz"
HOUSE_RUN = Path(__file__).parent / "board" / "house_run.py"
WIDTH_US = 30_000
HOUR_US = 3_600_000_000
# Meter and reader are without power for so long; the house's month goes on afterwards.
OFF_US = 300_000_000
# The register is saved 10 s after the pulse at the latest; a cut this long after the last
# pulse costs none, one right after a pulse costs those of 10 s at most.
AFTER_PULSE_US = 11_000_000
IMPAIRMENT = Impairment(
    bounce_us=2_000,
    lamp=True,
    emi_per_s=0.2,
    # Garbage collection every 10 s, a name look-up of a second every hour; flash blocks
    # by itself, at each save.
    stalls_us=((10_000_000, 40_000), (3_600_000_000, 1_000_000)),
    drop_per_million=100,
)
# While the network is away a name look-up blocks for a second each minute.
NIGHT_HOURS = (22, 30)
NIGHT_DAY = 10
# Two readers, half a month each, side by side: the days' pulses add up all the same.
# (first day, days, days with a power cut, counted from the first)
HALVES = ((0, 14, (6,)), (14, 14, (4, 11)))
LOOKUP_US = (60_000_000, 1_000_000)


class HallLamp(Lamp):
    """A lamp that is switched on two or three times a day, for half a minute."""

    BURST_S = (20, 40)
    PAUSE_S = (25_000, 45_000)


@dataclass(frozen=True)
class House:
    """What the reader made of the month."""

    days: int
    edges: int
    pulses: int
    counted: int
    lost_by_cuts: list[int]
    hours: int
    hours_exact: int
    worst_hour: int
    peak_hour_true: int
    peak_hour: int
    counters: dict


def live(work: Path, seed: int, first_day: int, days: int, cut_days: tuple[int, ...]) -> House:
    """Play some days of the month to a reader; power is cut in the small hours of some."""
    name = f"house-{seed}-{first_day}"
    month_w = load_profile(str(PROFILE)).minute_powers_w
    powers_w = month_w[first_day * 1440 : (first_day + days) * 1440]
    # Energy of the days before that has not made a whole pulse.
    before = sum(month_w[: first_day * 1440]) * MINUTE_US * trace.IMP_PER_KWH
    phase = before % KWH_W_US
    load, cuts = _load(powers_w, cut_days, phase)
    path = work / f"{name}.trace"
    pulses_us: list[int] = []
    seed += first_day
    lamp = HallLamp(random.Random(f"{seed} lamp"), trace.LEAD_US + HOUR_US)
    edges = 0

    def counted():
        nonlocal edges
        for edge in trace.play(load, WIDTH_US, IMPAIRMENT, lamp, seed, pulses_us, phase):
            edges += 1
            yield edge

    trace.write(path, counted())
    lesson = path.with_suffix(".lesson")
    light = Impairment(bounce_us=IMPAIRMENT.bounce_us, emi_per_s=IMPAIRMENT.emi_per_s)
    trace.write(lesson, trace.generate(LESSON, WIDTH_US, light, seed + 1)[0])
    state_dir = work / f"{name}-state"
    shutil.rmtree(state_dir, ignore_errors=True)
    state_dir.mkdir(parents=True)
    end_us = load[-1][0]
    marks = [trace.LEAD_US + hour * HOUR_US for hour in range(1, (end_us // HOUR_US) + 1)]
    night = [trace.LEAD_US + (NIGHT_DAY * 24 + hour) * HOUR_US for hour in NIGHT_HOURS]
    job = {
        "trace": str(path),
        "lesson": str(lesson),
        "state_dir": str(state_dir),
        "end_us": end_us + 5_000_000,
        "stalls_us": IMPAIRMENT.stalls_us,
        "drop_per_million": IMPAIRMENT.drop_per_million,
        "settings": {},
        "cuts": cuts,
        "marks": marks,
        "night": [*night, *LOOKUP_US],
    }
    job_path = path.with_suffix(".job")
    job_path.write_text(json.dumps(job))
    counters = json.loads(run([str(MICROPYTHON), str(HOUSE_RUN), str(job_path)]))
    path.unlink()
    true = [bisect_right(pulses_us, mark_us) for mark_us in marks]
    readings = counters.pop("readings")
    true_hours = _differences(true)
    hours = _differences(readings)
    errors = [abs(a - b) for a, b in zip(hours, true_hours, strict=True)]
    return House(
        days=days,
        edges=edges,
        pulses=len(pulses_us),
        counted=counters.pop("pulses"),
        lost_by_cuts=counters.pop("lost_by_cuts"),
        hours=len(hours),
        hours_exact=errors.count(0),
        worst_hour=max(errors),
        peak_hour_true=max(true_hours),
        peak_hour=max(hours),
        counters=counters,
    )


def together(parts: list[House]) -> House:
    """The month of its parts."""
    return House(
        days=sum(part.days for part in parts),
        edges=sum(part.edges for part in parts),
        pulses=sum(part.pulses for part in parts),
        counted=sum(part.counted for part in parts),
        lost_by_cuts=[lost for part in parts for lost in part.lost_by_cuts],
        hours=sum(part.hours for part in parts),
        hours_exact=sum(part.hours_exact for part in parts),
        worst_hour=max(part.worst_hour for part in parts),
        peak_hour_true=max(part.peak_hour_true for part in parts),
        peak_hour=max(part.peak_hour for part in parts),
        counters={name: sum(part.counters[name] for part in parts) for name in parts[0].counters},
    )


def _differences(readings: list[int]) -> list[int]:
    return [b - a for a, b in zip([0, *readings], readings, strict=False)]


def _load(
    powers_w: tuple[int, ...], cut_days: tuple[int, ...], phase: int
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The days as changes of power, with power cuts in them, in the small hours."""
    plain = [(trace.LEAD_US + k * MINUTE_US, power_w) for k, power_w in enumerate(powers_w)]
    plain.append((trace.LEAD_US + len(powers_w) * MINUTE_US, 0))
    cuts: list[tuple[int, int]] = []
    for day in cut_days:
        # Times move by the cuts before; a cut moves everything after it.
        pulses_us: list[int] = []
        for _ in trace.play(plain, 2_000, Impairment(), None, 0, pulses_us, phase):
            pass
        at = bisect_left(pulses_us, (day * 24 + 3) * HOUR_US)
        while pulses_us[at + 1] - pulses_us[at] < AFTER_PULSE_US + 1_000_000:
            at += 1
        off_us = pulses_us[at] + AFTER_PULSE_US
        cut = bisect_right(plain, (off_us, 1 << 30))
        power_w = plain[cut - 1][1]
        after = [(t_us + OFF_US, w) for t_us, w in plain[cut:]]
        plain = [*plain[:cut], (off_us, 0), (off_us + OFF_US, power_w), *after]
        cuts.append((off_us, off_us + OFF_US - 1_000_000))
    return plain, cuts
