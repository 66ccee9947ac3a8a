"""A connection to MicroPython's prompt on a board, over mpremote."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import struct
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import serial
from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport

from .error import BoardError
from .ports import check_access, is_pseudo_terminal

# Printed after everything that was run: the end of a program that called sys.exit() looks
# like success otherwise.
_SENTINEL = "\x1edone"
_CHUNK = 512
# How long the board may be silent: while its prompt is being looked for, and once it is there.
_LOOK_S = 2.0
_PATIENCE_S = 30.0
_ATTEMPTS = 3
# The application's watchdog cannot be stopped. It is given this long, and starts over with
# every step, so that it does not bite in the middle of a copy.
_WATCHDOG_MS = 600_000
_FEED = f"""
try:
    import machine
    machine.WDT(timeout={_WATCHDOG_MS}).feed()
except Exception:
    pass
"""

Progress = Callable[[int, int], None]

_LOST = (
    "The cable came loose, or the board lost power or was reset. Nothing half-written is ever "
    "started: connect it again and repeat the command."
)
_SILENT = (
    "If there is no MicroPython on it yet: python -m tools flash. Otherwise close other "
    "programs that use the port (a serial monitor, Thonny), press the board's EN or RST "
    "button, and try again."
)


class Link:
    """The board's prompt. Entering interrupts the reader; leaving restarts it.

    `port`: the device. `restart`: whether leaving resets the board.
    """

    def __init__(self, port: str, restart: bool = True) -> None:
        self.port = port
        self._restart = restart
        self._transport: SerialTransport | None = None

    def __enter__(self) -> Link:
        check_access(self.port)
        try:
            self._transport = SerialTransport(self.port, timeout=_LOOK_S)
        except (TransportError, serial.SerialException, OSError) as error:
            raise BoardError(
                f"{self.port}: cannot be opened ({error})",
                "Another program may be using it; close that one. Or unplug and plug in again.",
            ) from error
        try:
            self._interrupt()
        except BoardError:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._restart:
            with contextlib.suppress(BoardError):
                self.reset()
        self._close()

    def run(self, code: str) -> str:
        """Runs code to its end and returns what it printed."""
        output = self._guarded(lambda transport: _execute(transport, code))
        text = output.decode("utf-8", "replace").replace("\r\n", "\n")
        body, found, _ = text.rpartition(_SENTINEL)
        if not found:
            raise BoardError(f"the board ended the program early; it said: {text.strip()!r}")
        return body

    def value(self, expression: str) -> Any:
        """The value of an expression that JSON can carry."""
        text = self.run(f"import json\nprint(json.dumps({expression}))")
        try:
            return json.loads(text.strip().rpartition("\n")[2])
        except ValueError as error:
            raise BoardError(f"the board answered {text.strip()[:200]!r}") from error

    def feed(self) -> None:
        """Puts the application's watchdog off."""
        self.run(_FEED)

    def write(self, path: str, data: bytes, progress: Progress | None = None) -> None:
        """Writes a file on the board, over what is there."""
        self._guarded(lambda transport: transport.fs_writefile(path, data, _CHUNK, progress), path)

    def replace(self, path: str, data: bytes) -> None:
        """Writes a file beside the old one and renames it: it is either the old or the new."""
        self.write(path + ".tmp", data)
        self.run(f"import os\nos.rename({path + '.tmp'!r}, {path!r})")

    def read(self, path: str) -> bytes | None:
        """A file's content, or None where there is no such file."""
        try:
            return bytes(self._guarded(lambda t: t.fs_readfile(path, _CHUNK), path))
        except FileNotFoundError:
            return None

    def stream(self, code: str, on_data: Callable[[bytes], None]) -> None:
        """Runs code that prints as it goes, until it ends or Ctrl-C is pressed here."""

        def listen(transport: SerialTransport) -> None:
            transport.exec_raw_no_follow(code)
            # Between two prints there may be any length of silence.
            _, problem = transport.follow(timeout=None, data_consumer=on_data)
            if problem:
                raise TransportExecError(b"", problem.decode("utf-8", "replace"))

        self._guarded(listen)

    def interrupt(self) -> None:
        """Stops what `stream` runs, and comes back to the prompt."""
        self._interrupt()

    def reset(self) -> None:
        """Restarts the board, and with it the application."""

        def send(transport: SerialTransport) -> None:
            transport.exec_raw_no_follow("import machine\nmachine.reset()")
            # The answer is the board's restart.
            time.sleep(0.2)

        self._guarded(send)

    def _interrupt(self) -> None:
        resume = is_pseudo_terminal(self.port)
        problem = ""
        for _ in range(_ATTEMPTS):
            try:
                self._transport_now().serial.timeout = _LOOK_S
                # A soft reset gives the application's memory back; the interpreter for a
                # desk has none.
                said = io.StringIO()
                with contextlib.redirect_stdout(said):
                    self._transport_now().enter_raw_repl(soft_reset=not resume, timeout_overall=5)
                self._transport_now().serial.timeout = _PATIENCE_S
                self.run(_FEED)
                return
            except (TransportError, struct.error, BoardError) as error:
                # A board that was just being started may fall out of its prompt again.
                problem = str(error)
            except (serial.SerialException, OSError) as error:
                raise BoardError(f"{self.port}: {error}", _LOST) from error
        raise BoardError(f"{self.port}: MicroPython does not answer ({problem})", _SILENT)

    def _transport_now(self) -> SerialTransport:
        if self._transport is None:
            raise BoardError(f"{self.port}: not connected")
        return self._transport

    def _guarded(self, action: Callable[[SerialTransport], Any], path: str = "") -> Any:
        """Runs an action of mpremote's, and says in our words what went wrong."""
        where = f"{self.port}: {path}: " if path else f"{self.port}: "
        try:
            return action(self._transport_now())
        except TransportExecError as error:
            last = error.error_output.strip().rpartition("\n")[2]
            raise BoardError(f"{where}the board says: {last}") from error
        except (TransportError, serial.SerialException, struct.error) as error:
            raise BoardError(f"{where}the connection broke ({error})", _LOST) from error
        except FileNotFoundError:
            raise
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise BoardError(
                    f"{where}the board's flash is full",
                    "Remove files of your own from it: mpremote fs ls, mpremote fs rm.",
                ) from error
            raise BoardError(f"{where}{error}", _LOST) from error

    def _close(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            with contextlib.suppress(OSError, serial.SerialException, TransportError):
                transport.close()


def _execute(transport: SerialTransport, code: str) -> bytes:
    program = f"{code}\nprint({_SENTINEL!r})"
    output, problem = transport.exec_raw(program, timeout=_PATIENCE_S)
    if problem:
        raise TransportExecError(output, problem.decode("utf-8", "replace"))
    return output
