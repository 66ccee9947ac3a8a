"""Fuzz every parser, and write the table of docs/benchmarks.md.

python -m tools.fuzz [--runs N] [--examples N] [--seed N] [--only NAME]... [--jobs N] [--keep]
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from tools.document import write_part

from . import board, corpus, engine, targets, work
from .engine import Outcome
from .table import table
from .targets import ROOT, TARGETS, Target

WORK = ROOT / "build" / "fuzz"
ATHERIS = importlib.util.find_spec("atheris") is not None
DOCUMENT = ROOT / "docs" / "benchmarks.md"
# Shorter runs do not make the table.
LEAST_INPUTS = 1_000_000


@dataclass(frozen=True)
class Result:
    """What one target went through.

    `bred`: inputs that atheris found worth keeping, played again on the interpreters of the
    board's kind; `work_percent`: the most work one of them took, of its limit.
    """

    target: Target
    guided: Outcome
    generated: Outcome
    bred: int
    work_percent: int
    elsewhere: tuple[Outcome, ...]

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        return (self.guided, self.generated, *self.elsewhere)

    @property
    def inputs(self) -> int:
        return sum(outcome.inputs for outcome in self.outcomes)

    @property
    def crashes(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.crash]


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when nothing broke its promise."""
    options = _options(arguments)
    started = time.monotonic()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    if not ATHERIS:
        print("atheris is not to be had for this Python or machine: hypothesis plays alone")
    chosen = [target for target in TARGETS if not options.only or target.name in options.only]
    results: dict[str, Result] = {}
    with ThreadPoolExecutor(options.jobs) as pool:
        futures = [pool.submit(_play, target, options) for target in chosen]
        for done, future in enumerate(as_completed(futures), start=1):
            result = future.result()
            results[result.target.name] = result
            print(f"[{done:2}/{len(futures)}] {_news(result)}", flush=True)
    ordered = [results[target.name] for target in chosen]
    print(table(ordered))
    failed = _report([crash for result in ordered for crash in result.crashes])
    inputs = sum(result.inputs for result in ordered)
    wall_s = time.monotonic() - started
    if ATHERIS and not options.only and not failed and inputs >= LEAST_INPUTS:
        text = f"{table(ordered)}\n\nSeed {options.seed}; `make fuzz`, {wall_s / 60:.0f} min."
        write_part(DOCUMENT, "fuzz", text)
    print(f"{inputs} inputs, {wall_s:.0f} s")
    return 1 if failed else 0


def _play(target: Target, options: argparse.Namespace) -> Result:
    guided = engine.guided(target, WORK, options.runs, options.seed) if ATHERIS else Outcome(0)
    generated = engine.generated(target, options.examples, options.seed)
    folder = WORK / target.name
    corpus.unpack(target.name, folder)
    bred = [path.read_bytes() for path in sorted(folder.iterdir())]
    percent = 0
    if not guided.crash:
        percent, guided = _weigh(target, bred, guided)
    if options.keep and not guided.crash:
        corpus.keep(target.name, work.fewest(targets.load(target.name), bred))
    elsewhere = tuple(board.play(target, name, folder) for name in target.also)
    return Result(target, guided, generated, len(bred), percent, elsewhere)


def _weigh(target: Target, inputs: list[bytes], outcome: Outcome) -> tuple[int, Outcome]:
    """The most work any of the inputs takes, in percent; and the outcome with what failed."""
    run = targets.load(target.name)
    most = 0
    for data in inputs:
        try:
            lines = work.run(target, run, data)
        except Exception as error:
            return most, Outcome(outcome.inputs, outcome.edges, repr(error), data)
        most = max(most, 100 * lines // work.limit(target, data))
    return most, outcome


def _news(result: Result) -> str:
    words = f"{result.target.name}: {result.inputs} inputs, {result.guided.edges} edges"
    return f"{words}, {len(result.crashes)} failures" if result.crashes else words


def _report(crashes: list[Outcome]) -> bool:
    for crash in crashes:
        print(f"FAILED: {crash.crash}", file=sys.stderr)
        if crash.culprit is not None:
            print(f"        {crash.culprit!r}", file=sys.stderr)
    return bool(crashes)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--runs", type=int, default=60_000, help="of atheris, per target")
    parser.add_argument("--examples", type=int, default=3_000, help="of hypothesis, per target")
    parser.add_argument("--seed", type=int, default=1, help="of everything random (1)")
    names = [target.name for target in TARGETS]
    parser.add_argument("--only", action="append", choices=names, help="this target alone")
    parser.add_argument("--jobs", type=int, default=2, help="targets at a time (2)")
    parser.add_argument("--keep", action="store_true", help="put what was bred into the corpus")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
