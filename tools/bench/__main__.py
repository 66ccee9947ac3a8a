"""Run the bench and write docs/benchmarks.md.

python -m tools.bench [--seed N] [--only NAME]...
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from . import esphome, match
from .scenario import SCENARIOS
from .table import details, summary, write_part

ROOT = Path(__file__).parents[2]
WORK = ROOT / "build" / "bench"
DOCUMENT = ROOT / "docs" / "benchmarks.md"


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when everything ran."""
    options = _options(arguments)
    started = time.monotonic()
    work = WORK / "run"
    work.mkdir(parents=True, exist_ok=True)
    try:
        print(f"ESPHome {esphome.version()}: pulse_meter as published", flush=True)
        program = esphome.build(WORK)
        results = _matches(options, program, work)
    except (esphome.MissingToolError, match.RunError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(summary(results))
    (WORK / "results.json").write_text(json.dumps([result.to_json() for result in results]))
    if not options.only:
        write_part(DOCUMENT, "summary", summary(results))
        write_part(DOCUMENT, "details", details(results))
    print(f"{time.monotonic() - started:.0f} s")
    return 0


def _matches(options: argparse.Namespace, program: Path, work: Path) -> list[match.Result]:
    chosen = [s for s in SCENARIOS if not options.only or s.name in options.only]
    # The longest first, so that no processor idles at the end.
    order = sorted(chosen, key=lambda s: -s.impairment.emi_per_s - 100 * s.impairment.lamp)
    results: dict[str, match.Result] = {}
    with ProcessPoolExecutor(max_workers=options.jobs) as pool:
        futures = {pool.submit(match.play, s, options.seed, program, work): s for s in order}
        for done, future in enumerate(as_completed(futures), start=1):
            result = future.result()
            results[result.scenario.name] = result
            error = result.measures[match.OURS].count_error
            print(f"[{done:2}/{len(futures)}] {result.scenario.name}: {error:+d}", flush=True)
    return [results[s.name] for s in chosen]


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of everything random (1)")
    parser.add_argument("--only", action="append", choices=[s.name for s in SCENARIOS])
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time (2)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
