"""update: a new version over the network."""

from __future__ import annotations

from typing import Annotated

import typer

from tools.board import application
from tools.board.deployment import describe
from tools.board.network_update import NetworkUpdate

from . import show
from .target import reader


def update(
    host: Annotated[
        str,
        typer.Option(
            "--host",
            envvar="OMNIPOWER_HOST",
            metavar="NAME[:PORT]",
            help="The reader on the network, such as omnipower.local or 192.168.1.7.",
        ),
    ],
) -> None:
    """Send this version of the firmware to a reader over the network; it goes on counting.

    Needs the reader's password. As with deploy only what changed is sent, every file is
    checked on the reader, and a version that does not stay up is given up by itself. The
    network carries it in plain text: do it at home.

    [bold]Examples[/bold]
    python -m tools update --host omnipower.local
    """
    app = application.build()
    show.good(f"compiled: version {app.version}, {len(app.files)} files, {app.size} bytes")
    with show.transfer() as bar:
        task = bar.add_task("asking the reader", total=None)
        sending = NetworkUpdate(
            reader(host),
            on_step=lambda text: bar.update(task, description=text),
            on_total=lambda total: bar.update(task, total=total),
            on_sent=lambda sent: bar.update(task, completed=sent),
        )
        before = sending.state()
        report = sending.install(app)
    show.good(describe(app, report))
    show.good(
        f"the reader restarts from {before.get('version', '?')} in {before.get('slot')}/; the new "
        "version is confirmed when it has run for five minutes"
    )
