"""What the firmware is meant to reach in each scenario, and whether it did.

Every verdict is made of the run's own measures. *At the limit*: the target is missed by the
ideal counter as well, and the firmware is no worse than it, so more is not in the light.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from .match import ORACLE, OURS, Result

MET, LIMIT, MISSED = "met", "limit", "**missed**"
# With every impairment at once pulses may be missed, but none invented.
SHARE_MISSED_PERCENT = 0.05
# An error of so much of ESPHome's.
SHARE = 1 / 3
# Judging takes the pulse's light and a beat or two; steps may be seen so much later.
LATER_S = 1.0
STANDBY_SHARE = 0.1
# What a beat of 47 ms and a sample of 0.1 s may make of the ideal counter's own error.
LIMIT_SHARE = 1.02
BELOW = "ESPHome below the ideal at"
HEADER = ("scenario", "count", "RMS ≤ ⅓", "p95 ≤ ⅓", "step down", "zero", "3 W ± 10 %")


@dataclass(frozen=True)
class Verdict:
    """One target's verdict, with what it was judged by; `word` is empty without such a step."""

    word: str = ""
    why: str = ""

    def __str__(self) -> str:
        return f"{self.word} {self.why}".strip() or "–"


def verdicts(result: Result) -> list[Verdict]:
    """The verdicts of a scenario, in the order of `HEADER` from the second on."""
    ours, ideal = result.measures[OURS], result.measures[ORACLE]
    best = result.measures[result.best_esphome()]
    return [
        count(result),
        third(ours.rms_percent, best.rms_percent, ideal.rms_percent),
        third(ours.p95_percent, best.p95_percent, ideal.p95_percent),
        seen(ours.down_s, ideal.down_s),
        seen(ours.zero_s, ideal.zero_s),
        standby(ours.standby_w),
    ]


def count(result: Result) -> Verdict:
    """None off where every edge is there; with all impairments none too many, few missed."""
    ours = result.measures[OURS]
    least = 0.0 if result.scenario.visible else -SHARE_MISSED_PERCENT
    if least <= ours.count_error_percent <= 0:
        return Verdict(MET, "" if ours.count_error == 0 else f"({ours.count_error:+d})")
    return Verdict(MISSED, f"({ours.count_error:+d})")


def third(ours: float, best: float, ideal: float) -> Verdict:
    """An error against a third of ESPHome's best setting."""
    if ours <= SHARE * best:
        return Verdict(MET)
    why = f"⅓ is {number(SHARE * best)}, ideal {number(ideal)}, ours {number(ours)}"
    if ideal > SHARE * best and ours <= LIMIT_SHARE * ideal:
        # The ideal counter shows what the light admits; what is nearer to the truth guesses.
        if LIMIT_SHARE * best < ideal:
            return Verdict(LIMIT, f"({why}, {BELOW} {number(best)})")
        return Verdict(LIMIT, f"({why})")
    return Verdict(MISSED, f"({why})")


def seen(ours_s: float | None, ideal_s: float | None) -> Verdict:
    """When a fall is seen against when it can be known."""
    if ours_s is None or ideal_s is None:
        return Verdict()
    if math.isinf(ideal_s):
        return Verdict(LIMIT, "(the load ends before it can be known)")
    word = MET if ours_s <= ideal_s + LATER_S else MISSED
    return Verdict(word, f"({ours_s:.1f} s, bound {ideal_s:.1f} s)")


def standby(shown_w: tuple[float, float] | None) -> Verdict:
    """What was shown at 3 W once two pulses of it had been seen."""
    if shown_w is None:
        return Verdict()
    least_w, most_w = shown_w
    good = least_w >= 3 * (1 - STANDBY_SHARE) and most_w <= 3 * (1 + STANDBY_SHARE)
    return Verdict(MET if good else MISSED, f"({least_w:.2f} to {most_w:.2f} W)")


def number(value: float) -> str:
    """Three digits at least, six decimals at most, so that ratios can be followed."""
    if value == 0:
        return "0"
    decimals = 2 - math.floor(math.log10(abs(value)))
    return f"{value:.{max(0, min(6, decimals))}f}"


def rows(results: list[Result]) -> list[list[str]]:
    """One row per scenario."""
    return [[r.scenario.name, *map(str, verdicts(r))] for r in results]


def conclusion(seed: int, results: list[Result]) -> str:
    """One sentence on a whole run."""
    found = [v for r in results for v in verdicts(r) if v.word]
    words = Counter(v.word for v in found)
    below = sum(BELOW in v.why for v in found)
    aside = f" (ESPHome below it in {below})" if below else ""
    visible = [r for r in results if r.scenario.visible]
    exact = sum(r.measures[OURS].count_error == 0 for r in visible)
    rest = "; ".join(
        f"{r.scenario.name} {r.measures[OURS].count_error:+d} of {r.pulses}"
        for r in results
        if not r.scenario.visible
    )
    return (
        f"Seed {seed}: {words[MET]} targets met, {words[LIMIT]} at the limit of what the light "
        f"tells{aside}, {words[MISSED]} missed; the count is exact in {exact} of {len(visible)} "
        f"scenarios with every edge in sight; {rest or 'no other'}."
    )
