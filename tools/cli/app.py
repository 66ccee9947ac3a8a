"""All commands, in the order one needs them."""

from __future__ import annotations

import typer

from .backup import backup, restore
from .capture import capture
from .configure import configure
from .deploy import deploy
from .doctor import doctor
from .flash import flash
from .monitor import monitor
from .options import explained
from .replay import replay
from .self_test import self_test
from .set_reading import set_reading
from .update import update
from .where import where

app = typer.Typer(
    name="python -m tools",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Everything one does with a reader: from a bare board to a right reading, and after.\n\n"
    "A new board, in this order: [bold]doctor[/bold] finds it, [bold]flash[/bold] puts "
    "MicroPython on it, [bold]deploy[/bold] the application, [bold]configure[/bold] asks what "
    "it has to know, [bold]monitor[/bold] shows what it reads.",
)

_FIRST = "From a bare board to a reading"
_DAILY = "A reader at work"
_TRACES = "Traces and tests"

for command, panel in (
    (doctor, _FIRST),
    (flash, _FIRST),
    (deploy, _FIRST),
    (configure, _FIRST),
    (monitor, _DAILY),
    (set_reading, _DAILY),
    (backup, _DAILY),
    (restore, _DAILY),
    (update, _DAILY),
    (capture, _TRACES),
    (replay, _TRACES),
    (self_test, _TRACES),
    (where, _TRACES),
):
    app.command(rich_help_panel=panel)(explained(command))


def main() -> None:
    """Run one command."""
    app(prog_name="python -m tools")
