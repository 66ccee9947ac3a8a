"""An imitated board on a pseudo-terminal: real mpremote on one side, real MicroPython on the other.

Between the two is a cable that can be pulled. A reset of the board is the end of its process,
after which it starts again with what its flash holds, as a real one does.

    python host_tests/pty_board.py                      a board to try the tools on
    python host_tests/pty_board.py deploy self-test     commands of the tools, on a fresh one
"""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import sys
import sysconfig
import tempfile
import termios
import threading
import time
import tty
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_MICROPYTHON = Path(sysconfig.get_path("scripts")) / "micropython"
# What the imitated ``machine`` ends its process with.
_RESETS = {3: "hard", 4: "watchdog", 5: "soft"}
# Output that nobody reads is lost, as on a serial line.
_UNREAD_S = 5.0
_BOOTS_MAX = 40
# Without a word for so long after Ctrl-C, an interpreter that waits for a lock hangs.
_HANGS_S = 1.5
# A program that never waits is interrupted after so long all the same.
_BUSY_S = 5.0
# What the board says when its program has asked for a reset.
_RESET = re.compile(rb"\x1ereset (\d)\r?\n")


class PtyBoard:
    """A board, powered from the start.

    Args:
        state_dir: existing folder for flash, NVS and RTC memory; used again, it goes on.
        speed: how fast its time runs.
        heap: what Python has on it, as ``-X heapsize`` of the interpreter.
        psram: bytes of memory outside of the chip that it says it has.

    Attributes:
        port: what stands in for ``/dev/ttyUSB0``; another one after ``plug_in``.
        boots: how often it has started.
        output: everything that it has said.
    """

    def __init__(self, state_dir, speed=1.0, heap="16M", psram=8 << 20):
        self.state_dir = Path(state_dir)
        self._heap = heap
        self._psram = psram
        self._speed = speed
        self.boots = 0
        self.output = b""
        self._looked = 0
        self._heard = threading.Condition()
        self._process: Any = None
        self._serial = None
        self._cable = None
        self._cut_after = None
        self._powered = False
        self._interrupted_s = None
        self.port = None
        self._wake, self._waker = os.pipe()
        self.plug_in()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ending = False
        self.power_on()
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._ending = True
        self._poke()
        self._thread.join(20)
        self.power_off()
        self.pull_cable()

    # The cable ------------------------------------------------------------------------

    def plug_in(self):
        """Connect a new cable; ``port`` names it."""
        ours, theirs = pty.openpty()
        tty.setraw(theirs)
        self.port = os.ttyname(theirs)
        # Their end is held open too: a line exists whether or not anyone listens.
        self._cable = (ours, theirs)
        self._poke()

    def pull_cable(self):
        """Disconnect: whoever has the port open gets an error."""
        cable, self._cable = self._cable, None
        if cable:
            for end in cable:
                os.close(end)

    def pull_cable_after(self, count):
        """Disconnect once so many bytes more have gone to the board."""
        self._cut_after = count

    # Power ----------------------------------------------------------------------------

    def power_on(self, cause="power_on"):
        """Start the board's process."""
        ours, theirs = pty.openpty()
        tty.setraw(theirs)
        attributes = termios.tcgetattr(theirs)
        # On the chip the port itself turns Ctrl-C into an interrupt.
        attributes[3] |= termios.ISIG
        termios.tcsetattr(theirs, termios.TCSANOW, attributes)

        def own_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self._process = subprocess.Popen(
            [
                *(str(_MICROPYTHON), "-X", f"heapsize={self._heap}", "-i"),
                str(Path(__file__).parent / "simulator" / "board_prompt.py"),
                *(str(ROOT), str(self.state_dir), cause, str(self._speed), str(self._psram)),
            ],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            preexec_fn=own_terminal,
        )
        os.close(theirs)
        self._serial = ours
        self.boots += 1
        self._powered = True
        self._poke()

    def power_off(self):
        """Take the power away, without a word."""
        self._powered = False
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        if self._process:
            self._process.wait()
        (self.state_dir / "rtc_memory.bin").unlink(missing_ok=True)
        self._poke()

    def power_cycle(self):
        """Off and on again."""
        self.power_off()
        self._close_serial()
        self.power_on()

    def wait_for(self, text, timeout_s=60.0, since=0):
        """Wait until the board has said ``text`` after position ``since`` of its output."""
        wanted = text.encode()
        with self._heard:
            if not self._heard.wait_for(lambda: wanted in self.output[since:], timeout_s):
                raise AssertionError(f"it never said {text!r}, but:\n{self.output.decode()}")

    # The two directions ---------------------------------------------------------------

    def _poke(self):
        os.write(self._waker, b"x")

    def _close_serial(self):
        serial, self._serial = self._serial, None
        if serial is not None:
            os.close(serial)

    def _run(self):
        while not self._ending:
            cable, serial = self._cable, self._serial
            sources = [self._wake]
            sources += [cable[0]] if cable else []
            sources += [serial] if serial is not None else []
            try:
                ready, _, _ = select.select(sources, [], [], 0.2)
            except (OSError, ValueError):
                continue
            self._revive()
            if self._wake in ready:
                os.read(self._wake, 64)
            if serial in ready:
                self._from_board(serial, cable)
            if cable and cable[0] in ready:
                self._to_board(cable, serial)

    def _revive(self):
        """End an interpreter that hangs on a lock of its own since Ctrl-C, and start it again.

        A signal that reaches the unix port while it holds its scheduler's lock waits for that
        lock for ever. A chip has no signals; there the interrupt always comes through.
        """
        if self._interrupted_s is None or time.monotonic() - self._interrupted_s < _HANGS_S:
            return
        self._interrupted_s = None
        try:
            waits_in = Path(f"/proc/{self._process.pid}/wchan").read_text()
        except OSError:
            return
        if "futex" in waits_in and self._powered:
            self._stop()
            self._restart("hard")

    def _await_idle(self):
        """Wait until the interpreter waits for something itself, or has long been busy.

        The unix port raises KeyboardInterrupt right in the signal's handler, wherever it is. In
        the midst of an allocation that leaves the heap locked for ever, most likely while the
        board boots. A chip raises it between two opcodes.
        """
        give_up_s = time.monotonic() + _BUSY_S
        while time.monotonic() < give_up_s and self._powered:
            try:
                status = Path(f"/proc/{self._process.pid}/stat").read_text()
            except OSError:
                return
            if status.rpartition(")")[2].split()[0] == "S":
                return
            time.sleep(0.001)

    def _from_board(self, serial, cable):
        try:
            data = os.read(serial, 4096)
        except OSError:
            data = b""
        if not data:
            self._ended()
            return
        self._interrupted_s = None
        with self._heard:
            self.output += data
            self._heard.notify_all()
        reset = _RESET.search(self.output, self._looked)
        if reset:
            self._looked = reset.end()
            self._stop()
            self._restart(_RESETS.get(int(reset.group(1)), "power_on"))
            return
        if cable:
            try:
                _, writable, _ = select.select([], [cable[0]], [], _UNREAD_S)
                if writable:
                    os.write(cable[0], data)
            except (OSError, ValueError):
                pass

    def _to_board(self, cable, serial):
        try:
            data = os.read(cable[0], 256)
        except OSError:
            return
        if self._cut_after is not None:
            data = data[: self._cut_after]
            self._cut_after -= len(data)
        if serial is not None:
            if b"\x03" in data:
                self._await_idle()
                self._interrupted_s = time.monotonic()
            try:
                os.write(serial, data)
            except OSError:
                pass
        if self._cut_after == 0:
            self._cut_after = None
            self.pull_cable()

    def _ended(self):
        """The process is gone: start again as the reset says."""
        self._close_serial()
        if not self._powered:
            return
        self._restart(_RESETS.get(self._process.wait(), "power_on"))

    def _stop(self):
        self._process.kill()
        self._process.wait()

    def _restart(self, cause):
        self._close_serial()
        if self.boots >= _BOOTS_MAX:
            self._powered = False
            return
        self.power_on(cause)


def play(commands):
    """Run commands of the tools on a fresh board, options after them; return the exit code."""
    with tempfile.TemporaryDirectory() as folder, PtyBoard(folder, speed=20) as board:
        board.wait_for(">>>")
        for command in commands:
            name, *options = command.split()
            ended = subprocess.run(
                [sys.executable, "-m", "tools", name, "--port", board.port, *options], cwd=ROOT
            )
            if ended.returncode:
                return ended.returncode
    return 0


def serve():
    """Keep a board until Ctrl-C; its memory is kept for the next time."""
    folder = ROOT / ".run" / "board"
    folder.mkdir(parents=True, exist_ok=True)
    with PtyBoard(folder) as board:
        print(f"An imitated board listens on {board.port}. In another terminal, such as:")
        for target in ("doctor", "deploy", "configure", "monitor"):
            print(f"  make {target} PORT={board.port}")
        print("Ctrl-C here ends it; what it holds stays in .run/board.", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(1)


if __name__ == "__main__":
    sys.exit(play(sys.argv[1:]) if sys.argv[1:] else serve())
