"""Options that several commands have, and how their faults end."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from tools.board.error import BoardError

from . import show

PortOption = Annotated[
    str | None,
    typer.Option(
        "--port",
        "-p",
        envvar="OMNIPOWER_PORT",
        metavar="DEVICE",
        help="The board's serial port, such as /dev/ttyUSB0. Without it: the only one there is.",
    ),
]
HostOption = Annotated[
    str | None,
    typer.Option(
        "--host",
        envvar="OMNIPOWER_HOST",
        metavar="NAME[:PORT]",
        help="The reader on the network, such as omnipower.local or 192.168.1.7.",
    ),
]


def explained(command: Callable[..., Any]) -> Callable[..., Any]:
    """Ends a command with the advice of what went wrong, and exit code 1."""

    @functools.wraps(command)
    def wrapper(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except BoardError as error:
            show.fault(error)
            raise typer.Exit(1) from error
        except KeyboardInterrupt as error:
            show.err.print("stopped")
            raise typer.Exit(130) from error

    wrapper.__doc__ = _flowing(inspect.getdoc(command) or "")
    return wrapper


def _flowing(text: str) -> str:
    """Help without the line ends of the source, but for those of examples."""
    return "\n\n".join(
        part if part.startswith("[bold]Examples") else " ".join(part.split("\n"))
        for part in text.split("\n\n")
    )
