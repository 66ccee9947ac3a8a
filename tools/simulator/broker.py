"""The MQTT broker of a run: Debian's mosquitto on loopback, with a configuration of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

HOST = "127.0.0.1"
START_PATIENCE_S = 5.0
STOP_PATIENCE_S = 5.0
# Where a package puts it is not always where a user's shell looks.
_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
MISSING = (
    "mosquitto is not installed: this run is without MQTT "
    "(Debian: apt-get install mosquitto mosquitto-clients)"
)


class BrokerError(RuntimeError):
    """The broker does not start; the text says why."""


def find(program: str = "mosquitto") -> str | None:
    """Where the program is, or None."""
    return shutil.which(program, path=_PATH)


def free_port() -> int:
    """A TCP port on loopback that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


class Broker:
    """One mosquitto process.

    Args:
        folder: for its configuration and its log.
        port: on loopback, 0 for any that is free.
        lines: further lines of its configuration.
    """

    def __init__(self, folder: Path, port: int = 0, lines: tuple[str, ...] = ()) -> None:
        self.port = port or free_port()
        self._program = find()
        self._log_path = folder / "mosquitto.log"
        self._config_path = folder / "mosquitto.conf"
        # Without persistence: what it retains is gone with it, as after a new installation.
        settings = ["persistence false", "log_type all", f"listener {self.port} {HOST}", *lines]
        if not any(line.startswith("allow_anonymous") for line in lines):
            settings.append("allow_anonymous true")
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            # Else it would give up root, and with it the files of this folder.
            settings.append("user root")
        self._config_path.write_text("\n".join(settings) + "\n", encoding="utf-8")
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """Return when it accepts connections; BrokerError if it does not."""
        if self._program is None:
            raise BrokerError(MISSING)
        with self._log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [self._program, "-c", str(self._config_path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        give_up_s = time.monotonic() + START_PATIENCE_S
        while time.monotonic() < give_up_s and self.process.poll() is None:
            try:
                socket.create_connection((HOST, self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        self.stop()
        raise BrokerError(f"mosquitto does not start on port {self.port}: {self.log()[-300:]}")

    def log(self) -> str:
        """Everything it has said."""
        return self._log_path.read_text(errors="replace")

    def stop(self) -> None:
        """End it in order, and at any rate."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process = None

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
