"""The state directory: what the virtual meter and the board's flash hold between runs."""

from __future__ import annotations

import fcntl
import shutil
from pathlib import Path
from typing import IO

LOCK_NAME = "lock"
# A directory with one of these was made here, so it may be cleared.
_MARKS = ("boot.json", "meter.json", "firmware.log", LOCK_NAME)


class StateDirError(ValueError):
    """A state directory that cannot be used."""


class StateDir:
    """Holds the directory for one run at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._lock: IO[str] | None = None

    def claim(self) -> None:
        """Makes the directory and keeps other runs out of it."""
        if self.path.is_dir() and not self._ours() and any(self.path.iterdir()):
            raise StateDirError(
                f"--state-dir {self.path}: holds other files; accepted is an empty or new "
                "directory, or one made by an earlier run"
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = (self.path / LOCK_NAME).open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StateDirError(
                f"{self.path}: another run is using it; stop that one, or give --state-dir"
            ) from error
        except OSError as error:
            raise StateDirError(f"--state-dir {self.path}: {error}") from error

    def clear(self) -> None:
        """A new meter and a blank board. Only after `claim`."""
        for entry in self.path.iterdir():
            if entry.name == LOCK_NAME:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def release(self) -> None:
        if self._lock is not None:
            self._lock.close()

    def forget_rtc_memory(self) -> None:
        """RTC memory does not survive loss of power."""
        (self.path / "rtc_memory.bin").unlink(missing_ok=True)

    def _ours(self) -> bool:
        return any((self.path / name).exists() for name in _MARKS)
