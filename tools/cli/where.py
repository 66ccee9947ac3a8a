"""where: which line of the sources a traceback means."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tools import compile as compiler
from tools.board import application
from tools.join import ROOT
from tools.join.where import translated


def where(
    file: Annotated[
        Path | None,
        typer.Argument(help="File with the traceback; without it: what is typed or piped in."),
    ] = None,
) -> None:
    """Name the files and lines of a board's traceback as they are in the sources.

    On a board most of the firmware is one file, main.py, and functions have short names. Run this
    in a copy of the very version that the board runs.

    [bold]Examples[/bold]
    python -m tools where traceback.txt
    python -m tools where < log.txt
    """
    text = file.read_text(encoding="utf-8") if file else sys.stdin.read()
    sources = {name: path.read_text(encoding="utf-8") for name, path in compiler.sources().items()}
    starter_lines = application.MAIN_TEXT.count(b"\n")
    typer.echo(translated(text, compiler.lines(), sources, ROOT, starter_lines), nl=False)
