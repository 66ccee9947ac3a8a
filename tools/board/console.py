"""The reader's answers on the serial line, while it goes on counting."""

from __future__ import annotations

import json
import time
from types import TracebackType
from typing import Any

import serial

from .error import BoardError
from .ports import check_access

_MARK = b"\x1estatus "
_ANSWER_S = 5.0
_SILENT = (
    "The reader's application does not run, or is older than this tool. "
    "python -m tools doctor looks; python -m tools deploy starts it anew."
)


class Console:
    """The serial line of a running reader."""

    def __init__(self, port: str) -> None:
        check_access(port)
        self.port = port
        try:
            self._serial = serial.serial_for_url(port, 115_200, timeout=0.1, exclusive=True)
        except (serial.SerialException, OSError) as error:
            raise BoardError(
                f"{port}: cannot be opened ({error})",
                "Another program may be using it; close that one.",
            ) from error

    def __enter__(self) -> Console:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._serial.close()

    def status(self) -> dict[str, Any]:
        """The status, as /api/v1/status has it."""
        try:
            self._serial.reset_input_buffer()
            self._serial.write(b"\nstatus\n")
            heard = b""
            give_up = time.monotonic() + _ANSWER_S
            while time.monotonic() < give_up:
                heard += self._serial.read(4096)
                _, mark, rest = heard.partition(_MARK)
                line, end, _ = rest.partition(b"\n")
                if mark and end:
                    return json.loads(line)
        except (serial.SerialException, OSError) as error:
            raise BoardError(f"{self.port}: the connection broke ({error})") from error
        except ValueError:
            pass
        raise BoardError(f"{self.port}: the reader does not answer", _SILENT)
