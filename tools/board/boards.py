"""Pin maps of boards, as data in ``tools/boards/``, and what a pin is good for."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import stored_config
from .error import BoardError

FOLDER = Path(__file__).parents[1] / "boards"

# What the reader uses pins for. An output cannot be on a pin that only listens; the button is
# the board's own, on a pin that is good for nothing else.
INPUTS = ("pulse", "breaker", "mains")
BUTTON = "button"
OUTPUTS = ("selftest", "reference_clock")


@dataclass(frozen=True)
class Board:
    """One board. `roles`: suggested pins; `refused`: pin to the reason."""

    id: str
    name: str
    chip: str
    pcnt: bool
    roles: dict[str, int]
    usable: tuple[int, ...]
    input_only: tuple[int, ...]
    labels: dict[int, str]
    refused: dict[int, str]
    notes: tuple[str, ...]

    def pin_text(self, pin: int) -> str:
        """A pin as it is printed on the board."""
        label = self.labels.get(pin)
        return f"GPIO {pin} ({label})" if label else f"GPIO {pin}"

    def refusal(self, pin: int, output: bool = False) -> str | None:
        """Why a pin is no good, or None when it is."""
        usable = ", ".join(str(p) for p in self.usable if not (output and p in self.input_only))
        if pin in self.refused:
            return (
                f"{self.pin_text(pin)} of the {self.name} is no good: {self.refused[pin]}; "
                f"accepted: {usable}"
            )
        if output and pin in self.input_only:
            return (
                f"{self.pin_text(pin)} of the {self.name} is no good: it can only be an input; "
                f"accepted: {usable}"
            )
        if pin not in self.usable:
            return f"GPIO {pin}: the {self.name} has no such pin; accepted: {usable}"
        return None


@functools.cache
def every() -> tuple[Board, ...]:
    """All boards, by name."""
    boards = [_load(path) for path in sorted(FOLDER.glob("*.json"))]
    return tuple(sorted(boards, key=lambda board: board.name))


def of_chip(chip: str | None) -> list[Board]:
    """The boards with a chip such as ``ESP32S3``."""
    return [board for board in every() if board.chip == chip]


def named(name: str) -> Board | None:
    """The board of a file name such as ``xiao_esp32c3``."""
    return next((board for board in every() if board.id == name), None)


def check_chip(board: Board, chip: str | None) -> None:
    """Raises BoardError where a chip cannot be that of a board; None: not known."""
    if chip is None or chip == board.chip:
        return
    fitting = ", ".join(each.id for each in of_chip(chip)) or "none that is known here"
    raise BoardError(
        f"the {board.name} has an {board.chip}, this board an {chip}",
        f"Boards with an {chip}: {fitting}",
    )


def pin_faults(settings: dict[str, Any], board: Board) -> list[str]:
    """One line per configured pin that a board cannot give."""
    faults = []
    for name, field in stored_config.core("config").SCHEMA.items():
        pin = settings.get(name)
        if field[0] != stored_config.core("config").PIN or not isinstance(pin, int):
            continue
        if name == f"{BUTTON}.pin" and pin == board.roles[BUTTON]:
            continue
        reason = board.refusal(pin, output="clock" in name)
        if reason:
            faults.append(f"{name}: {reason}")
    return faults


def faults_of(stored: bytes, chip: str | None) -> list[str]:
    """The pin faults of a configuration on every board of a chip: what none of them accepts."""
    candidates = of_chip(chip)
    settings, errors = stored_config.parse(stored)
    if not candidates or errors:
        return []
    # A pin left to its default is the firmware's affair: it takes one that the chip has.
    chosen = json.loads(stored)
    settings = {
        name: value
        for name, value in settings.items()
        if name.partition(".")[2] in chosen.get(name.partition(".")[0], {})
    }
    per_board = [pin_faults(settings, board) for board in candidates]
    # Which of them it is cannot be asked: a pin that one of them has is no fault.
    return min(per_board, key=len)


def _load(path: Path) -> Board:
    content = json.loads(path.read_text(encoding="utf-8"))
    return Board(
        id=path.stem,
        name=content["name"],
        chip=content["chip"],
        pcnt=content["pcnt"],
        roles=content["roles"],
        usable=tuple(content["usable"]),
        input_only=tuple(content["input_only"]),
        labels={int(pin): label for pin, label in content["labels"].items()},
        refused={int(pin): reason for pin, reason in content["refused"].items()},
        notes=tuple(content["notes"]),
    )
