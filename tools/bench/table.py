"""The bench's results as Markdown."""

from __future__ import annotations

import math

from tools.document import table as markdown

from . import target
from .house import House
from .match import ORACLE, OURS, Result
from .metrics import Measures
from .target import number


def seconds(value: float | None) -> str:
    """To the tenth of a second at which readers are sampled, and a word for what never came."""
    if value is None:
        return "–"
    if math.isinf(value):
        return "never"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def ratio(ours: float, theirs: float) -> str:
    """How many times the error is theirs."""
    if theirs == 0:
        return "1.00" if ours == 0 else "∞"
    return f"{ours / theirs:.2f}"


def count(measures: Measures) -> str:
    error = measures.count_error
    return "0" if error == 0 else f"{error:+d}"


def summary(results: list[Result]) -> str:
    """One row per scenario: this firmware, ESPHome's best setting, the ideal counter."""
    header = [
        "scenario",
        "pulses",
        "count error",
        "ESPHome, best",
        "RMS %",
        "ESPHome",
        "ideal",
        "ratio",
        "p95 %",
        "ESPHome",
        "ideal",
        "ratio",
    ]
    rows = []
    for result in results:
        ours, ideal = result.measures[OURS], result.measures[ORACLE]
        name = result.best_esphome()
        best = result.measures[name]
        rows.append(
            [
                result.scenario.name,
                str(result.pulses),
                count(ours),
                f"{count(best)} ({name})",
                number(ours.rms_percent),
                number(best.rms_percent),
                number(ideal.rms_percent),
                ratio(ours.rms_percent, best.rms_percent),
                number(ours.p95_percent),
                number(best.p95_percent),
                number(ideal.p95_percent),
                ratio(ours.p95_percent, best.p95_percent),
            ]
        )
    return markdown(header, rows)


def targets(results: list[Result]) -> str:
    """One row per scenario: whether each target is met."""
    return markdown(list(target.HEADER), target.rows(results))


def details(results: list[Result]) -> str:
    """One row per scenario and reader."""
    header = [
        "scenario, reader",
        "count error",
        "%",
        "RMS %",
        "p95 %",
        "step up s",
        "step down s",
        "zero s",
        "energy from power %",
    ]
    rows = []
    for result in results:
        rows.append([f"**{result.scenario.name}**, {result.pulses} pulses"] + [""] * 8)
        for name, measures in result.measures.items():
            rows.append(
                [
                    name,
                    count(measures),
                    f"{measures.count_error_percent:+.2f}",
                    number(measures.rms_percent),
                    number(measures.p95_percent),
                    seconds(measures.up_s),
                    seconds(measures.down_s),
                    seconds(measures.zero_s),
                    f"{measures.energy_error_percent:+.2f}",
                ]
            )
    return markdown(header, rows)


def worst(results: list[Result]) -> str:
    """The count errors that are none of 0, by name."""
    errors = [
        f"{result.scenario.name} {count(result.measures[OURS])}"
        for result in results
        if result.measures[OURS].count_error
    ]
    return "Counts that are not exact: " + ("; ".join(errors) or "none") + "."


def footnote(seed: int, again: list[Result]) -> str:
    """The conclusions with another seed, on the short load."""
    parts = []
    for result in again:
        ours = result.measures[OURS]
        best = result.measures[result.best_esphome()]
        share = ratio(ours.rms_percent, best.rms_percent)
        parts.append(f"{result.scenario.name} {count(ours)} (ESPHome {count(best)}), RMS {share}")
    return f"With seed {seed + 1}, on the load *steps*: " + "; ".join(parts) + "."


def house_line(month: House) -> str:
    """The days in a real house in one sentence."""
    peaks = [month.peaks[name].are(true) for name, true in month.peaks_true.items() if true.peaks]
    return (
        f"House, {month.days} days: register {month.counted - month.pulses:+d} of "
        f"{month.pulses:,} pulses, {len(month.hours_wrong)} of {month.hours} hours with a pulse "
        f"missed or added, power cuts lost {sum(month.lost_by_cuts)}, the peaks of {sum(peaks)} of "
        f"{len(peaks)} tariffs as computed from the source."
    )


def house(month: House) -> str:
    """The month in a real house."""
    counters = month.counters
    rows = [
        ["pulses of the meter", f"{month.pulses:,}"],
        ["register", f"{month.counted:,} ({month.counted - month.pulses:+d})"],
        ["pulses lost by the power cuts", ", ".join(map(str, month.lost_by_cuts)) or "–"],
        [
            "hours as computed from the source, to the pulse",
            f"{month.hours_exact} of {month.hours}",
        ],
        [
            "hours that differ by the pulse at their end",
            f"{month.hours_moved}",
        ],
        ["hours wrong", f"{len(month.hours_wrong)}"],
        ["edges of light", f"{month.edges:,}"],
        ["callbacks lost", f"{counters['callbacks_lost']:,}"],
        ["pulses counted on the hardware's word", f"{counters['missed']:,}"],
        ["flashes rejected", f"{counters['rejected']:,}"],
        ["saves to flash", f"{counters['saves']:,}"],
    ]
    text = markdown([f"{month.days} days", ""], rows)
    header = [
        "tariff",
        "peaks by the reader, W",
        "computed from the source, W",
        "charged W",
        "source",
    ]
    peaks = []
    for name, true in month.peaks_true.items():
        if not true.peaks:
            continue
        read = month.peaks[name]
        shown = [", ".join(str(mean_w) for _, mean_w in one.peaks) for one in (read, true)]
        peaks.append([name, *shown, str(read.charged_w), str(true.charged_w)])
    return text + "\n\n" + markdown(header, peaks)


def cost(rows: list[tuple[str, str, str]]) -> str:
    """What counting costs."""
    return markdown(
        ["cost", "", "command"], [[name, value, f"`{how}`"] for name, value, how in rows]
    )
