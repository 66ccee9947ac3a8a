"""A part of the week: a reader of its own in a process of its own, from blank flash to the end."""

from __future__ import annotations

import math
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tools import compile as compiler

from .plan import Striker, plan
from .run import SECOND_US, Options, Run
from .tally import Tally

_STEP_US = 600 * SECOND_US


class OverdueError(Exception):
    """A part takes too long; no kind of time-out that waiting for something expects."""


@dataclass(frozen=True)
class Part:
    """Which `faults` strike between `from_h` and `to_h` of the week, drawn from `seed`.

    `give_up_s`: when to come to an end before that, as `time.monotonic` counts; `limit_s`: the
    wall time in which it must be through, or that is a violation.
    """

    seed: int
    number: int
    from_h: float
    to_h: float
    faults: int
    give_up_s: float = math.inf
    limit_s: float = math.inf

    @property
    def name(self) -> str:
        return f"{self.seed}.{self.number}"


@dataclass
class Outcome:
    """What a part came to."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    virtual_us: int = 0
    pulses: int = 0
    looks: int = 0
    intervals: int = 0

    def add(self, other: Outcome) -> None:
        """Take another part's in."""
        for kind, tally in other.tallies.items():
            self.tallies.setdefault(kind, Tally()).add(tally)
        self.violations += other.violations
        self.virtual_us += other.virtual_us
        self.pulses += other.pulses
        self.looks += other.looks
        self.intervals += other.intervals


# Told (part, share of it done or None, text or "").
Say = Callable[[Part, float | None, str], None]


def parts(
    seed: int,
    faults: int,
    hours: float,
    readers: int,
    give_up_s: float = math.inf,
    limit_s: float = math.inf,
) -> list[Part]:
    """The week, cut into as many parts as there are readers."""
    edges = [hours * k / readers for k in range(readers + 1)]
    counts = [faults * (k + 1) // readers - faults * k // readers for k in range(readers)]
    return [
        Part(seed, k, edges[k], edges[k + 1], counts[k], give_up_s, limit_s) for k in range(readers)
    ]


def play(part: Part, say: Say, lasting: float = 1.0, compiled: bool = True) -> Outcome:
    """Play a part to its end.

    Args:
        part: which.
        say: told what happens.
        lasting: how long faults last, as a multiple of what they do in the week.
        compiled: compile once, not at every start.
    """
    span_us = round((part.to_h - part.from_h) * 3600 * SECOND_US)
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        mpy = Path(folder) / "mpy" if compiled else None
        if mpy and (failures := compiler.compile_all(mpy)):
            raise RuntimeError(f"does not compile: {', '.join(failures)}")
        options = Options(
            Path(folder),
            part.name,
            from_h=part.from_h,
            lasting=lasting,
            compiled=mpy,
            say=lambda text: say(part, None, text),
        )
        run = Run(options)
        try:
            with _deadline(part.limit_s):
                _play_on(run, part, span_us, lambda share: say(part, share, ""))
        except Exception as error:
            *_, where = (
                frame for frame in traceback.extract_tb(error.__traceback__) if frame.name != "late"
            )
            what = str(error) or type(error).__name__
            run.violated(f"not played to its end: {what}, in {where.name} of {where.filename}")
        finally:
            run.close()
        return Outcome(
            run.tallies,
            run.violations,
            run.now_us,
            run.house.pulses(run.now_us),
            run.looks,
            run.intervals,
        )


def _play_on(run: Run, part: Part, span_us: int, show: Callable[[float], None]) -> None:
    run.start()
    striker = Striker(run)
    striker.file(plan(part.name, part.faults, span_us))
    until_us = 0
    while until_us < span_us and time.monotonic() < part.give_up_s:
        until_us = min(until_us + _STEP_US, span_us)
        run.play(until_us)
        show(until_us / span_us)
    striker.end()
    run.finish()


@contextmanager
def _deadline(limit_s: float) -> Iterator[None]:
    """Have OverdueError raised within when it takes longer, whatever it waits for."""

    def late(*_: object) -> None:
        raise OverdueError(f"{limit_s / 60:.0f} min have passed")

    if limit_s == math.inf:
        yield
        return
    before = signal.signal(signal.SIGALRM, late)
    # Once more and again: what is raised while something else is tidied up might be lost.
    signal.setitimer(signal.ITIMER_REAL, limit_s, 10)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
