"""What a run came to, as a table."""

from __future__ import annotations

from tools.document import table as markdown

from .part import Outcome
from .run import SECOND_US
from .tally import Tally


def outcome(whole: Outcome, seed: int, readers: int, wall_s: float) -> str:
    """A Markdown table by kind of fault, and a line on the whole."""
    header = ["fault", "times", "page back after, worst s"]
    header += ["pulses lost, worst", "pulses lost, all"]
    rows = []
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
    return f"{markdown(header, rows)}\n\n{summary}"


def _row(kind: str, tally: Tally) -> list[str]:
    recovery_s = tally.recovery_us / SECOND_US
    return [kind, f"{tally.count}", f"{recovery_s:.1f}", f"{tally.lost}", f"{tally.lost_sum}"]
