"""The supervisor, with a small program in the firmware's place."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tools.simulator.profile import load_profile
from tools.simulator.restarts import EARLY_ENDS_MAX, RestartPolicy
from tools.simulator.settings import MeterSettings
from tools.simulator.state_dir import StateDir, StateDirError
from tools.simulator.supervisor import ROOT, RunOptions, Supervisor

FAKE_READER = Path(__file__).with_name("fake_reader.py")
PATIENCE_S = 120


class Transcript:
    """An output that remembers."""

    def __init__(self):
        self.notes = []
        self.views = []

    def show(self, view):
        self.views.append(view)

    def note(self, text):
        self.notes.append(text)

    def close(self):
        pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def run(tmp_path, capfd):
    """Runs once; returns (exit code, closing text, transcript)."""

    def run_once(until=lambda view: (view.true_pulses or 0) >= 30, fake=None, **changes):
        meter = MeterSettings(
            **{"profile": "constant:3600", "scenario": "normal", **changes.pop("meter", {})}
        )
        options = RunOptions(
            meter=meter,
            profile=load_profile(meter.profile),
            firmware_command=[sys.executable, str(FAKE_READER)],
            state_dir=tmp_path / "run",
            port=free_port(),
            **{"speed": 30.0, "faults": {"fake": fake or {}}, **changes},
        )
        output = Transcript()
        supervisor = Supervisor(options, output)
        shown = output.show

        def show(view):
            shown(view)
            if until(view) and not any(map(until, output.views[:-1])):
                signal.raise_signal(signal.SIGINT)

        output.show = show
        code = supervisor.run()
        return code, capfd.readouterr().out, output

    return run_once


def causes(tmp_path):
    return (tmp_path / "run" / "causes.txt").read_text().split()


def test_equal_to_the_pulse_and_on_from_there(run, tmp_path):
    code, text, _ = run()
    assert code == 0
    assert "equal to the pulse" in text
    assert json.loads((tmp_path / "run" / "ledger.json").read_text())["clean_stop"]
    code, text, output = run(until=lambda view: (view.true_pulses or 0) >= 60)
    assert code == 0
    assert "equal to the pulse" in text
    assert output.notes[0].startswith("meter: goes on from 12345.7")
    # A run ended in order is only a pause: RTC memory is kept.
    assert causes(tmp_path) == ["power_on", "soft"]


def test_fresh_starts_with_a_new_meter_and_a_blank_board(run, tmp_path):
    run()
    code, _, output = run(fresh=True)
    assert code == 0
    assert output.notes[0] == "meter: a new meter"
    assert causes(tmp_path) == ["power_on"]


def test_breaker_scenario_is_told(run):
    code, _, output = run(
        until=lambda view: view.breaker_open, meter={"scenario": "breaker"}, speed=60.0
    )
    assert code == 0
    assert "meter: the breaker has opened" in output.notes


def test_power_cut_takes_the_reader_s_power_too(run, tmp_path):
    code, text, output = run(
        until=lambda view: view.virtual_us > 425_000_000,
        meter={"scenario": "power_cut"},
        speed=120.0,
    )
    assert "the reader has lost its own power for 20 s (virtual)" in output.notes
    assert "meter: mains lost" in output.notes
    assert causes(tmp_path) == ["power_on", "power_on"]
    # No load during the cut, and all was saved before: nothing is lost.
    assert code == 0
    assert "equal to the pulse" in text


@pytest.mark.parametrize(
    ("exit_code", "cause"), [(3, "hard"), (4, "watchdog"), (5, "soft"), (6, "deepsleep")]
)
def test_exit_codes_are_resets(run, tmp_path, exit_code, cause):
    code, text, output = run(fake={"exit": exit_code})
    assert causes(tmp_path) == ["power_on", cause]
    assert output.views[-1].restarts == 1
    # The pulses while it started are missing, and accounted for.
    assert code == 0, text
    assert "while the reader was off or starting" in text


def test_killed_firmware_starts_as_from_power_on(run, tmp_path):
    code, text, output = run(fake={"kill": True})
    assert causes(tmp_path) == ["power_on", "power_on"]
    assert "the firmware was ended by signal 9" in output.notes
    assert code == 0, text
    assert "seen but not saved when the reader was cut off" in text
    # Explained once, an old loss is no reason to fail later runs.
    code, text, _ = run(until=lambda view: (view.true_pulses or 0) >= 60)
    assert code == 0, text
    assert "missing since an earlier run" in text


@pytest.mark.parametrize(("miscount", "words"), [(-2, "without explanation"), (2, "too many")])
def test_a_miscount_fails_the_run(run, miscount, words):
    code, text, _ = run(fake={"miscount": miscount})
    assert code == 1
    assert words in text


def test_firmware_that_cannot_start_is_given_up(run, monkeypatch):
    monkeypatch.setattr("tools.simulator.restarts.FIRST_PAUSE_WALL_S", 0.01)
    code, _, output = run(until=lambda view: False, fake={"crash_at_start": True})
    assert code == 1
    assert any("the fake firmware was told to crash" in note for note in output.notes)


def test_restart_policy():
    policy = RestartPolicy()
    policy.started()
    ends = [policy.ended(1) for _ in range(EARLY_ENDS_MAX)]
    pauses = [end.pause_wall_s for end in ends]
    assert pauses == sorted(pauses)
    assert pauses[0] == 0.5
    assert [end.hopeless for end in ends] == [False] * (EARLY_ENDS_MAX - 1) + [True]


def test_other_files_are_never_cleared(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(StateDirError, match="holds other files"):
        StateDir(tmp_path).claim()


def test_one_run_at_a_time(tmp_path):
    first = StateDir(tmp_path / "run")
    first.claim()
    with pytest.raises(StateDirError, match="another run is using it"):
        StateDir(tmp_path / "run").claim()
    first.release()
    StateDir(tmp_path / "run").claim()


def command_line(*options):
    return subprocess.run(
        [sys.executable, "-m", "tools.simulator", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


def test_port_in_use_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = command_line("--port", str(port), "--state-dir", str(tmp_path / "run"))
    assert ended.returncode == 2
    assert f"port {port} cannot be used" in ended.stderr
    assert f"make run PORT={port + 1}" in ended.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--speed", "fast"], "'fast': accepted is a number, 0.1 to 10000"),
        (["--speed", "0"], "0.1 to 10000"),
        (["--profile", "nowhere.csv"], "no such file"),
        (["--scenario", "war"], "'war'"),
        (["--imp-per-kwh", "0"], "1 to 100000"),
        (["--register", "12,5"], "0 to 3 decimals"),
        (["--pulse-width-ms", "400", "--profile", "steps"], "accepted is at most 46.955 ms"),
        (["--fault", "x=y"], "NAME=JSON"),
    ],
)
def test_bad_options_are_named(tmp_path, options, message):
    ended = command_line(*options, "--state-dir", str(tmp_path / "run"))
    assert ended.returncode == 2
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr
