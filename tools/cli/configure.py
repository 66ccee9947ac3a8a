"""configure: ask what the reader has to know, and write it to the board."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from tools.board import boards, ports
from tools.board.boards import Board
from tools.board.config_document import Document
from tools.board.error import BoardError
from tools.board.link import Link
from tools.board.probe import probe

from . import show
from .options import PortOption

# Asked one by one; everything else has a default that fits, or is set with --set.
QUESTIONS = (
    ("meter.number", "Number printed on the meter (8 digits, empty: none)"),
    ("meter.imp_per_kwh", "Meter constant printed beside the upper LED, imp/kWh"),
    ("meter.phases", "Phases, 1 or 3"),
    ("meter.fuse_a", "Main fuse, A per phase"),
    ("meter.reading_kwh", "Reading on the display now, kWh (empty: set later)"),
    ("meter.prosumer", "Does the house export (solar)?"),
    ("pulse.pin", "Pin of the photodiode over the upper LED"),
    ("pulse.active_low", "Is its output low when lit (LM393 boards: yes)?"),
    ("breaker.pin", "Pin of the photodiode over the lower LED"),
    ("breaker.active_low", "Is its output low when lit?"),
    ("mains.pin", "Pin that senses mains (null: none)"),
    ("wifi.ssid", "Name of the Wi-Fi network (empty: none)"),
    ("wifi.password", "Its passphrase"),
)


def configure(
    port: PortOption = None,
    board: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The board: " + ", ".join(board.id for board in boards.every()),
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="Set a field, such as power.silence_s=600, instead of being asked; repeatable.",
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Write this file instead of a board's config.json."),
    ] = None,
) -> None:
    """Ask what the reader has to know, check it as the firmware does, and write config.json.

    What is on the board already is offered as the answer: press Enter to keep it. A
    passphrase is never shown; without anyone to ask it is taken from the environment, for
    wifi.password from OMNIPOWER_WIFI_PASSWORD. All fields: docs/configuration.md.

    [bold]Examples[/bold]
    python -m tools configure
    python -m tools configure --board xiao_esp32s3 --set mains.pin=6 --set tariff.name=none
    python -m tools configure --file config.json
    """
    if file is not None:
        before = file.read_bytes() if file.exists() else None
        document = _fill(Document(before), _board_named(board), settings)
        _write_private(file, document.encoded())
        show.good(f"{file} is written; keep it to yourself, it may hold a passphrase")
        return
    chosen = ports.choose(port)
    # Asked between two visits: the reader goes on counting while a person thinks.
    with Link(chosen.device) as link:
        before = link.read("config.json")
        chip = probe(link).chip
    named = _board_named(board)
    if named:
        boards.check_chip(named, chip)
    document = _fill(Document(before), named or _board_of(chip), settings)
    with Link(chosen.device) as link:
        link.replace("config.json", document.encoded())
        if link.read("config.json") != document.encoded():
            raise BoardError("config.json did not arrive as sent", "Try again.")
    show.good("config.json is written and read back; the reader starts with it")


def _write_private(path: Path, data: bytes) -> None:
    """Replaces a file that nobody else may read at any moment."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    beside.replace(path)


def _fill(document: Document, board: Board | None, given: list[str] | None) -> Document:
    if document.problem:
        show.note(f"{document.problem}; starting from the defaults")
    if board:
        show.good(f"board: {board.name}")
        for line in board.notes:
            show.note(line)
        document.suggest_pins(board)
        clock_pin = document.get("pulse.clock_pin")
        if clock_pin is not None:
            show.note(
                f"lit time is measured with the help of {board.pin_text(clock_pin)}: leave it free "
                "(--set pulse.clock_pin=null: do without)"
            )
    if given:
        for text in given:
            document.set_text(*_pair(text))
        _secrets_from_environment(document)
        errors = document.errors(board)
        if errors:
            raise BoardError("\n  ".join(errors), "Nothing was written.")
        return document
    _ask_all(document, board)
    return document


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise BoardError(f"--set {text}: not FIELD=VALUE")
    if Document.is_secret(name):
        raise BoardError(
            f"--set {name}: a secret on the command line stays in the shell's history",
            f"Put it into the environment as {_variable(name)}, or leave it out to be asked.",
        )
    return name, value


def _secrets_from_environment(document: Document) -> None:
    for name in Document.secrets():
        value = os.environ.get(_variable(name))
        if value is not None:
            document.set_value(name, value)


def _variable(name: str) -> str:
    return "OMNIPOWER_" + name.replace(".", "_").upper()


def _ask_all(document: Document, board: Board | None) -> None:
    while True:
        for name, question in QUESTIONS:
            if name == "wifi.password" and not document.get("wifi.ssid"):
                continue
            _ask(document, name, question, board)
        errors = document.errors(board)
        if not errors:
            return
        show.problem("\n  ".join(errors), "Once more, please:")


def _ask(document: Document, name: str, question: str, board: Board | None) -> None:
    while True:
        secret = Document.is_secret(name)
        present = document.get(name)
        if secret:
            question_now = question + (" (Enter keeps the present one)" if present else "")
            answer = typer.prompt(question_now, default="", hide_input=True, show_default=False)
            if not answer:
                return
            document.set_value(name, answer)
        else:
            answer = typer.prompt(question, default=_shown(present))
            document.set_text(name, answer)
        error = document.error_of(name, board)
        if error is None:
            return
        show.problem(error)


def _shown(value: Any) -> str:
    if value is True or value is False:
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value)


def _board_named(name: str | None) -> Board | None:
    if name is None:
        return None
    board = boards.named(name)
    if board is None:
        accepted = ", ".join(board.id for board in boards.every())
        raise BoardError(f"--board {name}: not known; accepted: {accepted}")
    return board


def _board_of(chip: str | None) -> Board | None:
    """The board in front of us, asked where there is more than one with its chip."""
    candidates = boards.of_chip(chip)
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    for number, board in enumerate(candidates, 1):
        show.plain(f"  {number}  {board.name}")
    while True:
        number = typer.prompt("Which board is it?", type=int, default=1)
        if 1 <= number <= len(candidates):
            return candidates[number - 1]
        show.problem(f"{number}: accepted: 1 to {len(candidates)}")
