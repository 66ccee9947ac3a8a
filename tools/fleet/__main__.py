"""Run a fleet of virtual readers against one mosquitto, and write the table of the docs.

python -m tools.fleet [--readers N] [--duration S] [--speed N] [--outage S] [--seed N] [--write]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tools.document import write_part
from tools.simulator.broker import BrokerError

from .run import Report, run
from .table import table

DOCUMENT = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when nothing was lost."""
    options = _options(arguments)
    try:
        with tempfile.TemporaryDirectory() as folder:
            report = asyncio.run(
                run(
                    Path(folder),
                    options.readers,
                    options.duration,
                    options.speed,
                    options.outage,
                    options.seed,
                    lambda line: print(line, flush=True),
                )
            )
    except BrokerError as error:
        print(f"fleet: {error}", file=sys.stderr)
        return 1
    print(table(report))
    if options.write:
        write_part(DOCUMENT, "fleet", table(report) + "\n\n" + _how(options))
    return _verdict(report)


def _how(options: argparse.Namespace) -> str:
    return (
        f"`make fleet READERS={options.readers} DURATION={options.duration} ARGS=--write`, "
        f"seed {options.seed}."
    )


def _verdict(report: Report) -> int:
    intervals = report.intervals
    if intervals.lost or intervals.broken or report.waiting or not intervals.published:
        print(
            f"FAILED: {intervals.lost} intervals lost, {intervals.broken} readers whose intervals "
            f"do not chain, {report.waiting} never delivered",
            file=sys.stderr,
        )
        return 1
    print("nothing lost")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fleet", description=__doc__)
    parser.add_argument("--readers", type=int, default=200, help="how many (200)")
    parser.add_argument("--duration", type=int, default=120, help="of the load, s (120)")
    parser.add_argument("--speed", type=int, default=60, help="virtual seconds in one (60)")
    parser.add_argument("--outage", type=float, default=10, help="of the broker, s (10)")
    parser.add_argument("--seed", type=int, default=1, help="of everything random (1)")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
