"""What monitor draws: the parts of the simulator's panel that need no truth to compare with."""

from __future__ import annotations

from rich import box
from rich.align import Align
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tools.simulator.panel import SPARK_WIDTH, display, sparkline
from tools.simulator.reader_status import ReaderStatus
from tools.simulator.verdict import grouped_kwh
from tools.simulator.view import UNKNOWN, power_text, rejected_text, supply_text


def line(status: ReaderStatus) -> str:
    """One compact line."""
    register_wh = status.register_wh
    register = UNKNOWN if register_wh is None else f"{grouped_kwh(register_wh)} kWh"
    return "  ".join(
        [
            f"register {register}",
            power_text(status.power_w),
            supply_text(status),
            f"rejected: {rejected_text(status)}",
        ]
    )


def render(
    status: ReaderStatus, name: str, powers: list[float | None], problem: str = ""
) -> RenderableType:
    """The panel."""
    parts: list[RenderableType] = [
        Align.center(display(status.register_wh)),
        Text(),
        _details(status, powers),
    ]
    if problem:
        parts += [Text(), Text(problem, style="bold red")]
    return Panel(
        Group(*parts),
        title=f"[bold]OMNIPOWER[/bold] · {name}",
        title_align="left",
        subtitle="Ctrl-C ends; the reader goes on",
        subtitle_align="right",
        box=box.ROUNDED,
        border_style="cyan",
        padding=(0, 2),
    )


def _details(status: ReaderStatus, powers: list[float | None]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(style="dim", width=10)
    table.add_column(overflow="fold")
    quality = status.get("power", "quality") or UNKNOWN
    age_s = status.get("power", "age_s")
    age = "" if age_s is None else f", last pulse {age_s} s ago"
    table.add_row("power", Text(f"{power_text(status.power_w)} ({quality}{age})", style="bold"))
    recent = powers[-SPARK_WIDTH:]
    highest = max((power for power in recent if power is not None), default=0)
    table.add_row("", Text(sparkline(recent, highest), style="green"))
    state = status.get("supply", "state")
    style = "bold red" if state in ("breaker_open", "supply_lost") else ""
    table.add_row("supply", Text(supply_text(status), style=style))
    table.add_row("rejected", rejected_text(status))
    table.add_row("pulses", str(status.pulses if status.pulses is not None else UNKNOWN))
    table.add_row("counter", str(status.get("pulse", "counter") or UNKNOWN))
    for name in ("config", "storage"):
        errors = status.get(name, "errors")
        if errors:
            table.add_row(name, Text("; ".join(map(str, errors)), style="yellow"))
    failures = status.get("failures")
    if failures:
        text = "; ".join(f"{name}: {error}" for name, error in failures.items())
        table.add_row("failed", Text(text, style="yellow"))
    uptime_us = status.uptime_us
    uptime = UNKNOWN if uptime_us is None else f"{uptime_us // 1_000_000} s since start"
    table.add_row("version", f"{status.get('version') or UNKNOWN}, {uptime}")
    return table
