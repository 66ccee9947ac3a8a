"""Run the bench and write docs/benchmarks.md.

python -m tools.bench [--seed N] [--only NAME]... [--load LOAD] [--jobs N] [--explain]
                      [--export DIR]

NAME: a scenario, or one part to be written alone: `scenarios`, `cost` or `house`. Another seed
than 1 writes what it concludes and leaves the tables of seed 1 alone. `--export` plays nothing
and writes the traces, with the truth beside them. `--explain` plays this firmware alone, writes
nothing, and tells of each pulse missed or added what was going on; LOAD plays another load in
the scenarios chosen.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

from tools.document import write_part

from . import cost, esphome, export, house, match, plot, table, target
from .load import LOADS
from .metrics import parse_samples
from .scenario import SCENARIOS, Scenario
from .trace import Truth

ROOT = Path(__file__).parents[2]
WORK = ROOT / "build" / "bench"
DOCS = ROOT / "docs"
DOCUMENT = DOCS / "benchmarks.md"
COST = "cost"
HOUSE = "house"
ALL_SCENARIOS = "scenarios"
# Played again with the next seed, on the shorter load: the conclusions must hold.
AGAIN = ("bounce", "100 Hz flicker", "EMI 5/s", "lost callbacks", "all together")
# The stepped load's second 2 500: 3 kW, then 100 W; and 4 500: 2 kW, then nothing.
PLOTS = {
    "bench-step-down": ("3 kW, then 100 W", (1_440, 1_640)),
    "bench-zero": ("2 kW, then nothing", (3_500, 4_000)),
}


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when everything ran."""
    options = _options(arguments)
    started = time.monotonic()
    work = WORK / "run"
    work.mkdir(parents=True, exist_ok=True)
    try:
        if options.export:
            for path in export.write(options.export, _chosen(options), options.seed):
                print(path)
            return 0
        if options.explain:
            return _explain(options, work)
        if options.only == [COST]:
            _write_cost()
            return 0
        if options.only == [HOUSE]:
            days = house.days_wanted()
            lived = house.live(work, options.seed, days, house.first_day(days))
            if days == house.MONTH_DAYS and options.seed == 1:
                write_part(DOCUMENT, "house", table.house(lived))
            else:
                print(table.house(lived))
            return _tell_faults(lived)
        print(f"ESPHome {esphome.version()}: pulse_meter as published", flush=True)
        program = esphome.build(WORK)
        with ProcessPoolExecutor(max_workers=options.jobs) as pool:
            results, again, month = _run(options, pool, program, work)
        print(table.summary(results), table.targets(results), sep="\n\n")
        print(target.conclusion(options.seed, results))
        (WORK / "results.json").write_text(json.dumps([r.to_json() for r in results]))
        minutes = (time.monotonic() - started) / 60
        if options.seed != 1:
            _write_seed(options.seed, results)
        elif _whole(options):
            _write(options.seed, results, again, work, minutes)
        if not options.only:
            _write_cost()
            # The page has the whole month, which is played on request.
            if month and month.days == house.MONTH_DAYS:
                write_part(DOCUMENT, "house", table.house(month))
            if month:
                _tell_faults(month)
    except (esphome.MissingToolError, match.RunError, ValueError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(f"{time.monotonic() - started:.0f} s")
    return 0


def _run(
    options: argparse.Namespace, pool: ProcessPoolExecutor, program: Path, work: Path
) -> tuple[list[match.Result], list[match.Result], house.House | None]:
    chosen = _chosen(options)
    months: list[Future] = []
    again: list[Future] = []
    if not options.only:
        # The longest first, so that no processor idles at the end.
        months = [pool.submit(house.live, work, options.seed, house.days_wanted())]
    order = sorted(chosen, key=lambda s: -s.impairment.emi_per_s - 100 * s.impairment.lamp)
    plays = {s.name: pool.submit(match.play, s, options.seed, program, work) for s in order}
    if _whole(options):
        for scenario in SCENARIOS:
            if scenario.name in AGAIN:
                short = replace(scenario, load="steps")
                again.append(pool.submit(match.play, short, options.seed + 1, program, work))
    futures = [*months, *plays.values(), *again]
    for done, future in enumerate(as_completed(futures), start=1):
        print(f"[{done:2}/{len(futures)}] {_news(future.result())}", flush=True)
    month = months[0].result() if months else None
    results = [plays[s.name].result() for s in chosen]
    return results, [future.result() for future in again], month


def _explain(options: argparse.Namespace, work: Path) -> int:
    with ProcessPoolExecutor(max_workers=options.jobs) as pool:
        told = [pool.submit(match.explain, s, options.seed, work) for s in _chosen(options)]
        if HOUSE in (options.only or ()):
            told.append(pool.submit(house.explain, work, options.seed))
        for future in told:
            print(*future.result(), sep="\n", flush=True)
    return 0


def _whole(options: argparse.Namespace) -> bool:
    return not options.only or ALL_SCENARIOS in options.only


def _chosen(options: argparse.Namespace) -> list[Scenario]:
    chosen = [s for s in SCENARIOS if _whole(options) or s.name in options.only]
    return [replace(s, load=options.load) for s in chosen] if options.load else chosen


def _news(result: match.Result | house.House) -> str:
    if isinstance(result, house.House):
        return f"house, {result.days} days: {result.counted - result.pulses:+d}"
    scenario: Scenario = result.scenario
    return f"{scenario.name}: {result.measures[match.OURS].count_error:+d}"


def _write_cost() -> None:
    print("the cost: instructions, bytes, rate", flush=True)
    rows = cost.measure()
    for name, value, _ in rows:
        print(f"{name}: {value}")
    write_part(DOCUMENT, "cost", table.cost(rows))


def _tell_faults(month: house.House) -> int:
    """Return 1 and say why where the house is not exact."""
    faults = month.faults()
    for line in faults:
        print(f"house: {line}", file=sys.stderr)
    return 1 if faults else 0


def _write_seed(seed: int, results: list[match.Result]) -> None:
    played = f"{len(results)} of {len(SCENARIOS)} scenarios played"
    if len(results) < len(SCENARIOS):
        played += ": " + ", ".join(result.scenario.name for result in results)
    text = f"{target.conclusion(seed, results)} {table.worst(results)} ({played}.)"
    write_part(DOCUMENT, "seed", text)


def _write(
    seed: int,
    results: list[match.Result],
    again: list[match.Result],
    work: Path,
    minutes: float,
) -> None:
    conclusion = target.conclusion(seed, results)
    ran = f"Played in {minutes:.0f} min on this machine."
    foot = "\n\n".join((conclusion, table.footnote(seed, again), ran))
    write_part(DOCUMENT, "summary", table.summary(results) + "\n\n" + foot)
    write_part(DOCUMENT, "targets", table.targets(results))
    write_part(DOCUMENT, "details", table.details(results))
    base = work / f"{export.file_name(SCENARIOS[0].name)}-{seed}"
    truth = Truth.from_json(base.with_suffix(".json").read_text())
    esphome_name = esphome.SETTINGS[0].name
    curves = {
        f"ESPHome {esphome_name}": base.with_suffix(f".{export.file_name(esphome_name)}"),
        match.OURS: base.with_suffix(".ours"),
    }
    samples = {name: parse_samples(path.read_text()) for name, path in curves.items()}
    for name, (title, span_s) in PLOTS.items():
        plot.plot(DOCS / f"{name}.png", title, truth, samples, span_s)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    names = {export.file_name(s.name): s.name for s in SCENARIOS}

    def name(text: str) -> str:
        """A scenario in any spelling: `all together`, `all_together`, `ALL-TOGETHER`."""
        return names.get(export.file_name(text), text)

    parser.add_argument("--seed", type=int, default=1, help="of everything random (1)")
    parts = [*names.values(), ALL_SCENARIOS, COST, HOUSE]
    parser.add_argument("--only", action="append", type=name, choices=parts)
    parser.add_argument("--load", choices=LOADS, help="play this load in the scenarios chosen")
    parser.add_argument("--explain", action="store_true", help="tell where counts went wrong")
    parser.add_argument("--export", type=Path, metavar="DIR", help="write traces and truths")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time (2)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
