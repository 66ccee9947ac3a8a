"""What the fuzzing came to as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tools.document import table as markdown


def table(results: Sequence[Any]) -> str:
    """One row per target and a last one for all; `results` are the run's `Result`s."""
    header = ["parser", "atheris", "hypothesis", "on MicroPython", "edges", "work", "crashes"]
    rows = []
    totals = [0] * 5
    for result in results:
        elsewhere = sum(outcome.inputs for outcome in result.elsewhere)
        numbers = [
            result.guided.inputs,
            result.generated.inputs,
            elsewhere,
            result.guided.edges,
            len(result.crashes),
        ]
        totals = [total + number for total, number in zip(totals, numbers, strict=True)]
        played = str(elsewhere) if result.target.also else "–"
        by_engine = [str(numbers[0]), str(numbers[1]), played]
        work = f"{result.work_percent} %"
        rows.append([result.target.parses, *by_engine, str(numbers[3]), work, str(numbers[4])])
    sums = [str(total) for total in totals]
    rows.append([f"**all: {sum(totals[:3])}**", *sums[:4], "", sums[4]])
    return markdown(header, rows)
