"""deploy: copy the application to the board."""

from __future__ import annotations

from typing import Annotated

import typer

from tools.board import application, ports
from tools.board.deployment import Deployment, describe
from tools.board.error import BoardError
from tools.board.link import Link
from tools.board.probe import VERSION_MIN, probe

from . import show
from .options import PortOption


def deploy(
    port: PortOption = None,
    restart: Annotated[
        bool, typer.Option(help="Start the new version at once, or leave the board at its prompt.")
    ] = True,
) -> None:
    """Copy the application to the board: only what changed, checked by hash, switched at once.

    It goes into the one of two directories that is not in force. Until every byte of it has
    arrived, the application that is there stays in force; pull the cable when you like. A new
    version that fails three times before it has run for five minutes is given up by itself,
    and the one before runs again.

    [bold]Examples[/bold]
    python -m tools deploy
    python -m tools deploy --port /dev/ttyUSB1 --no-restart
    """
    chosen = ports.choose(port)
    app = application.build()
    show.good(f"compiled: version {app.version}, {len(app.files)} files, {app.size} bytes")
    if not any(name.startswith("www/") for name in app.files):
        show.note("the page is not built, the board will have none; make deploy builds it")
    with Link(chosen.device, restart) as link:
        found = probe(link)
        if not found.is_esp32 or found.version < VERSION_MIN:
            raise BoardError(
                f"MicroPython {found.version_text or 'without an ESP32'} cannot run it",
                "python -m tools doctor says what to do.",
            )
        with show.transfer() as bar:
            task = bar.add_task("connecting", total=None)
            deployment = Deployment(
                link,
                on_step=lambda text: bar.update(task, description=text),
                on_total=lambda total: bar.update(task, total=total),
                on_sent=lambda sent: bar.update(task, completed=sent),
            )
            report = deployment.install(app)
    show.good(describe(app, report))
    if report.chooser_written:
        show.good("boot_select and main.py, which choose between the two directories, are new")
    if restart:
        show.good("started; it is confirmed when it has run for five minutes")
    else:
        show.note("not started: reset the board, or press Ctrl-D at its prompt")
