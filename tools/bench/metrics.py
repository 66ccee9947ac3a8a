"""How far what a reader showed is from what was so."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from dataclasses import dataclass

from .trace import Truth

TENTH_US = 100_000
SECOND_US = 1_000_000
# Errors are relative to the true power, or to this where it is less: 50 W shown at 3 W
# are 47 %, and not 1 600 %.
FLOOR_W = 100
# A step is seen when the value is this close to the new power; zero, when below 5 W.
UP_SHARE = 0.9
DOWN_SHARE = 1.2
ZERO_W = 5.0
STANDBY_W = 3
# From the start of a pulse to its being shown: its light, a beat, the audit.
SHOWN_AFTER_US = 2_000_000

Sample = tuple[int, float, int]  # (tenth of a second, W, pulses)


class SamplesError(ValueError):
    """What a reader printed cannot be read."""


def parse_samples(text: str) -> list[Sample]:
    """Read lines of `tenth power_mw pulses`; "-" is no power yet, counted as 0 W."""
    samples: list[Sample] = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            tenth, power_mw, pulses = line.split()
            power_w = 0.0 if power_mw == "-" else int(power_mw) / 1000
            sample = (int(tenth), power_w, int(pulses))
        except ValueError as error:
            raise SamplesError(f"line {number}: {line[:40]!r}: {error}") from error
        if samples and sample[0] <= samples[-1][0]:
            raise SamplesError(f"line {number}: {sample[0]} is not later than {samples[-1][0]}")
        samples.append(sample)
    if not samples:
        raise SamplesError("no samples")
    return samples


@dataclass(frozen=True)
class Measures:
    """What the table shows; None where a trace has no such step, inf where never seen."""

    count_error: int
    count_error_percent: float
    rms_percent: float
    p95_percent: float
    up_s: float | None
    down_s: float | None
    zero_s: float | None
    energy_error_percent: float
    # The mean shown in the last ten minutes.
    last_w: float
    # The least and the most shown at 3 W once two of its pulses had been seen.
    standby_w: tuple[float, float] | None = None


def power_at(samples: list[Sample], tenth: int) -> float:
    """What was shown at a tenth of a second, 0 before anything was."""
    at = bisect_right(samples, (tenth, math.inf, 0)) - 1
    return samples[at][1] if at >= 0 else 0.0


def true_power_w(truth: Truth, t_us: int) -> int:
    """The true power at a time."""
    at = bisect_right(truth.load, (t_us, math.inf)) - 1
    return truth.load[at][1] if at >= 0 and t_us < truth.duration_us else 0


def per_second(samples: list[Sample], truth: Truth) -> tuple[list[float], list[int]]:
    """Shown and true power, W, at every whole second of the load."""
    seconds = range(truth.load[0][0] // SECOND_US, truth.duration_us // SECOND_US)
    shown = [power_at(samples, second * 10) for second in seconds]
    true = [true_power_w(truth, second * SECOND_US) for second in seconds]
    return shown, true


def measure(samples: list[Sample], truth: Truth) -> Measures:
    """Compare one reader's samples with the truth."""
    shown, true = per_second(samples, truth)
    errors = [
        abs(shown_w - true_w) / max(true_w, FLOOR_W)
        for shown_w, true_w in zip(shown, true, strict=True)
    ]
    rms = math.sqrt(sum(error * error for error in errors) / len(errors))
    p95 = sorted(errors)[min(len(errors) - 1, len(errors) * 95 // 100)]
    count = samples[-1][2] - truth.pulses
    energy_wh = sum(shown) / 3600
    true_wh = truth.pulses * 1000 / truth.imp_per_kwh
    return Measures(
        count_error=count,
        count_error_percent=100 * count / truth.pulses,
        rms_percent=100 * rms,
        p95_percent=100 * p95,
        up_s=_seen(samples, truth, "up"),
        down_s=_seen(samples, truth, "down"),
        zero_s=_seen(samples, truth, "zero"),
        energy_error_percent=100 * (energy_wh - true_wh) / true_wh,
        last_w=sum(shown[-600:]) / len(shown[-600:]),
        standby_w=_standby(samples, truth),
    )


def first_step(truth: Truth, kind: str) -> tuple[int, int, int] | None:
    """The first step of a kind as (t_us, W, until_us): to twice, to half or less, to zero."""
    load = [*truth.load, (truth.duration_us, -1)]
    for (_, before_w), (t_us, power_w), (until_us, _) in zip(
        load, load[1:], load[2:], strict=False
    ):
        if (
            (kind == "zero" and power_w == 0)
            or (kind == "up" and before_w > 0 and power_w >= 2 * before_w)
            or (kind == "down" and 0 < power_w <= before_w / 2)
        ):
            return t_us, power_w, until_us
    return None


def _standby(samples: list[Sample], truth: Truth) -> tuple[float, float] | None:
    """The least and most shown from the second pulse of the first 3 W on; None without."""
    load = [*truth.load, (truth.duration_us, -1)]
    for (from_us, power_w), (until_us, _) in itertools.pairwise(load):
        pulses_us = [t_us for t_us in truth.pulses_us if from_us <= t_us < until_us]
        if power_w != STANDBY_W or len(pulses_us) < 2:
            continue
        start = (pulses_us[1] + SHOWN_AFTER_US) // TENTH_US
        shown = [power_at(samples, tenth) for tenth in range(start, until_us // TENTH_US, 10)]
        return (min(shown), max(shown)) if shown else None
    return None


def _seen(samples: list[Sample], truth: Truth, kind: str) -> float | None:
    """Seconds until a step was seen, to stay seen for a second; inf if it never was."""
    step = first_step(truth, kind)
    if step is None:
        return None
    t_us, power_w, until_us = step
    start = -(-t_us // TENTH_US)
    run = 0
    for tenth in range(start, until_us // TENTH_US):
        shown_w = power_at(samples, tenth)
        if kind == "up":
            seen = power_w * UP_SHARE <= shown_w <= power_w / UP_SHARE
        elif kind == "down":
            seen = shown_w <= power_w * DOWN_SHARE
        else:
            seen = shown_w < ZERO_W
        run = run + 1 if seen else 0
        if run == 10:
            return (tenth - 9) / 10 - t_us / SECOND_US
    return math.inf
