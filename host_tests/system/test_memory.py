"""Hours of the whole firmware in a heap of fixed size, and whether the heap is the same after it.

The firmware is imported byte-compiled, as on the board: out of a ROMFS image, whose byte code is
run where it lies, or out of files, which takes the heap for it. The imitation of the board, and the
image as part of it, live in the same heap, so their share is measured first and given on top of
the firmware's. See docs/memory.md.
"""

import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from simulator_run import free_port

from tools import compile as compiler
from tools import romfs
from tools.board import application
from tools.simulator import broker
from tools.simulator.child import FirmwareChild, MeterChild

ROOT = Path(__file__).parents[2]
MICROPYTHON = Path(sys.executable).parent / "micropython"
BOARD = Path(__file__).with_name("memory_board.py")

KIB = 1024
# On the 64-bit interpreter: from ROM what the firmware has to get by with, from files what an hour
# was seen to run in, and a little more, since where holes are left varies from run to run.
GIVEN = {"rom": 160 * KIB, "files": 272 * KIB}
# A request may be under way at either hour; the rest has not been seen to move by 200 bytes.
ALLOWED_GROWTH = 4 * KIB
SPEED = 1500
# A day takes minutes, whatever the speed: MEMORY_HOURS=24 is for those who want to see it.
HOURS = {"rom": max(2, int(os.environ.get("MEMORY_HOURS", "4"))), "files": 2}
# Real time for the day on a slow machine.
PATIENCE_S = 4800
PAUSE_S = 5
pytestmark = pytest.mark.timeout(2 * PATIENCE_S)
HEAP = re.compile(r"^heap (-?\d+) (\d+)$", re.MULTILINE)


class Client(threading.Thread):
    """Someone who looks at the reader: polls its status, or follows its events, until `stop`."""

    def __init__(self, url: str, follow: bool) -> None:
        super().__init__(daemon=True)
        self._url = url
        self._follow = follow
        self._end = threading.Event()
        self.answers = 0

    def run(self) -> None:
        while not self._end.is_set():
            try:
                with urllib.request.urlopen(self._url, timeout=10) as answer:
                    self._read(answer)
            except (urllib.error.URLError, OSError, ValueError):
                pass  # It boots, or has no place free: the next round tells.
            self._end.wait(PAUSE_S)

    def _read(self, answer) -> None:
        if not self._follow:
            json.load(answer)
            self.answers += 1
            return
        for line in answer:
            self.answers += line.startswith(b"data:")
            if self._end.is_set():
                return

    def stop(self) -> None:
        self._end.set()
        self.join(15)


def _meter(folder: Path) -> tuple[MeterChild, int]:
    command = [sys.executable, "-m", "tools.simulator.meter_process", f"--state-dir={folder}"]
    meter = MeterChild(command, ROOT, folder / "meter.log")
    first = meter.next_line(20)
    assert first is not None, meter.errors
    return meter, first["port"]


def _boot_file(folder: Path, meter_port: int, http_port: int, mqtt_port: int | None) -> Path:
    boot = {
        "meter_port": meter_port,
        "state_dir": str(folder),
        "speed": SPEED,
        "http_port": http_port,
        "reset_cause": "power_on",
        "imp_per_kwh": 1000,
        "register_kwh": "12345.678",
        "config": {"mqtt": {"host": broker.HOST, "port": mqtt_port}} if mqtt_port else {},
    }
    path = folder / "boot.json"
    path.write_text(json.dumps(boot), encoding="utf-8")
    return path


def _command(heap: int, boot_file: Path, compiled: Path, *options: str) -> list[str]:
    script = [str(BOARD), str(ROOT), str(boot_file), str(compiled), *options]
    return [str(MICROPYTHON), "-X", f"heapsize={heap}", *script]


class Day:
    """One run: `share` is what the imitated board takes, `used` the firmware's bytes by hour."""

    def __init__(self, folder: Path, compiled: Path, given: int, hours: int) -> None:
        self.hours = hours
        self.share = self._board_alone(folder / "board", compiled)
        self.used: dict[int, int] = {}
        self.log = ""
        self.status: dict = {}
        self.mqtt = broker.find() is not None
        self._run(folder / "day", compiled, given, hours)

    def _board_alone(self, folder: Path, compiled: Path) -> int:
        folder.mkdir()
        meter, port = _meter(folder)
        try:
            command = _command(4096 * KIB, _boot_file(folder, port, 1, None), compiled, "board")
            ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
        finally:
            meter.stop()
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return int(HEAP.findall(ended.stdout)[0][1])

    def _run(self, folder: Path, compiled: Path, given: int, hours: int) -> None:
        folder.mkdir()
        meter, port = _meter(folder)
        http_port = free_port()
        mosquitto = broker.Broker(folder) if self.mqtt else None
        log_path = folder / "firmware.log"
        url = f"http://127.0.0.1:{http_port}"
        clients = [Client(url + "/api/v1/status", False), Client(url + "/events", True)]
        firmware = None
        try:
            if mosquitto:
                mosquitto.start()
            boot_file = _boot_file(folder, port, http_port, mosquitto and mosquitto.port)
            firmware = FirmwareChild(
                _command(given + self.share, boot_file, compiled), ROOT, log_path
            )
            for client in clients:
                client.start()
            give_up = time.monotonic() + PATIENCE_S
            while (
                time.monotonic() < give_up
                and firmware.exit_code is None
                and "MemoryError" not in self.log
            ):
                # The virtual meter talks; nobody else listens here.
                while meter.next_line(0) is not None:
                    pass
                self._take(log_path)
                if hours in self.used:
                    self.status = self._status(url)
                    break
                time.sleep(0.2)
        finally:
            for client in clients:
                client.stop()
            if firmware:
                firmware.stop()
            meter.stop()
            if mosquitto:
                mosquitto.stop()
        self._take(log_path)
        self.answers = [client.answers for client in clients]

    def _take(self, log_path: Path) -> None:
        self.log = log_path.read_text(errors="replace")
        for hour, used in HEAP.findall(self.log):
            self.used[int(hour)] = int(used) - self.share

    @staticmethod
    def _status(url: str) -> dict:
        with urllib.request.urlopen(url + "/api/v1/status", timeout=20) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def applications(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("application")
    files, rom = folder / "mpy", folder / "app.romfs"
    assert compiler.compile_all(files) == []
    rom.write_bytes(romfs.image(application.build()))
    (folder / compiler.CHOOSER).write_bytes(application.chooser())
    return {"files": files, "rom": rom}


@pytest.fixture(scope="module", params=["rom", "files"])
def day(request, tmp_path_factory, applications) -> Day:
    where = request.param
    folder = tmp_path_factory.mktemp("memory")
    return Day(folder, applications[where], GIVEN[where], HOURS[where])


def _kib(day: Day) -> str:
    return ", ".join(f"{hour}: {used / KIB:.1f}" for hour, used in sorted(day.used.items()))


def test_the_whole_firmware_runs_for_hours(day):
    assert day.hours in day.used, day.log[-3000:]
    assert "MemoryError" not in day.log
    assert day.status["failures"] == {}
    assert day.status["register"]["pulses"] > 300 * day.hours
    polled, followed = day.answers
    assert polled > 3
    assert followed > 3
    if day.mqtt:
        assert day.status["mqtt"]["state"] == "connected"
        assert day.status["mqtt"]["messages"] > 40 * day.hours
    print(f"the imitated board {day.share / KIB:.1f} KiB; the firmware by hour, KiB: {_kib(day)}")


def test_the_heap_at_the_end_is_that_after_the_first_hour(day):
    growth = day.used[day.hours] - day.used[1]
    assert growth <= ALLOWED_GROWTH, _kib(day)
