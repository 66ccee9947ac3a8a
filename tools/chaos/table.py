"""What a run came to, as a table."""

from __future__ import annotations

from .part import Outcome
from .run import SECOND_US
from .tally import Tally


def outcome(whole: Outcome, seed: int, readers: int, wall_s: float) -> str:
    """A Markdown table by kind of fault, and a line on the whole."""
    rows = [
        "| fault | times | page back after, worst s | pulses lost, worst | pulses lost, all |",
        "| :--- | ---: | ---: | ---: | ---: |",
    ]
    together = Tally()
    for kind in sorted(whole.tallies, key=str.lower):
        together.add(whole.tallies[kind])
        rows.append(_row(kind, whole.tallies[kind]))
    rows.append(_row("**all**", together))
    hours = whole.virtual_us / SECOND_US / 3600
    summary = (
        f"Seed {seed}: {hours:.0f} h of virtual time on {readers} reader(s), {together.count} "
        f"faults, {whole.pulses} pulses, {whole.looks} looks at the page, {whole.intervals} "
        f"intervals received, **{len(whole.violations)} violations**; {wall_s / 60:.0f} min."
    )
    return "\n".join([*rows, "", summary])


def _row(kind: str, tally: Tally) -> str:
    recovery_s = tally.recovery_us / SECOND_US
    return f"| {kind} | {tally.count} | {recovery_s:.1f} | {tally.lost} | {tally.lost_sum} |"
