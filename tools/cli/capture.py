"""capture: record the light of both LEDs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tools.board import ports
from tools.board.error import BoardError
from tools.board.link import Link
from tools.board.probe import probe
from tools.board.stored_config import core, parse
from tools.trace import trace_file
from tools.trace.capture_stream import CaptureStream
from tools.trace.trace_file import COUNT, LOST, LOWER, UPPER, Record

from . import show
from .options import PortOption

_SCRIPT = Path(trace_file.__file__).with_name("board_capture.py")


def capture(
    path: Annotated[Path, typer.Argument(help="The trace file to write; must not exist yet.")],
    port: PortOption = None,
    seconds: Annotated[
        int, typer.Option(min=0, max=86_400, help="How long; 0: until Ctrl-C.")
    ] = 60,
) -> None:
    """Record every edge of both photodiodes into a trace file.

    The reader is interrupted meanwhile and does not count. Pins and polarity are those of the
    board's config.json. Replay it with: python -m tools replay FILE

    [bold]Examples[/bold]
    python -m tools capture my-meter.trace --seconds 600
    """
    if path.exists():
        raise BoardError(f"{path} exists already", "Take another name.")
    chosen = ports.choose(port)
    with Link(chosen.device) as link:
        found = probe(link)
        settings, errors = parse(link.read("config.json") or b"{}", found.machine)
        if errors:
            raise BoardError(errors[0], "python -m tools configure")
        with path.open("w", encoding="utf-8") as file:
            file.write(trace_file.first_line(_header(settings, found.machine, found.pcnt)))
            tally = _Tally(lambda record: file.write(trace_file.line(record)))
            _record(link, settings, seconds, CaptureStream(tally.take))
    show.good(
        f"{path}: {tally.counts[UPPER]} edges of the upper LED, {tally.counts[LOWER]} of the "
        f"lower; hardware count {tally.hardware}"
    )
    if tally.counts[LOST]:
        show.note(f"{tally.counts[LOST]} edges were lost: too many at once for the board")
    if not tally.counts[UPPER]:
        show.note("no light at all: is the photodiode over the upper LED, is the pin right?")


class _Tally:
    """Counts what goes by, and shows it now and then."""

    def __init__(self, write: Any) -> None:
        self._write = write
        self.counts = {UPPER: 0, LOWER: 0, LOST: 0, COUNT: 0}
        self.hardware: int | str = "none"

    def take(self, record: Record) -> None:
        self._write(record)
        if record.kind == COUNT:
            self.hardware = record.value
            self._show(record.t_us)
        self.counts[record.kind] += record.value if record.kind == LOST else 1

    def _show(self, t_us: int) -> None:
        if show.out.is_terminal:
            text = f"  {t_us / 1e6:8.1f} s  upper {self.counts[UPPER]}  lower {self.counts[LOWER]}"
            show.out.print(text, end="\r")


def _record(link: Link, settings: dict[str, Any], seconds: int, stream: CaptureStream) -> None:
    link.run(_SCRIPT.read_text(encoding="utf-8"))
    pins = [
        settings["pulse.pin"],
        settings["pulse.active_low"],
        settings["breaker.pin"],
        settings["breaker.active_low"],
    ]
    call = f"capture({', '.join(map(repr, pins))}, {seconds})"
    show.plain("recording" + ("" if seconds else "; Ctrl-C ends it"))
    try:
        link.stream(call, stream.feed)
    except KeyboardInterrupt:
        link.interrupt()


def _header(settings: dict[str, Any], machine: str, pcnt: bool) -> dict[str, Any]:
    secret = set(core("config").SECRETS)
    kept = ("meter.", "pulse.", "breaker.", "mains.", "power.", "supply.")
    return {
        "started_utc": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "machine": machine,
        "pcnt": pcnt,
        # Enough to replay it, and nothing that is nobody's business.
        "settings": {
            name: value
            for name, value in settings.items()
            if name.startswith(kept) and name not in secret and name != "meter.number"
        },
    }
