"""set-reading: make the register read like the meter's display."""

from __future__ import annotations

from typing import Annotated

import typer

from tools.board import ports
from tools.board.config_document import Document
from tools.board.error import BoardError
from tools.board.link import Link
from tools.board.stored_config import core

from . import show
from .options import HostOption, PortOption
from .target import reader


def set_reading(
    kwh: Annotated[str, typer.Argument(help="What the display shows, such as 12345.678.")],
    port: PortOption = None,
    host: HostOption = None,
    allow_lower: Annotated[
        bool,
        typer.Option(
            "--allow-lower",
            help="Also below what the register reads now; a meter never runs backward.",
        ),
    ] = False,
) -> None:
    """Set the register from the meter's display; from then on both read alike.

    With --host at once, with the reader's password. Over the cable it goes into config.json,
    and the reader is restarted: set it when nothing large is running.

    [bold]Examples[/bold]
    python -m tools set-reading 12345.678
    python -m tools set-reading 12345.678 --host omnipower.local
    """
    energy = core("energy")
    try:
        reading = energy.format_kwh(energy.parse_kwh(kwh))
    except ValueError as error:
        raise BoardError(str(error).replace("reading_kwh", "reading")) from error
    if host:
        body = {"kwh": reading, "allow_lower": allow_lower}
        answer = reader(host).send("POST", "/register", body)
        show.good(f"the register reads {answer.get('kwh', reading)} kWh")
        return
    chosen = ports.choose(port)
    with Link(chosen.device) as link:
        document = Document(link.read("config.json"))
        if document.problem:
            raise BoardError(document.problem, "python -m tools configure")
        if not allow_lower:
            _refuse_lower(link, energy.parse_kwh(reading))
        if document.get("meter.reading_kwh") == reading:
            raise BoardError(
                f"{reading} kWh is what was set last, and is applied only once",
                "Restarting does not turn a register back. Over the network it can be set anew.",
            )
        document.set_text("meter.reading_kwh", reading)
        link.replace("config.json", document.encoded())
    show.good(f"the register will read {reading} kWh from the restart that begins now")


def _refuse_lower(link: Link, wanted_wh: int) -> None:
    from tools.board.records import register_of, take

    register = register_of(take(link))
    if register is not None and register.is_set and wanted_wh < register.reading_wh():
        raise BoardError(
            f"the register reads {register.reading_kwh()} kWh, which is more",
            "If the meter really shows less: --allow-lower.",
        )
