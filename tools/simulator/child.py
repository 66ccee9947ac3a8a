"""Child processes in process groups of their own, so that Ctrl-C reaches only the supervisor."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

STOP_PATIENCE_S = 5.0


class MeterChild:
    """The meter process: JSON lines come in through `lines`, commands go out."""

    def __init__(self, command: list[str], cwd: Path, errors_path: Path) -> None:
        # Its complaints go to a file; a pipe nobody empties would stop it one day.
        self._errors_path = errors_path
        with errors_path.open("wb") as errors:
            self._process = subprocess.Popen(
                command,
                cwd=cwd,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        self._lines: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def next_line(self, patience_s: float) -> dict[str, Any] | None:
        """The oldest line not taken yet, or None if none comes within `patience_s`."""
        try:
            if patience_s > 0:
                return self._lines.get(timeout=patience_s)
            return self._lines.get_nowait()
        except queue.Empty:
            return None

    def send(self, command: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass  # It has ended; `ended` tells.

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    @property
    def errors(self) -> str:
        return self._errors_path.read_text(errors="replace").strip()

    def stop(self) -> None:
        self.send("quit")
        _end(self._process, signal.SIGTERM)
        self._reader.join(STOP_PATIENCE_S)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                self._lines.put(json.loads(line))
            except ValueError:
                continue


class FirmwareChild:
    """The firmware process; everything it prints is appended to its log."""

    def __init__(self, command: list[str], cwd: Path, log_path: Path) -> None:
        with log_path.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative if a signal ended it."""
        return self._process.poll()

    def kill(self) -> None:
        """As pulling the plug: no handler runs."""
        _signal_group(self._process, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        _signal_group(self._process, signal.SIGTERM)
        _end(self._process, signal.SIGKILL)


def _end(process: subprocess.Popen, last_resort: signal.Signals) -> None:
    """Waits for the end of a process that has been asked to stop, then insists."""
    for measure in (last_resort, signal.SIGKILL):
        try:
            process.wait(STOP_PATIENCE_S)
            return
        except subprocess.TimeoutExpired:
            _signal_group(process, measure)
    process.wait()


def _signal_group(process: subprocess.Popen, which: signal.Signals) -> None:
    # A new session makes the child the leader of a process group with its own id.
    if process.poll() is None:
        try:
            os.killpg(process.pid, which)
        except ProcessLookupError:
            pass
