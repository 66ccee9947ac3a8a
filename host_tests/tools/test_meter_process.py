"""The meter as a process: its wire, its commands, and what it remembers."""

import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from host_tests.tools.fake_reader import Wire
from tools.simulator.edge_server import BOOT_US, EDGES_MAX
from tools.simulator.meter import VirtualMeter
from tools.simulator.meter_file import MeterFileError, restore
from tools.simulator.settings import MeterSettings

ROOT = Path(__file__).parents[2]
S = 1_000_000
PATIENCE_S = 60


class Meter:
    """A meter process under test."""

    def __init__(self, state_dir, *options):
        module = "tools.simulator.meter_process"
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, "--state-dir", str(state_dir), *options],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.lines = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        self.first = self.lines.get(timeout=PATIENCE_S)
        self.port = self.first["port"]

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def say(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def wait_for(self, condition):
        while True:
            line = self.lines.get(timeout=PATIENCE_S)
            if condition(line):
                return line

    def quit(self):
        self.process.stdin.close()
        assert self.process.wait(PATIENCE_S) == 0
        return self.wait_for(lambda line: line.get("event") == "end")


@pytest.fixture
def start(tmp_path):
    meters = []

    def start_meter(*options):
        meters.append(Meter(tmp_path, *options))
        return meters[-1]

    yield start_meter
    for meter in meters:
        meter.process.kill()
        meter.process.wait()


def test_edges_over_the_wire_equal_the_meter_s_own(start):
    meter = start("--profile=constant:69000", "--scenario=flicker")
    wire = Wire(meter.port)
    assert (wire.now_us, wire.levels) == (0, [0, 0, 1])
    edges = []
    for until_us in (0, 1, 10 * S, 10 * S, 25 * S):
        edges += wire.read_to(until_us)
    settings = MeterSettings(profile="constant:69000", scenario="flicker", lamp=True)
    same = VirtualMeter(settings)
    assert edges == same.advance(25 * S)
    assert meter.quit()["pulses"] == same.pulses


def test_a_crowded_block_is_cut_short(start):
    wire = Wire(start("--profile=constant:0", "--scenario=flicker").port)
    edges = wire.ask(30 * S)
    assert EDGES_MAX - 3 <= len(edges) <= EDGES_MAX
    assert edges[-1][0] <= wire.now_us < 30 * S
    rest = wire.read_to(30 * S - 1)
    assert rest[0][0] > edges[-1][0]
    assert len(edges) + len(rest) == 2 * 30 * 100


def test_offsets_stay_within_32_bits(start):
    wire = Wire(start("--profile=constant:0").port)
    wire.ask(3 * 3600 * S)
    assert wire.now_us == 2**32 - 1
    assert wire.read_to(3 * 3600 * S) == []


def test_time_goes_on_while_a_second_reader_boots(start):
    meter = start("--profile=constant:36000")
    first = Wire(meter.port)
    first.read_to(10 * S)
    first.close()
    gone = meter.wait_for(lambda line: line.get("event") == "reader_disconnected")
    assert gone["t_us"] == 10 * S
    assert gone["pulses"] == gone["pulses_unsaved_at_most"] == 100
    second = Wire(meter.port)
    assert second.now_us == 10 * S + BOOT_US
    back = meter.wait_for(lambda line: line.get("event") == "reader_connected")
    assert (back["pulses"], back["pulses_while_reader_off"]) == (115, 15)
    assert second.ask(second.now_us + 99_999) == [(second.now_us - 69_999, 0, 0)]


def test_reader_loses_its_power_in_the_second_cut(start):
    meter = start("--scenario=power_cut", "--profile=constant:3600")
    wire = Wire(meter.port)
    wire.read_to(379 * S)
    with pytest.raises(ConnectionError):
        wire.read_to(400 * S)
    event = meter.wait_for(lambda line: line.get("event") == "reader_power_off")
    assert (event["t_us"], event["mains"], event["power_w"]) == (380 * S, False, 0)
    assert Wire(meter.port).now_us == 400 * S + BOOT_US


def test_commands(start):
    meter = start("--profile=constant:3600")
    wire = Wire(meter.port)
    wire.read_to(1 * S)
    meter.say("breaker open utility")
    assert meter.wait_for(lambda line: line.get("event") == "breaker")["breaker_open"]
    assert wire.ask(9 * S)[:2] == [(1 * S, 1, 1), (1_030_000, 0, 0)]
    meter.say("nonsense")
    meter.say("breaker close")
    assert not meter.wait_for(lambda line: line.get("event") == "breaker")["breaker_open"]
    meter.say("mains off")
    assert not meter.wait_for(lambda line: line.get("event") == "mains")["mains"]
    meter.say("mains on")
    assert meter.wait_for(lambda line: line.get("event") == "mains")["mains"]
    meter.say("drain")
    assert meter.wait_for(lambda line: line.get("event") == "drained")["drained"]
    assert wire.read_to(60 * S) == [(9 * S, 1, 0)]


def test_goes_on_where_it_stopped(start):
    options = ("--profile=household_2007-02", "--scenario=bounce", "--seed=5")
    meter = start(*options)
    assert meter.first["note"] == "a new meter"
    wire = Wire(meter.port)
    edges = wire.read_to(40 * S)
    register_wh = meter.quit()["register_wh"]
    again = start(*options)
    assert again.first["note"] == f"goes on from {register_wh / 1000:.3f} kWh"
    wire = Wire(again.port)
    # The house stood still, and nothing was lost while nothing ran.
    assert wire.now_us == 40 * S
    edges += wire.read_to(100 * S)
    settings = MeterSettings(scenario="bounce", bounce_us=2_000, seed=5)
    assert edges == VirtualMeter(settings).advance(100 * S)
    assert again.quit()["pulses_while_reader_off"] == 0


def test_other_settings_keep_the_register_only(start):
    meter = start("--profile=constant:3600", "--register=99.5")
    Wire(meter.port).read_to(20 * S)
    assert meter.quit()["register_wh"] == 99_520
    other = start("--profile=constant:7200", "--imp-per-kwh=500", "--register=0")
    assert other.first["note"] == (
        "saved with another profile, imp_per_kwh: the profile starts anew, "
        "the register goes on from 99.520 kWh"
    )
    wire = Wire(other.port)
    assert wire.ask(21 * S)[0] == (21 * S, 0, 1)
    end = other.quit()
    assert (end["pulses"], end["register_wh"]) == (21, 99_522)


def test_ends_with_its_parent_and_saves(start, tmp_path):
    meter = start("--profile=constant:3600")
    Wire(meter.port).read_to(5 * S)
    meter.quit()
    assert restore(tmp_path, *_settings_and_profile("constant:3600")).meter.pulses == 5


def test_ctrl_c_is_left_to_the_supervisor(start):
    meter = start("--profile=constant:3600")
    os.kill(meter.process.pid, 2)
    assert len(Wire(meter.port).read_to(1 * S)) == 1


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"format": 2}', '{"format": 1, "identity": {}, "meter": {}}']
)
def test_a_damaged_state_is_named(tmp_path, content):
    (tmp_path / "meter.json").write_text(content)
    with pytest.raises(MeterFileError, match=r"meter\.json: cannot be read .*--fresh"):
        restore(tmp_path, *_settings_and_profile("steps"))


def _settings_and_profile(name):
    settings = MeterSettings(profile=name)
    return settings, VirtualMeter(settings).profile


def test_no_edge_is_lost_where_the_firmware_has_left_the_imitation_no_memory(tmp_path):
    meter = Meter(tmp_path, "--profile", "constant:20000")
    micropython = Path(sys.executable).parent / "micropython"
    script = Path(__file__).with_name("full_heap.py")
    command = [micropython, "-X", "heapsize=96k", script, ROOT, str(meter.port), "60"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert ended.returncode == 0, ended.stderr
    flashes, given = map(int, ended.stdout.split())
    assert given > 0
    # 20 kW are 5.6 flashes a second.
    assert 330 <= flashes <= 336
    pulses = meter.quit()["pulses"]
    # The meter is a quarter of a second ahead of the reader at most.
    assert flashes <= pulses <= flashes + 2
