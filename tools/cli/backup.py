"""backup and restore: what cannot be made again, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tools.board import backup_file, ports, records
from tools.board.backup_file import Backup
from tools.board.error import BoardError
from tools.board.link import Link
from tools.board.probe import probe
from tools.board.stored_config import check

from . import show
from .options import PortOption


def backup(
    path: Annotated[Path, typer.Argument(help="The file to write; it must not exist yet.")],
    port: PortOption = None,
) -> None:
    """Save configuration, register and events into a file.

    The file holds the passphrases of config.json in plain text, so only you may read it. The
    password of the reader's page is not in it.
    """
    if path.exists():
        raise BoardError(f"{path} exists already", "Take another name.")
    chosen = ports.choose(port)
    with Link(chosen.device) as link:
        board_id = str(probe(link).content.get("id", ""))
        stored = link.read("config.json")
        taken = records.take(link)
    config = None if stored is None else stored.decode("utf-8", "replace")
    Backup(config, taken, board_id, backup_file.now_utc()).write(path)
    show.good(f"{path}: {_contents(config, taken)}")


def restore(
    path: Annotated[Path, typer.Argument(help="A file that backup has written.", exists=True)],
    port: PortOption = None,
    only: Annotated[
        str | None, typer.Option(help="Only this part: config, register or events.")
    ] = None,
    allow_lower: Annotated[
        bool,
        typer.Option("--allow-lower", help="Also when the register on the board reads more."),
    ] = False,
) -> None:
    """Write a backup to a board, also to another one than it came from.

    The register of the backup is that of the day it was taken: set the reading afterwards.
    """
    if only not in (None, "config", *records.KEYS):
        raise BoardError(f"--only {only}: accepted: config, register, events")
    saved = backup_file.read(path)
    if saved.config is not None and only in (None, "config"):
        for error in check(saved.config):
            show.note(f"in the backup: {error}")
    chosen = ports.choose(port)
    with Link(chosen.device) as link:
        wanted = {key: text for key, text in saved.records.items() if only in (None, key)}
        if "register" in wanted and not allow_lower:
            _refuse_lower(records.register_of(records.take(link)), records.register_of(wanted))
        if saved.config is not None and only in (None, "config"):
            link.replace("config.json", saved.config.encode())
            show.good("config.json is restored")
        if wanted:
            present = records.take(link)
            records.put(link, {**present, **wanted})
            show.good(f"restored: {_contents(None, wanted)}")


def _refuse_lower(present: Any, wanted: Any) -> None:
    if present is None or wanted is None or not present.is_set:
        return
    if wanted.reading_wh() < present.reading_wh():
        raise BoardError(
            f"the register on the board reads {present.reading_kwh()} kWh, the backup "
            f"{wanted.reading_kwh()} kWh",
            "A register must not run backward. If it is meant: --allow-lower. "
            "Only the configuration: --only config.",
        )


def _contents(config: str | None, taken: dict[str, str]) -> str:
    parts = [] if config is None else ["config.json"]
    register = records.register_of(taken)
    if register is not None:
        parts.append(f"register {register.reading_kwh()} kWh, {register.total} pulses")
    if "events" in taken:
        parts.append(f"{records.event_count(taken)} events")
    return ", ".join(parts) or "nothing: this board has recorded nothing yet"
