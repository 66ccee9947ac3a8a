"""Let faults strike a reader for a week of virtual time, and check that nothing is lost.

python -m tools.chaos [--seed N] [--faults N] [--hours N] [--readers N] [--write]
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import queue
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from tools.document import write_part
from tools.simulator import broker

from . import table
from .part import Outcome, Part, parts, play
from .progress import make_progress

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "benchmarks.md"
SEED = 1
HOURS = 168
FAULTS = 520
READERS = 2
# A reader's wall time, in minutes; it takes a quarter of it on two idle processors.
LIMIT = 90
# Seeds whose draws are written beside the table, if there are so many faults.
OTHER_FAULTS = 200


def main(arguments: list[str] | None = None) -> int:
    """Return 0 without a violation, 1 with one, 2 where it cannot be run."""
    options = _options(arguments)
    if not (broker.find() and broker.find("mosquitto_sub")):
        print("chaos: mosquitto and mosquitto-clients are missing (Debian)", file=sys.stderr)
        return 2
    begun_s = time.monotonic()
    give_up_s = begun_s + 60 * options.minutes
    limit_s = 60 * options.limit
    chosen = parts(options.seed, options.faults, options.hours, options.readers, give_up_s, limit_s)
    whole = _together(chosen, options.lasting)
    outcome = table.outcome(whole, options.seed, options.readers, time.monotonic() - begun_s)
    print(outcome)
    for line in whole.violations:
        print(line)
    _write(options, outcome)
    return 1 if whole.violations else 0


def _write(options: argparse.Namespace, outcome: str) -> None:
    """Seed 1 makes the table, another one the line beside it; short runs none, unless asked to."""
    complete = options.minutes == math.inf
    if options.seed == SEED:
        if options.write or (complete and options.faults >= FAULTS and options.hours >= HOURS):
            write_part(DOCUMENT, "chaos", outcome)
    elif options.write or (complete and options.faults >= OTHER_FAULTS):
        write_part(DOCUMENT, "chaos-seed", outcome.rpartition("\n")[2])


def _together(chosen: list[Part], lasting: float) -> Outcome:
    """Play the parts side by side, and show how far they are."""
    whole = Outcome()
    with multiprocessing.Manager() as manager:
        news = manager.Queue()
        with ProcessPoolExecutor(len(chosen)) as pool, make_progress(chosen) as progress:
            futures = [pool.submit(_play, part, news, lasting) for part in chosen]
            while not all(future.done() for future in futures) or not news.empty():
                try:
                    progress.take(*news.get(timeout=0.5))
                except queue.Empty:
                    continue
            for part, future in zip(chosen, futures, strict=True):
                error = future.exception()
                if error:
                    whole.violations.append(
                        f"VIOLATION seed {part.name}: cannot be played: {error}"
                    )
                else:
                    whole.add(future.result())
    return whole


def _play(part: Part, news: Any, lasting: float) -> Outcome:
    return play(part, lambda *what: news.put(what), lasting)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED, help=f"of everything random ({SEED})")
    parser.add_argument("--faults", type=int, default=FAULTS, help=f"how many strike ({FAULTS})")
    parser.add_argument("--hours", type=float, default=HOURS, help=f"of virtual time ({HOURS})")
    parser.add_argument(
        "--readers",
        type=int,
        default=READERS,
        help=f"play so many parts of the time at once, each with a reader of its own ({READERS})",
    )
    parser.add_argument(
        "--lasting", type=float, default=1.0, help="how long faults last, relative to a week's (1)"
    )
    parser.add_argument(
        "--limit", type=float, default=LIMIT, help=f"minutes in which it must be through ({LIMIT})"
    )
    parser.add_argument(
        "--minutes", type=float, default=math.inf, help="come to an end after so many on the wall"
    )
    parser.add_argument(
        "--write", action="store_true", help="write docs/benchmarks.md, as a run of a week does"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
