"""Start `make run`'s program as a user does, and ask the reader over HTTP."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[1]
# How long anything may take on a slow machine before the test gives up.
PATIENCE_S = 60.0
VERDICT = re.compile(r"register ([\d ]+\.\d{3}) kWh, meter ([\d ]+\.\d{3}) kWh: (.*)")
EQUAL = re.compile(r"equal to the pulse \((\d[\d ]*) pulses\)")


def free_port():
    """Return a TCP port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class SimulatorRun:
    """One run of the simulator.

    Args:
        state_dir: where it keeps meter and reader; used again, it goes on.
        options: further command line options, such as ``"--scenario", "bounce"``.
    """

    def __init__(self, state_dir, *options):
        self.port = free_port()
        self.state_dir = state_dir
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tools.simulator",
                "--state-dir",
                str(state_dir),
                "--port",
                str(self.port),
                *options,
            ],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self.interrupt()
            self.finish()

    def get(self, path):
        """Return the JSON that the reader answers, or None while it boots."""
        try:
            url = f"http://127.0.0.1:{self.port}{path}"
            with urllib.request.urlopen(url, timeout=5) as answer:
                return json.load(answer)
        except (urllib.error.URLError, ConnectionError, TimeoutError, ValueError):
            return None

    def wait_for(self, condition, path="/api/v1/status"):
        """Return the first answer that meets the condition."""
        give_up = time.monotonic() + PATIENCE_S
        answer = None
        while time.monotonic() < give_up:
            answer = self.get(path)
            if answer is not None and condition(answer):
                return answer
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"never came to it; the last answer was {answer}")

    def interrupt(self):
        """Press Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def finish(self):
        """Wait for the end and return (exit code, everything printed)."""
        output, _ = self._process.communicate(timeout=4 * PATIENCE_S)
        return self._process.returncode, output

    def kill_firmware(self):
        """Kill the firmware's process with signal 9, as a power cut would."""
        boot = str(self.state_dir / "boot.json")
        for process in Path("/proc").iterdir():
            if not process.name.isdigit():
                continue
            try:
                arguments = (process / "cmdline").read_bytes().decode().split("\0")
            except (OSError, UnicodeDecodeError):
                continue
            if boot in arguments and int(process.name) != os.getpid():
                os.kill(int(process.name), signal.SIGKILL)
                return
        raise AssertionError("the firmware's process was not found")


def equal_pulses(output):
    """Return how many pulses the closing line says are equal."""
    found = EQUAL.search(output)
    assert found, output
    return int(found.group(1).replace(" ", ""))
