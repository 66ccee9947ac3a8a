"""Whether a command speaks to a reader on the network, and with which password."""

from __future__ import annotations

import os
import sys

import typer

from tools.board.reader import Reader


def reader(host: str) -> Reader:
    """The reader on the network; its password is asked for when it wants one."""
    return Reader(host, _password)


def _password() -> str | None:
    given = os.environ.get("OMNIPOWER_PASSWORD")
    if given or not sys.stdin.isatty():
        return given
    return typer.prompt("The reader's password", hide_input=True)
