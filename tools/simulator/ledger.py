"""What earlier runs left behind: how they ended, and which pulses are known to be lost."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from .files import read_json, write_json

FILE_NAME = "ledger.json"


@dataclass
class Ledger:
    """Kept in the state directory from run to run.

    `clean_stop`: the last run was ended in order.
    `missing_explained`: pulses by which the reader was behind at the last comparison,
    all explained then.
    `reader_off_compared`: the meter's count of pulses while the reader was off, then.
    `unsaved`: pulses that may have been lost since because the reader was reset or killed
    before it had come to them or had saved them.
    """

    clean_stop: bool = False
    missing_explained: int = 0
    reader_off_compared: int = 0
    unsaved: int = 0

    def write(self, state_dir: Path) -> None:
        write_json(state_dir / FILE_NAME, asdict(self))


def read(state_dir: Path) -> Ledger:
    """The ledger; one of an unclean stop if there is none or it cannot be read."""
    try:
        content = read_json(state_dir / FILE_NAME)
        return Ledger(**content) if content else Ledger()
    except (ValueError, TypeError):
        return Ledger()
