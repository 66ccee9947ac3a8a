"""How far a run is: a bar for each reader on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from .part import Part

_LINE_EVERY_S = 15.0


class Lines:
    """Plain lines: violations at once, the rest now and then."""

    def __init__(self, parts: list[Part]) -> None:
        self.faults = {part.number: 0 for part in parts}
        self._shares = {part.number: 0.0 for part in parts}
        self._begun_s = time.monotonic()
        self._due_s = 0.0

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def take(self, part: Part, share: float | None, text: str) -> None:
        """Take what a part has said."""
        if share is None:
            self.faults[part.number] += not text.startswith("VIOLATION")
            self.say(text)
        else:
            self._shares[part.number] = share
            self.show(part, share)

    def say(self, text: str) -> None:
        """Say a line."""
        if text.startswith("VIOLATION"):
            print(text, flush=True)

    def show(self, part: Part, share: float) -> None:
        """Say how far everything is, now and then."""
        if time.monotonic() >= self._due_s:
            self._due_s = time.monotonic() + _LINE_EVERY_S
            shares = ", ".join(f"{100 * share:.0f} %" for share in self._shares.values())
            print(f"{shares}: {sum(self.faults.values())} faults{self._left()}", flush=True)

    def _left(self) -> str:
        """How long the slowest part takes to its end, as far as can be told."""
        least = min(self._shares.values())
        if least <= 0:
            return ""
        left_s = (time.monotonic() - self._begun_s) * (1 - least) / least
        return f", {left_s / 60:.0f} min left"


class Bars(Lines):
    """A bar for each part, with what strikes above them."""

    def __init__(self, parts: list[Part]) -> None:
        super().__init__(parts)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:3.0f} %"),
            TimeRemainingColumn(),
            console=Console(),
        )
        self._tasks = {
            part.number: self._progress.add_task(f"reader {part.number + 1}", total=1.0)
            for part in parts
        }

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def say(self, text: str) -> None:
        """Say a line above the bars."""
        self._progress.console.print(text, highlight=False)

    def show(self, part: Part, share: float) -> None:
        """Move a part's bar."""
        text = f"reader {part.number + 1}, {self.faults[part.number]} faults"
        self._progress.update(self._tasks[part.number], completed=share, description=text)


def make_progress(parts: list[Part]) -> Lines:
    """What suits where the output goes."""
    return Bars(parts) if sys.stdout.isatty() else Lines(parts)
