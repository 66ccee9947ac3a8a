"""What a run came to, as a table, and into the document between its markers."""

from __future__ import annotations

from pathlib import Path

from .part import Outcome
from .run import SECOND_US
from .tally import Tally

BEGIN = "<!-- chaos: begin -->"
END = "<!-- chaos: end -->"


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


def write(path: Path, content: str) -> None:
    """Replace what stands between the markers; ValueError without them."""
    before, found_begin, rest = path.read_text().partition(BEGIN)
    _, found_end, after = rest.partition(END)
    if not found_begin or not found_end:
        raise ValueError(f"{path}: no markers {BEGIN} … {END}")
    path.write_text(f"{before}{BEGIN}\n\n{content.strip()}\n\n{END}{after}")


def _row(kind: str, tally: Tally) -> str:
    recovery_s = tally.recovery_us / SECOND_US
    return f"| {kind} | {tally.count} | {recovery_s:.1f} | {tally.lost} | {tally.lost_sum} |"
