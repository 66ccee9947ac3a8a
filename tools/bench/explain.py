"""Say of each pulse that was missed, or counted and never there, what was going on.

What the reader counted is told by its log (`board/witness.py`), what there was by the trace's
truth, and lamp and spikes are drawn once more. A pulse counted is that of the light at its
time; what the audit adds is the earliest of those still wanted. What is left over on either
side is told here.
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path

from tools.board.stored_config import core
from tools.simulator.impairment import Lamp, Spikes

from .trace import LEAD_US

FLICKER = "judged flicker"
# A lamp's flash, and a spike before it, bring a pulse's start forward; a block delays it.
NEAR_US = 16_000
LATE_US = 1_200_000
# The audit may wait for the period behind a gap.
WAITED_PULSES = 40
# What the lit time tells is known so soon.
LIT_US = 1_500_000
# What lies so near a pulse may have been taken for part of it.
AROUND_US = 20_000
# Candidates are told so long before and after.
TOLD_US = 250_000
STEP_PERIODS = 4
Span = tuple[int, int]  # (from_us, to_us)


@dataclass
class Light:
    """What was there: the pulses, and what stood between them and the reader."""

    pulses_us: list[int]
    width_us: int
    load: list[tuple[int, int]]
    bursts: list[Span] = field(default_factory=list)
    spikes: list[Span] = field(default_factory=list)
    off: list[Span] = field(default_factory=list)


@dataclass
class Log:
    """What the reader did with it, from `board/witness.py`."""

    blocks: list[Span] = field(default_factory=list)
    lost_us: list[int] = field(default_factory=list)
    # (start_us, late, now_us), and (from_us, now_us) for each pulse that the audit added.
    accepted: list[tuple[int, int, int]] = field(default_factory=list)
    added: list[Span] = field(default_factory=list)


@dataclass(frozen=True)
class Finding:
    """One pulse missed, or counted and never there.

    `at_us`: when its light began, or is said to have begun; `counted_us`: when it was
    counted; `how`: `accepted` or `audit` of what was counted.
    """

    kind: str
    at_us: int
    counted_us: int | None = None
    how: str = ""


def lamp_bursts(lamp: Lamp, end_us: int) -> list[Span]:
    """The bursts of a lamp that was never stepped, up to a time."""
    bursts: list[Span] = []
    while lamp.next_us < end_us:
        now_us = lamp.next_us
        begins = not lamp.lit and (not bursts or now_us - bursts[-1][1] > Lamp.PERIOD_US)
        lamp.step(now_us)
        if begins:
            bursts.append((now_us, now_us))
        elif not lamp.lit:
            bursts[-1] = (bursts[-1][0], now_us)
    return bursts


def emi_spikes(seed: int, rate_per_s: float, end_us: int) -> list[Span]:
    """The spikes that `trace.play` draws, up to a time."""
    if not rate_per_s:
        return []
    source = Spikes(random.Random(f"{seed} emi"), LEAD_US, rate_per_s)
    spikes: list[Span] = []
    while source.next_us < end_us:
        from_us = source.next_us
        source.step(from_us)
        spikes.append((from_us, source.next_us))
        source.step(source.next_us)
    return spikes


def read(path: Path) -> Log:
    """The log but for its candidates, which are too many to keep."""
    log = Log()
    with path.open() as lines:
        for line in lines:
            kind = line[0]
            if kind in "vg":
                continue
            numbers = [int(number) for number in line.split()[1:]]
            if kind == "b":
                log.blocks.append((numbers[0], numbers[1]))
            elif kind == "d":
                log.lost_us.append(numbers[0])
            elif kind == "p":
                log.accepted.append((numbers[0], numbers[1], numbers[2]))
            elif kind == "a":
                log.added += [(numbers[0], numbers[1])] * numbers[2]
    return log


def match(pulses_us: list[int], log: Log) -> tuple[list[Finding], list[Finding]]:
    """Return (what is left over on either side in time order, what belongs together)."""
    wanted = list(pulses_us)
    paired: list[Finding] = []

    def take(from_us: int, to_us: int, near_us: int) -> int | None:
        """The pulse wanted nearest to a time, between two others."""
        at = bisect_left(wanted, from_us)
        best = None
        while at < len(wanted) and wanted[at] <= to_us:
            if best is None or abs(wanted[at] - near_us) < abs(wanted[best] - near_us):
                best = at
            at += 1
        return None if best is None else wanted.pop(best)

    def pair(rest: list[tuple[int, int, int]], before_us: int, after_us: int) -> list:
        left = []
        for start_us, late, now_us in rest:
            at_us = take(start_us - before_us, start_us + after_us, start_us)
            if at_us is None:
                left.append((start_us, late, now_us))
            else:
                paired.append(Finding("counted", at_us, now_us, "accepted"))
        return left

    # `wanted` shrinks from its front where all is well: backwards that costs nothing.
    rest = pair(list(reversed(log.accepted)), NEAR_US, NEAR_US)
    rest = pair(list(reversed(rest)), LATE_US, NEAR_US)
    findings = [Finding("added", start_us, now_us, "accepted") for start_us, _, now_us in rest]
    for from_us, now_us in log.added:
        known = bisect_right(pulses_us, now_us)
        since_us = pulses_us[max(0, known - WAITED_PULSES)] if pulses_us else 0
        # By the light, of a while ago; by the period, some pulses later.
        at = bisect_left(wanted, from_us - LIT_US)
        if at == len(wanted) or wanted[at] > now_us:
            at = bisect_left(wanted, min(since_us, from_us))
        if at < len(wanted) and wanted[at] <= now_us:
            paired.append(Finding("counted", wanted.pop(at), now_us, "audit"))
        else:
            findings.append(Finding("added", from_us, now_us, "audit"))
    findings += [Finding("missed", t_us) for t_us in wanted]
    return sorted(findings, key=lambda f: f.at_us), sorted(paired, key=lambda f: f.at_us)


class Explainer:
    """Words for what was going on at findings; `path` is the log's."""

    def __init__(self, light: Light, log: Log, path: Path) -> None:
        self.light = light
        self.log = log
        self._path = path
        self._loads_us = [t_us for t_us, _ in light.load]

    def tell(self, findings: list[Finding]) -> Iterator[str]:
        """Some lines on each finding, and how many there were of each kind."""
        told = self._candidates([self._window(f) for f in findings])
        kinds: Counter[str] = Counter()
        for finding, candidates in zip(findings, told, strict=True):
            lines, causes = self._around(finding)
            candidates = _shortened(candidates)
            kinds[f"{finding.kind}: {' + '.join(causes) or 'nothing of all that'}"] += 1
            yield self._head(finding)
            yield from (f"    {line}" for line in [*lines, *candidates])
        for kind, count in kinds.most_common():
            yield f"{count} × {kind}"

    def _head(self, finding: Finding) -> str:
        head = f"{finding.kind} at {_s(finding.at_us)}"
        if finding.kind == "missed":
            head += f", pulse {bisect_left(self.light.pulses_us, finding.at_us)}"
        if finding.how:
            head += f", by {finding.how}, counted at {_s(finding.counted_us or 0)}"
        return head

    def _span(self, finding: Finding) -> Span:
        """The light in question."""
        if finding.how == "audit" and finding.counted_us:
            return finding.at_us, finding.counted_us
        return finding.at_us, finding.at_us + self.light.width_us

    def _window(self, finding: Finding) -> Span:
        """The time to tell of, with the block that it lies in."""
        from_us, to_us = self._span(finding)
        for block in _meeting(self.log.blocks, from_us, to_us):
            from_us, to_us = min(from_us, block[0]), max(to_us, block[1])
        return from_us - TOLD_US, to_us + TOLD_US

    def _around(self, finding: Finding) -> tuple[list[str], list[str]]:
        from_us, to_us = self._span(finding)
        causes: list[str] = []
        lines = [self._load(finding, causes)]
        light, log = self.light, self.log
        for block in _meeting(log.blocks, from_us, to_us):
            causes.append(f"block {(block[1] - block[0]) // 1000} ms")
            lines.append(f"blocked {_s(block[0])} to {_s(block[1])}")
            from_us, to_us = min(from_us, block[0]), max(to_us, block[1])
        for burst in _meeting(light.bursts, from_us, to_us):
            causes.append("lamp")
            lines.append(f"lamp light {_s(burst[0])} to {_s(burst[1])}")
        spikes = _meeting(light.spikes, from_us - AROUND_US, to_us + AROUND_US)
        if spikes:
            causes.append("spike")
            shown = ", ".join(f"{_s(a)} ({b - a} us)" for a, b in spikes[:8])
            lines.append(f"{len(spikes)} spikes: {shown}")
        lost = _between(log.lost_us, from_us - AROUND_US, to_us + AROUND_US)
        if lost:
            causes.append("callbacks lost")
            lines.append(f"{len(lost)} callbacks lost: {', '.join(map(_s, lost[:8]))}")
        for off in _meeting(light.off, from_us, to_us):
            causes.append("power cut")
            lines.append(f"no power {_s(off[0])} to {_s(off[1])}")
        others = _between(light.pulses_us, *self._window(finding))
        if others:
            lines.append(f"pulses: {', '.join(map(_s, others[:12]))}")
        return lines, list(dict.fromkeys(causes))

    def _load(self, finding: Finding, causes: list[str]) -> str:
        load = self.light.load
        at = max(0, bisect_right(self._loads_us, finding.at_us) - 1)
        power_w = load[at][1]
        period_us = 3_600_000_000 // power_w if power_w else 0
        text = f"load {power_w} W, a pulse every {period_us / 1e6:.3f} s"
        near_us = STEP_PERIODS * period_us
        if at and finding.at_us - load[at][0] < near_us and load[at - 1][1] != power_w:
            causes.append("load step")
            text += f"; {load[at - 1][1]} W until {_s(load[at][0])}"
        if at + 1 < len(load) and load[at + 1][0] - finding.at_us < near_us:
            causes.append("load step")
            text += f"; {load[at + 1][1]} W from {_s(load[at + 1][0])}"
        return text

    def _candidates(self, windows: list[Span]) -> list[list[str]]:
        """What was judged and added within each window."""
        told: list[list[str]] = [[] for _ in windows]
        if not windows:
            return told
        # In order of their ends, for a log that is in order as well.
        order = sorted(range(len(windows)), key=lambda k: windows[k][1])
        first = 0
        with self._path.open() as lines:
            for line in lines:
                kind = line[0]
                if kind not in TOLD:
                    continue
                numbers = [int(number) for number in line.split()[1:]]
                now_us = numbers[-1] if kind == "v" else numbers[1]
                while first < len(order) and windows[order[first]][1] < now_us:
                    first += 1
                if first == len(order):
                    break
                for k in order[first:]:
                    if windows[k][0] <= now_us <= windows[k][1]:
                        told[k].append(TOLD[kind](numbers))
        return told


def _shortened(lines: list[str]) -> list[str]:
    """The lines, with a lamp's flashes running as one."""
    short: list[str] = []
    for flicker, group in groupby(lines, key=lambda line: FLICKER in line):
        run = list(group)
        if flicker and len(run) > 2:
            short += [run[0], f"... {len(run) - 2} more of flicker", run[-1]]
        else:
            short += run
    return short


def _judged(numbers: Iterable[int]) -> str:
    start_us, width_us, records, verdict, late, now_us = numbers
    flag = " late" if late else ""
    width = f"{width_us / 1000:.1f} ms, {records} edges{flag}"
    reason = core("pulse_filter").REASONS[verdict]
    return f"{_s(now_us)} judged {reason}: from {_s(start_us)}, {width}"


def _audited(numbers: Iterable[int]) -> str:
    from_us, now_us, pulses = numbers
    return f"{_s(now_us)} audit added {pulses}, since {_s(from_us)}"


def _gap(numbers: Iterable[int]) -> str:
    from_us, now_us, rises, pulses = numbers
    return f"{_s(now_us)} gap since {_s(from_us)}: {rises} rises in doubt, {pulses} counted"


TOLD = {"v": _judged, "a": _audited, "g": _gap}


def _s(t_us: int) -> str:
    return f"{t_us / 1e6:.6f}"


def _meeting(spans: list[Span], from_us: int, to_us: int) -> list[Span]:
    """The spans that meet another; they are in order and apart."""
    at = bisect_right(spans, (from_us, 0))
    while at and spans[at - 1][1] >= from_us:
        at -= 1
    found = []
    for span in islice(spans, at, None):
        if span[0] > to_us:
            break
        found.append(span)
    return found


def _between(times_us: list[int], from_us: int, to_us: int) -> list[int]:
    return times_us[bisect_left(times_us, from_us) : bisect_right(times_us, to_us)]
