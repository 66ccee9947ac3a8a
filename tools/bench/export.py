"""The bench's traces as files, to be counted by `python -m tools replay` or anything else."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.trace.trace_file import first_line

from . import trace
from .load import LOADS
from .scenario import Scenario


def file_name(name: str) -> str:
    """A scenario's name as a file's, in lower case without what shells take amiss."""
    plain = "".join(c if c.isalnum() else " " for c in name.lower())
    return "-".join(plain.split())


def own_seed(scenario: Scenario, seed: int) -> int:
    """Each scenario has its own draws, so that two of them never repeat each other."""
    return zlib.crc32(f"{seed} {scenario.name}".encode())


def write(folder: Path, scenarios: Iterable[Scenario], seed: int) -> Iterator[Path]:
    """Write NAME.txt, lines of `t_us level`, and NAME.json, the truth; yield what is written."""
    folder.mkdir(parents=True, exist_ok=True)
    for scenario in scenarios:
        width_us = scenario.width_us
        edges, truth = trace.generate(
            LOADS[scenario.load], width_us, scenario.impairment, own_seed(scenario, seed)
        )
        # What set-up learns of such a width.
        limits = {
            "pulse.width_min_ms": max(1, width_us // 2000),
            "pulse.width_max_ms": (5 * width_us // 2 + 10000) // 1000,
        }
        header = {"machine": f"bench, {scenario.name}, seed {seed}", "settings": limits}
        path = folder / f"{file_name(scenario.name)}.txt"
        with path.open("w") as file:
            file.write(first_line(header))
            file.writelines(f"{t_us} {level}\n" for t_us, level in edges)
        yield path
        path = path.with_suffix(".json")
        path.write_text(truth.to_json())
        yield path
