"""replay: a recorded trace through the firmware's own core."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress
from rich.table import Table

from tools.board.error import BoardError
from tools.board.stored_config import core, parse
from tools.trace import trace_file
from tools.trace.replay import Replay, Result
from tools.trace.trace_file import Trace, TraceError

from . import show


def replay(
    trace: Annotated[Path, typer.Argument(help="A trace, as capture writes it.", exists=True)],
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw power, pulses and rejects.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json",
            exists=True,
            help="Use these settings instead of those stored with the trace.",
        ),
    ] = None,
    no_pcnt: Annotated[
        bool, typer.Option("--no-pcnt", help="As on a chip without a hardware counter.")
    ] = False,
) -> None:
    """Count a recorded trace with the very code that runs on the board.

    For trying other settings on the same light, and for asking why something was counted or
    was not.

    [bold]Examples[/bold]
    python -m tools replay my-meter.trace
    python -m tools replay my-meter.trace --plot my-meter.png --config other.json
    """
    try:
        recorded = trace_file.read(trace)
    except TraceError as error:
        raise BoardError(str(error), "docs/traces.md describes the format.") from error
    settings = _settings(recorded, config)
    run = Replay(recorded, settings, not no_pcnt)
    with Progress(console=show.out, transient=True) as bar:
        task = bar.add_task("replaying", total=recorded.duration_us)
        result = run.run(lambda t_us: bar.update(task, completed=t_us))
    show.out.print(_table(recorded, result))
    if plot is not None:
        # Not needed by anything else here, and slow to load.
        from tools.trace.plot import save

        save(plot, recorded, result, trace.name)
        show.good(f"{plot} is drawn")


def _settings(recorded: Trace, config: Path | None) -> dict[str, Any]:
    if config is not None:
        settings, errors = parse(config.read_bytes())
    else:
        stored = recorded.header.get("settings", {})
        settings = core("config").defaults()
        # A trace of an older version may know fields that are gone, and lack new ones.
        settings.update({name: value for name, value in stored.items() if name in settings})
        errors = []
    if errors:
        raise BoardError("\n  ".join(errors), "docs/configuration.md lists every field.")
    return settings


def _table(recorded: Trace, result: Result) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column(style="dim")
    table.add_column()
    seconds = result.duration_us / 1e6
    table.add_row("trace", f"{seconds:.1f} s, {result.edges} edges of the upper LED")
    table.add_row("counter", "pcnt+interrupt" if result.hardware else "interrupt")
    table.add_row("pulses", str(result.pulses), style="bold")
    table.add_row("of these", f"{result.accepted} seen, {result.missed} on the counter's word")
    energy_wh = result.pulses * 1000 / result.imp_per_kwh
    mean_w = energy_wh * 3600 / seconds if seconds else 0
    table.add_row("energy", f"{energy_wh:g} Wh at {result.imp_per_kwh} imp/kWh")
    table.add_row("mean power", f"{mean_w:.0f} W")
    width = "unknown" if result.width_us is None else f"{result.width_us / 1000:g} ms"
    table.add_row("pulse width", width)
    rejected = [f"{name.replace('_', ' ')} {count}" for name, count in result.rejected.items()]
    table.add_row("rejected", ", ".join(rejected) or "none")
    lost = sum(record.value for record in recorded.of(trace_file.LOST))
    if lost:
        table.add_row("lost", f"{lost} edges while capturing")
    states = ", ".join(f"{state} from {t_us / 1e6:.0f} s" for t_us, state in result.states)
    table.add_row("supply", states)
    return table
