"""The plan: which fault strikes when, from a seed."""

from __future__ import annotations

import random

from .kinds import BROKER, KINDS, NO_COPY, ONE_COPY
from .run import SECOND_US, Run

# After the start, and before the end, nothing strikes.
_QUIET_US = 120 * SECOND_US


def plan(seed: str, faults: int, span_us: int) -> list[tuple[int, str]]:
    """(virtual instant, kind), in order; every kind as often as its weight has it."""
    rng = random.Random(f"{seed} plan")
    names = list(KINDS)
    weights = [KINDS[name][1] for name in names]
    # Every kind at least once where there is room for it.
    chosen = names[:faults] + rng.choices(names, weights, k=max(0, faults - len(names)))
    rng.shuffle(chosen)
    instants = sorted(rng.randrange(_QUIET_US, max(span_us, 2 * _QUIET_US)) for _ in chosen)
    return list(zip(instants, chosen, strict=True))


class Striker:
    """Has the faults of a plan strike in a run, one of a kind at a time."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._ended = False

    def file(self, faults: list[tuple[int, str]]) -> None:
        for number, (t_us, kind) in enumerate(faults):
            self._file(t_us, number, kind)

    def end(self) -> None:
        """Nothing more strikes."""
        self._ended = True

    def _file(self, t_us: int, number: int, kind: str) -> None:
        self._run.at(t_us, lambda: self._strike(number, kind))

    def _strike(self, number: int, kind: str) -> None:
        run = self._run
        if self._ended:
            return
        part = "broker" if kind in BROKER else kind
        both = kind in ONE_COPY and not run.lasting.isdisjoint(NO_COPY)
        if part in run.lasting or both:
            # It is there already: a while later.
            self._file(run.now_us + 300 * SECOND_US, number, kind)
            return
        run.lasting.add(part)
        run.parts[kind] = part
        run.struck(kind)
        KINDS[kind][0](run, run.rng(f"fault {number}"), kind)
