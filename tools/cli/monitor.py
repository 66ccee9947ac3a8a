"""monitor: what the reader reads, live."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.live import Live

from tools.board import ports
from tools.board.console import Console
from tools.board.error import BoardError
from tools.simulator.reader_status import ReaderStatus

from . import show
from .monitor_panel import line, render
from .options import HostOption, PortOption
from .target import reader

_POWERS_KEPT = 600


def monitor(
    port: PortOption = None,
    host: HostOption = None,
    interval: Annotated[
        float, typer.Option(min=0.2, max=3600, help="Seconds between two looks.")
    ] = 2.0,
    count: Annotated[int, typer.Option(min=0, help="End after so many looks; 0: at Ctrl-C.")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each status as a line of JSON instead.")
    ] = False,
) -> None:
    """Show register, power, supply and what was rejected, live.

    With --host over the network, otherwise over the cable. Either way the reader goes on
    counting: it is asked, not interrupted.

    [bold]Examples[/bold]
    python -m tools monitor
    python -m tools monitor --host omnipower.local
    python -m tools monitor --count 1 --json
    """
    if host:
        remote = reader(host)
        _watch(lambda: remote.get("/status"), host, interval, count, as_json)
        return
    chosen = ports.choose(port)
    with Console(chosen.device) as console:
        _watch(console.status, chosen.device, interval, count, as_json)


def _watch(
    ask: Callable[[], dict[str, Any]], name: str, interval: float, count: int, as_json: bool
) -> None:
    # The first look may fail with advice; later ones are waited out.
    status = ReaderStatus(ask())
    looks = 1
    if as_json or not show.out.is_terminal:
        print_one = _print_json if as_json else _print_line
        print_one(status)
        while looks != count:
            time.sleep(interval)
            print_one(ReaderStatus(ask()))
            looks += 1
        return
    powers: list[float | None] = [status.power_w]
    problem = ""
    with Live(console=show.out, auto_refresh=False) as live:
        while True:
            live.update(render(status, name, powers, problem), refresh=True)
            if looks == count:
                return
            time.sleep(interval)
            looks += 1
            try:
                status = ReaderStatus(ask())
                problem = ""
                powers.append(status.power_w)
            except BoardError as error:
                problem = error.problem
                powers.append(None)
            del powers[:-_POWERS_KEPT]


def _print_json(status: ReaderStatus) -> None:
    print(json.dumps(status.content), flush=True)


def _print_line(status: ReaderStatus) -> None:
    print(line(status), flush=True)
