"""What the fuzzing came to as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def table(results: Sequence[Any]) -> str:
    """One row per target and a last one for all; `results` are the run's `Result`s."""
    rows = [
        "| parser | atheris | hypothesis | on MicroPython | edges | work | crashes |",
        "| :--- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
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
        rows.append(
            f"| {result.target.parses} | {numbers[0]} | {numbers[1]} | {played} | {numbers[3]} "
            f"| {result.work_percent} % | {numbers[4]} |"
        )
    rows.append(
        f"| **all: {sum(totals[:3])}** | {totals[0]} | {totals[1]} | {totals[2]} | {totals[3]} "
        f"| | {totals[4]} |"
    )
    return "\n".join(rows)
