"""backup and restore: what cannot be made again, in one file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tools.board import backup_file, history_files, ports, records
from tools.board.backup_file import Backup
from tools.board.error import BoardError
from tools.board.link import Link
from tools.board.probe import probe
from tools.board.stored_config import check

from . import show
from .options import PortOption

_PARTS = ("config", *records.PARTS)


def backup(
    path: Annotated[Path, typer.Argument(help="The file to write; it must not exist yet.")],
    port: PortOption = None,
    with_passwords: Annotated[
        bool,
        typer.Option(
            "--with-passwords",
            help="Also the passphrases of Wi-Fi and MQTT, in plain text.",
        ),
    ] = False,
) -> None:
    """Save configuration, register, events, history and the months' peaks into a file.

    Without --with-passwords the passphrases stay on the board. The password of the reader's
    page is never in it. Only you may read the file.

    [bold]Examples[/bold]
    python -m tools backup reader.json
    python -m tools backup reader.json --with-passwords
    """
    if path.exists():
        raise BoardError(f"{path} exists already", "Take another name.")
    chosen = ports.choose(port)
    with Link(chosen.device) as link:
        board_id = str(probe(link).content.get("id", ""))
        stored = link.read("config.json")
        taken = records.take(link)
        with show.count("history") as counted:
            history = history_files.take(link, counted)
    config: str | None = None if stored is None else stored.decode("utf-8", "replace")
    left_out: tuple[str, ...] = ()
    if not with_passwords:
        config, left_out = backup_file.without_secrets(config)
    saved = Backup(config, taken, board_id, backup_file.now_utc(), history, left_out)
    saved.write(path)
    # What counts is what is in the file, not what should be.
    for line in _contents(backup_file.read(path)):
        show.good(line)
    if left_out:
        show.note(f"not in it: {', '.join(left_out)}; --with-passwords takes them along")
    show.good(f"{path} is written, with its SHA-256 in it")


def restore(
    path: Annotated[Path, typer.Argument(help="A file that backup has written.", exists=True)],
    port: PortOption = None,
    only: Annotated[
        str | None, typer.Option(help="Only this part: config, register, events or history.")
    ] = None,
    allow_lower: Annotated[
        bool,
        typer.Option(
            "--allow-lower",
            help="Also when register or history on the board go further than the backup.",
        ),
    ] = False,
) -> None:
    """Write a backup to a board, also to another one than it came from.

    The register of the backup is that of the day it was taken: set the reading afterwards.
    Passphrases that are not in the backup stay as the board has them.

    [bold]Examples[/bold]
    python -m tools restore reader.json
    python -m tools restore reader.json --only config
    """
    if only not in (None, *_PARTS):
        raise BoardError(f"--only {only}: accepted: {', '.join(_PARTS)}")
    saved = _part_of(backup_file.read(path), only)
    records.check(saved.records)
    for error in check(saved.config) if saved.config is not None else ():
        show.note(f"in the backup: {error}")
    chosen = ports.choose(port)
    with Link(chosen.device) as link:
        if not allow_lower:
            # All of this before anything is written.
            _refuse_lower(
                records.register_of(records.take(link)), records.register_of(saved.records)
            )
            _refuse_older(link, saved)
        if saved.config is not None:
            _put_config(link, saved)
        if saved.history:
            with show.count("history") as counted:
                history_files.put(link, saved.history, counted)
        if saved.records:
            records.put(link, saved.records)
    for line in _contents(saved) or ["nothing: this backup holds nothing of that"]:
        show.good(f"restored: {line}")


def _part_of(saved: Backup, only: str | None) -> Backup:
    if only is None:
        return saved
    wanted = records.PARTS.get(only, ())
    return Backup(
        saved.config if only == "config" else None,
        {key: text for key, text in saved.records.items() if key in wanted},
        saved.board_id,
        saved.taken_utc,
        saved.history if only == "history" else {},
        saved.left_out if only == "config" else (),
    )


def _put_config(link: Link, saved: Backup) -> None:
    present = link.read("config.json")
    text = backup_file.with_secrets(saved.config or "", saved.left_out, present)
    link.replace("config.json", text.encode())
    if link.read("config.json") != text.encode():
        raise BoardError("config.json did not arrive as sent", "Try again.")
    still = backup_file.without_secrets(text)[1]
    missing = [name for name in saved.left_out if name not in still]
    if missing:
        show.note(
            f"neither in the backup nor on the board: {', '.join(missing)}. "
            "Set them: python -m tools configure"
        )


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


def _refuse_older(link: Link, saved: Backup) -> None:
    wanted = history_files.records(saved.history)
    present = history_files.newest(link) if wanted else None
    # A restart closes an interval: one without pulses is no loss.
    if present is not None and present.total > wanted[-1].total:
        raise BoardError(
            f"the board's history goes on to interval {present.sequence}, the backup's to "
            f"{wanted[-1].sequence}, with {present.total - wanted[-1].total} pulses less",
            "They would be lost. If it is meant: --allow-lower. "
            "Only the configuration: --only config.",
        )


def _contents(saved: Backup) -> list[str]:
    """What a backup holds, a line for each part."""
    lines = []
    if saved.config is not None:
        kept = set(backup_file.without_secrets(saved.config)[1])
        with_them = f", with {', '.join(sorted(kept))}" if kept else ", without passwords"
        lines.append(f"config.json{with_them}")
    register = records.register_of(saved.records)
    if register is not None:
        lines.append(f"register {register.reading_kwh()} kWh, {register.total} pulses")
    if "events" in saved.records:
        lines.append(f"{records.event_count(saved.records)} events")
    intervals = history_files.records(saved.history)
    if intervals:
        lines.append(f"history: {len(intervals)} intervals{_span(intervals)}")
    months = records.month_peaks(saved.records)
    if months:
        # A local month begins at 22 or 23 h UTC of the day before.
        names = [f"{datetime.fromtimestamp(start_s + 7200, UTC):%Y-%m}" for start_s, _ in months]
        lines.append(f"peaks of the months {', '.join(sorted(names))}")
    return lines


def _span(intervals: list[Any]) -> str:
    dated = [record.start for record in intervals if record.start > 1_000_000_000]
    if not dated:
        return ""
    first, last = (datetime.fromtimestamp(s, UTC).date() for s in (min(dated), max(dated)))
    return f", {first} to {last}"
