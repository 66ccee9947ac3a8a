"""One imitated board: its process, and the line on which its virtual time is held."""

from __future__ import annotations

import json
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.simulator.child import FirmwareChild

ROOT = Path(__file__).parents[2]
_BOOT = Path(__file__).parent / "board" / "chaos_boot.py"
# Wall time that a board may take to say something; above it, it hangs or the machine does.
PATIENCE_S = 300.0
# In place of an exit code: the process has ended without a word, or says nothing any more.
ENDED = -1
SILENT = -2
Action = list[Any]


@dataclass(frozen=True)
class Report:
    """Why the board stands still: "boot", "due", "exact", or "end" with an exit code."""

    why: str
    code: int
    t_us: int


class BoardLine:
    """Starts boards one after the other and holds each by its line.

    Args:
        state_dir: what outlives a board's process.
        boot: what ``boot.json`` holds, but for what differs from start to start.
        heap: of the interpreter, as its option takes it.

    Attributes:
        calm: nothing is wrong: beats of metering in which nothing can happen may be left out.
    """

    def __init__(self, state_dir: Path, boot: dict[str, Any], heap: str) -> None:
        self._state_dir = state_dir
        self._boot = boot
        self._heap = heap
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._child: FirmwareChild | None = None
        self._line: socket.socket | None = None
        self._received = b""
        self._last_us = 0
        self.calm = False
        self.log_path = state_dir / "firmware.log"

    def start(self, cause: str) -> Report:
        """Power on, and return the board's first word: nothing of the firmware has run yet."""
        control_port = self._listener.getsockname()[1]
        boot = {**self._boot, "reset_cause": cause, "control_port": control_port}
        path = self._state_dir / "boot.json"
        path.write_text(json.dumps(boot), encoding="utf-8")
        interpreter = str(Path(sys.executable).parent / "micropython")
        command = [interpreter, "-X", f"heapsize={self._heap}", str(_BOOT), str(ROOT), str(path)]
        # One start's words are enough to tell what went wrong.
        self.log_path.write_bytes(b"")
        self._child = FirmwareChild(command, ROOT, self.log_path)
        self._listener.settimeout(PATIENCE_S)
        self._line, _ = self._listener.accept()
        self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        return self.wait()

    def order(
        self, until_us: int, do: list[Action] | None = None, pace: float = 0, exact: bool = False
    ) -> None:
        """Have the board act and run on until a virtual instant.

        Args:
            until_us: the instant.
            do: names of ``board/actions.py`` with their arguments.
            pace: virtual per wall second, 0: as fast as it can.
            exact: stand still at that very instant, whatever the interpreter is doing.
        """
        order = {"do": do or [], "until_us": until_us, "pace": pace, "exact": exact}
        self._send({**order, "calm": self.calm})

    def halt(self) -> Report:
        """Have a board that runs at a pace stand still now."""
        self._send("now")
        return self.wait()

    def wait(self, patience_s: float = PATIENCE_S) -> Report:
        """The board's next word; that of its end if none comes."""
        return self.look(patience_s) or Report("end", SILENT, self._last_us)

    def look(self, patience_s: float = 0.001) -> Report | None:
        """The board's next word if it comes within a wall time."""
        assert self._line is not None
        self._line.settimeout(patience_s)
        try:
            while b"\n" not in self._received:
                data = self._line.recv(4096)
                if not data:
                    return Report("end", ENDED, self._last_us)
                self._received += data
        except TimeoutError:
            return None
        except ConnectionError:
            return Report("end", ENDED, self._last_us)
        line, _, self._received = self._received.partition(b"\n")
        report = Report(**json.loads(line))
        self._last_us = report.t_us
        return report

    def kill(self) -> None:
        """The board's process ends at once; no handler and no finaliser has a say."""
        if self._child is not None:
            self._child.kill()
            self._child = None
        if self._line is not None:
            self._line.close()
            self._line = None

    def last_words(self) -> str:
        return self.log_path.read_text(errors="replace")[-1500:]

    def close(self) -> None:
        self.kill()
        self._listener.close()

    def _send(self, value: Any) -> None:
        assert self._line is not None
        try:
            self._line.sendall(json.dumps(value).encode() + b"\n")
        except OSError:
            pass  # It has ended; the next look says so.
