"""Run the bench and write docs/benchmarks.md.

python -m tools.bench [--seed N] [--only NAME]... [--load LOAD] [--jobs N] [--explain]
                      [--export DIR]

NAME: a scenario, or one part to be written alone: `scenarios`, `cost` or `house`. Another seed
than 1 plays scenarios and house, writes what it concludes and leaves the tables of seed 1
alone. `--export` plays nothing and writes the traces, with the truth beside them. `--explain`
plays this firmware alone, writes nothing, and tells of each pulse missed or added what was
going on; LOAD plays another load in the scenarios chosen, and writes nothing either.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
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
            _write_cost(cost.measure())
            return 0
        if options.only == [HOUSE]:
            days = house.days_wanted()
            month = house.live(work, options.seed, days, house.first_day(days))
            _write_house(options.seed, month)
            return _tell_faults(month)
        print(f"ESPHome {esphome.version()}: pulse_meter as published", flush=True)
        program = esphome.build(WORK)
        with ProcessPoolExecutor(max_workers=options.jobs) as pool:
            played = _run(options, pool, program, work)
        _conclude(options, played, work, started)
    except (esphome.MissingToolError, match.RunError, ValueError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


@dataclass
class Played:
    """What one run brought; `again` is that with the next seed, `rows` the cost's."""

    results: list[match.Result]
    again: list[match.Result]
    month: house.House | None
    rows: list[cost.Row]


def _run(
    options: argparse.Namespace, pool: ProcessPoolExecutor, program: Path, work: Path
) -> Played:
    chosen = _chosen(options)
    jobs: dict[str, Future] = {}
    parts = options.only or (HOUSE, COST)
    # The longest first, so that no processor idles at the end.
    if HOUSE in parts:
        days = house.days_wanted()
        jobs[HOUSE] = pool.submit(house.live, work, options.seed, days, house.first_day(days))
    for scenario in sorted(chosen, key=_weight):
        jobs[scenario.name] = pool.submit(match.play, scenario, options.seed, program, work)
    first = _whole(options) and options.seed == 1
    again = [s for s in SCENARIOS if s.name in AGAIN] if first else []
    for scenario in again:
        short = replace(scenario, load="steps")
        name = f"{scenario.name}, seed {options.seed + 1}"
        jobs[name] = pool.submit(match.play, short, options.seed + 1, program, work)
    measured = [name for name in cost.MEASURES if name not in cost.ALONE]
    # What counting costs has no seed.
    if COST not in parts or options.seed != 1:
        measured = []
    for name in measured:
        jobs[_cost_of(name)] = pool.submit(cost.measure, [name])
    names = {future: name for name, future in jobs.items()}
    for done, future in enumerate(as_completed(names), start=1):
        print(f"[{done:2}/{len(jobs)}] {_news(names[future], future.result())}", flush=True)
    return Played(
        results=[jobs[s.name].result() for s in chosen],
        again=[jobs[f"{s.name}, seed {options.seed + 1}"].result() for s in again],
        month=jobs[HOUSE].result() if HOUSE in jobs else None,
        rows=_cost_rows(jobs) if measured else [],
    )


def _cost_rows(jobs: dict[str, Future]) -> list[cost.Row]:
    """The cost's rows in their order, with those that want the machine for themselves."""
    rows: list[cost.Row] = []
    for name in cost.MEASURES:
        rows += cost.measure([name]) if name in cost.ALONE else jobs[_cost_of(name)].result()
    return rows


def _conclude(options: argparse.Namespace, played: Played, work: Path, started: float) -> None:
    results, month = played.results, played.month
    print(table.summary(results), table.targets(results), sep="\n\n")
    (WORK / "results.json").write_text(json.dumps([r.to_json() for r in results]))
    lines = [target.conclusion(options.seed, results), table.worst(results)]
    if month:
        lines.append(table.house_line(month))
        _tell_faults(month)
    ran = _time_taken(started, options.jobs)
    print(*lines, ran, sep="\n")
    if not _whole(options) or options.load:
        return
    if options.seed != 1:
        write_part(DOCUMENT, "seed", " ".join(lines))
        return
    foot = "\n\n".join((lines[0], table.footnote(options.seed, played.again), ran))
    _write(options.seed, results, work, foot)
    if month:
        _write_house(options.seed, month)
    if played.rows:
        _write_cost(played.rows)


def _time_taken(started: float, jobs: int) -> str:
    minutes = (time.monotonic() - started) / 60
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu_minutes = sum(one.ru_utime + one.ru_stime for one in used) / 60
    return (
        f"Took {minutes:.1f} min, and {cpu_minutes:.1f} min of processor time, in {jobs} processes "
        f"at a time on {os.cpu_count()} processors."
    )


def _weight(scenario: Scenario) -> float:
    """Of a scenario: what takes long is least."""
    return -scenario.impairment.emi_per_s - 100 * scenario.impairment.lamp


def _cost_of(name: str) -> str:
    return f"{COST}: {name}"


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


def _news(name: str, result: match.Result | house.House | list[cost.Row]) -> str:
    if isinstance(result, house.House):
        return f"{name}, {result.days} days: {result.counted - result.pulses:+d}"
    if isinstance(result, match.Result):
        return f"{name}: {result.measures[match.OURS].count_error:+d}"
    return name


def _write_cost(rows: list[cost.Row]) -> None:
    for name, value, _ in rows:
        print(f"{name}: {value}")
    write_part(DOCUMENT, "cost", table.cost(rows))


def _write_house(seed: int, month: house.House) -> None:
    """The page has the whole month of the first seed; anything else is only shown."""
    print(table.house(month))
    whole = month.days == house.MONTH_DAYS and seed == 1
    if whole and house.drop_per_million() == house.DROP_PER_MILLION:
        write_part(DOCUMENT, "house", table.house(month))


def _tell_faults(month: house.House) -> int:
    """Return 1 and say why where the house is not exact."""
    faults = month.faults()
    for line in faults:
        print(f"house: {line}", file=sys.stderr)
    return 1 if faults else 0


def _write(seed: int, results: list[match.Result], work: Path, foot: str) -> None:
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
