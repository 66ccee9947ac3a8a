"""The terminal: a live panel where there is one, otherwise a line now and then."""

from __future__ import annotations

import time
from typing import Protocol

from rich import box
from rich.align import Align
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from .verdict import grouped_kwh
from .view import (
    TIMES,
    UNKNOWN,
    View,
    clock_text,
    in_step_text,
    mqtt_text,
    power_text,
    rejected_text,
    supply_text,
    true_supply_text,
)

NOTES_SHOWN = 4
# Below this many rows the panel does without blank lines and shows fewer notes.
ROOMY_ROWS = 30
LINE_INTERVAL_WALL_S = 5.0
SPARK_LEVELS = "▁▂▃▄▅▆▇█"
SPARK_WIDTH = 52

# Three rows of seven-segment digits, three columns each.
_SEGMENTS = {
    "0": ("┏━┓", "┃ ┃", "┗━┛"),
    "1": ("  ╻", "  ┃", "  ╹"),
    "2": ("╺━┓", "┏━┛", "┗━╸"),
    "3": ("╺━┓", "╺━┫", "╺━┛"),
    "4": ("╻ ╻", "┗━┫", "  ╹"),
    "5": ("┏━╸", "┗━┓", "╺━┛"),
    "6": ("┏━╸", "┣━┓", "┗━┛"),
    "7": ("╺━┓", "  ┃", "  ╹"),
    "8": ("┏━┓", "┣━┫", "┗━┛"),
    "9": ("┏━┓", "┗━┫", "╺━┛"),
    "-": ("   ", "╺━╸", "   "),
    ".": (" ", " ", "."),
    " ": (" ", " ", " "),
}


class Output(Protocol):
    """Where the supervisor shows what happens."""

    def show(self, view: View) -> None: ...

    def note(self, text: str) -> None: ...

    def close(self) -> None: ...


class LinePanel:
    """One compact line every few seconds, for logs and pipes."""

    def __init__(self) -> None:
        self._due_wall_s = 0.0
        self._mqtt_port: int | None = None

    def show(self, view: View) -> None:
        now_wall_s = time.monotonic()
        if now_wall_s >= self._due_wall_s:
            self._due_wall_s = now_wall_s + LINE_INTERVAL_WALL_S
            print(compact_line(view), flush=True)
        if view.mqtt_port != self._mqtt_port:
            self._mqtt_port = view.mqtt_port
            print(f"watch MQTT: {mqtt_text(view)}", flush=True)

    def note(self, text: str) -> None:
        print(text, flush=True)

    def close(self) -> None:
        pass


class LivePanel:
    """The whole picture, redrawn in place on a terminal."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False, transient=False)
        self._live.start()
        self._notes: list[str] = []

    def show(self, view: View) -> None:
        view.notes = self._notes[-NOTES_SHOWN:]
        roomy = self._live.console.height >= ROOMY_ROWS
        self._live.update(render(view, roomy), refresh=True)

    def note(self, text: str) -> None:
        if "\n" in text:
            # Many lines would push the panel off the screen: they go above it, for good.
            self._live.console.print(text, markup=False, highlight=False)
        else:
            self._notes.append(text)

    def close(self) -> None:
        self._live.stop()


def make_output() -> Output:
    console = Console()
    drawable = console.is_terminal and not console.is_dumb_terminal
    if drawable and (console.encoding or "").lower().startswith("utf"):
        return LivePanel(console)
    return LinePanel()


def compact_line(view: View) -> str:
    reader = view.reader
    parts = [clock_text(view.virtual_us)]
    if reader is None or reader.register_wh is None:
        parts.append(view.state)
    else:
        parts.append(f"register {grouped_kwh(reader.register_wh)} kWh")
    if view.true_register_wh is not None:
        parts.append(f"meter {grouped_kwh(view.true_register_wh)} kWh")
    if reader is not None:
        parts += [
            in_step_text(view.behind),
            f"{power_text(reader.power_w)} (true {power_text(view.true_power_w)})",
            supply_text(reader),
            f"rejected: {rejected_text(reader)}",
        ]
    parts.append(f"{TIMES}{_speed_text(view)}")
    return "  ".join(parts)


def render(view: View, roomy: bool = True) -> RenderableType:
    """The panel, for 80 columns and more, and 24 rows or (`roomy`) ROOMY_ROWS."""
    sections: list[RenderableType] = [
        Align.center(display(view.reader.register_wh if view.reader else None)),
        _comparison(view),
        _sparklines(view),
        _details(view),
    ]
    if notes := view.notes if roomy else view.notes[-NOTES_SHOWN // 2 :]:
        # One line each: a long note must not push the others out.
        lines = "\n".join(notes)
        text = Text(lines, style="yellow", no_wrap=True, overflow="ellipsis")
        sections.append(Padding(text, (0, 1)))
    parts: list[RenderableType] = []
    for section in sections:
        parts += [Text(), section] if roomy else [section]
    return Panel(
        Group(*parts),
        title=f"[bold]OMNIPOWER[/bold] · {view.title}",
        title_align="left",
        subtitle="Ctrl-C ends the run and compares",
        subtitle_align="right",
        box=box.ROUNDED,
        border_style="cyan",
        padding=(0, 2),
    )


def display(register_wh: int | None) -> RenderableType:
    """A register, drawn as on the meter's display."""
    digits = "-" if register_wh is None else grouped_kwh(register_wh)
    rows = [
        " ".join(_SEGMENTS[character][row] for character in digits if character in _SEGMENTS)
        for row in range(3)
    ]
    rows[2] += "  kWh"
    width = max(len(row) for row in rows)
    text = Text("\n".join(row.ljust(width) for row in rows), style="bold green", no_wrap=True)
    return Panel(text, box=box.HEAVY, border_style="green", padding=(0, 2), expand=False)


def _comparison(view: View) -> Table:
    reader = view.reader
    table = Table(box=None, expand=True, padding=(0, 1), header_style="dim")
    table.add_column("", style="dim", width=10)
    table.add_column("reader", ratio=5)
    table.add_column("meter (truth)", ratio=4)
    table.add_column("difference", ratio=3)

    register_wh = reader.register_wh if reader else None
    table.add_row(
        "register",
        UNKNOWN if register_wh is None else f"{grouped_kwh(register_wh)} kWh",
        UNKNOWN if view.true_register_wh is None else f"{grouped_kwh(view.true_register_wh)} kWh",
        Text(in_step_text(view.behind), style=_difference_style(view.behind)),
    )
    accepted = reader.get("register", "pulses") if reader else None
    table.add_row("pulses", _count(accepted), _count(view.true_pulses), "")
    power_w = reader.power_w if reader else None
    difference = UNKNOWN
    if power_w is not None and view.true_power_w is not None:
        difference = f"{power_w - view.true_power_w:+,.0f} W".replace(",", " ")
    table.add_row(
        "power",
        f"{power_text(power_w)}{_power_remark(view)}",
        power_text(view.true_power_w),
        difference,
    )
    return table


def _sparklines(view: View) -> Table:
    """The last minutes' power; both lines have the same scale."""
    recent = view.powers_w[-SPARK_WIDTH:]
    highest = max((power for pair in recent for power in pair if power is not None), default=0)
    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(style="dim", width=10)
    table.add_column(width=SPARK_WIDTH, no_wrap=True)
    measured = sparkline([pair[0] for pair in recent], highest)
    true = sparkline([pair[1] for pair in recent], highest)
    table.add_row("read power", Text(measured, style="green"))
    table.add_row("true power", Text(true, style="blue"))
    return table


def sparkline(powers_w: list[float | None], highest_w: float) -> str:
    """Powers as bars between 0 and the highest; blank where not known."""
    marks = []
    for power_w in powers_w:
        if power_w is None:
            marks.append(" ")
        else:
            level = round(power_w / highest_w * (len(SPARK_LEVELS) - 1)) if highest_w else 0
            marks.append(SPARK_LEVELS[max(0, level)])
    return "".join(marks)


def _details(view: View) -> Table:
    reader = view.reader
    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(style="dim", width=10)
    table.add_column(overflow="fold")
    missed = reader.get("pulse", "missed_by_handler") if reader else None
    counter = reader.get("pulse", "counter") if reader else None
    true_supply = true_supply_text(view)
    style = "bold red" if true_supply not in ("live", UNKNOWN) else ""
    supply = Text.assemble((supply_text(reader), style), (f" (truth: {true_supply})", "dim"))
    table.add_row("supply", supply)
    table.add_row("rejected", rejected_text(reader))
    table.add_row("handler", f"missed {_count(missed)}, counter {counter or UNKNOWN}")
    speed = f"{TIMES}{_speed_text(view)}"
    if view.too_slow:
        speed += f" (this machine cannot keep up with {TIMES}{view.speed:g}; the count stays exact)"
    clock = f"{clock_text(view.virtual_us)} virtual, {speed}"
    if view.restarts:
        clock += (
            f", reader restarted {view.restarts} {TIMES} "
            f"({view.pulses_while_reader_off} pulses meanwhile)"
        )
    table.add_row("clock", clock)
    errors = reader.get("config", "errors") if reader else None
    if errors:
        table.add_row("config", Text("; ".join(map(str, errors)), style="yellow"))
    if view.mqtt_port is not None:
        table.add_row("mqtt", mqtt_text(view))
    table.add_row("page", Text.assemble((view.url, "underline"), (f"  {view.state}", "dim")))
    return table


def _power_remark(view: View) -> str:
    reader = view.reader
    quality = reader.get("power", "quality") if reader else None
    return f" ({quality})" if quality and quality != "measured" else ""


def _difference_style(behind: int | None) -> str:
    if behind is None:
        return "dim"
    return "green" if behind == 0 else "bold red"


def _speed_text(view: View) -> str:
    return UNKNOWN if view.achieved_speed is None else f"{view.achieved_speed:.3g}"


def _count(value: object) -> str:
    return f"{value:,}".replace(",", " ") if isinstance(value, int) else UNKNOWN
