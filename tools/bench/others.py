"""Tasmota's and emonLibCM's ways of counting, re-implemented from their descriptions.

These are not their programs: one interrupt without latency, one loop without load. What
they cannot do shows all the same.

* Tasmota, Counter: an edge at least CounterDebounce after the last one counts; with
  CounterType 1 the time between the two is kept, as 32 bits of us. Power is made of that
  interval, which stands until the next one.
* emonLibCM, pulse input: the first edge starts a timer; when the minimum period is over
  the level is read again, and a change to "light" counts. Power is made of the pulses in
  each report, by default every 9.8 s.
"""

from __future__ import annotations

from collections.abc import Iterable

from .metrics import TENTH_US, Sample
from .trace import Edge

_WRAP_US = 1 << 32
_PULSE_W_US = 3_600_000_000
EMON_REPORT_US = 9_800_000


class _Log:
    """Collects samples of a tenth of a second; a later one of the same tenth replaces."""

    def __init__(self) -> None:
        self.samples: list[Sample] = [(0, 0.0, 0)]

    def note(self, t_us: int, power_w: float, pulses: int) -> None:
        tenth = -(-t_us // TENTH_US)
        if self.samples[-1][0] == tenth:
            self.samples.pop()
        self.samples.append((tenth, power_w, pulses))


def tasmota(edges: Iterable[Edge], start_us: int, debounce_us: int) -> list[Sample]:
    """Count every rise of light that comes `debounce_us` or more after the last one."""
    log = _Log()
    last_us = start_us % _WRAP_US
    pulses = 0
    power_w = 0.0
    for t_us, level in edges:
        if not level:
            continue
        interval_us = ((t_us + start_us) % _WRAP_US - last_us) % _WRAP_US
        if interval_us < debounce_us:
            continue
        last_us = (t_us + start_us) % _WRAP_US
        pulses += 1
        if pulses > 1:
            power_w = _PULSE_W_US / interval_us
        log.note(t_us, power_w, pulses)
    return log.samples


def emonlibcm(edges: Iterable[Edge], min_period_us: int, end_us: int) -> list[Sample]:
    """Count light that is still there, or there again, `min_period_us` after an edge."""
    log = _Log()
    level = 0
    counted_level = 0
    due_us: int | None = None
    pulses = 0
    reported = 0
    power_w = 0.0
    report_us = EMON_REPORT_US

    def pass_until(t_us: int) -> None:
        nonlocal counted_level, due_us, pulses, reported, power_w, report_us
        while True:
            next_us = min(report_us, t_us if due_us is None else due_us)
            if next_us >= t_us:
                return
            if next_us == due_us:
                due_us = None
                if level != counted_level:
                    counted_level = level
                    pulses += level
            else:
                power_w = 3_600.0 * (pulses - reported) / (EMON_REPORT_US / 1e6)
                reported = pulses
                log.note(report_us, power_w, pulses)
                report_us += EMON_REPORT_US

    for t_us, now in edges:
        pass_until(t_us)
        level = now
        if due_us is None:
            due_us = t_us + min_period_us
    pass_until(end_us)
    log.note(end_us, power_w, pulses)
    return log.samples
