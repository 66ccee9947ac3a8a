"""Runs meter and firmware side by side, shows both, and compares them at the end."""

from __future__ import annotations

import json
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from . import broker, reader_status, settings
from . import ledger as ledgers
from .child import FirmwareChild, MeterChild
from .chronicle import Chronicle
from .panel import Output
from .profile import LoadProfile
from .reader_status import ReaderStatus, StatusPoll
from .restarts import RestartPolicy
from .settings import MeterSettings, kwh_text
from .state_dir import StateDir
from .verdict import Truth, Verdict, compare
from .view import TIMES, View

ROOT = Path(__file__).parents[2]
TICK_WALL_S = 0.1
METER_START_PATIENCE_S = 20.0
EVENT_PATIENCE_S = 1.0
# The register has settled when it has not changed for this long.
SETTLED_US = 3_000_000
SETTLE_PATIENCE_WALL_S = 20.0
SETTLE_POLL_WALL_S = 0.2
LOG_LINES_SHOWN = 15


@dataclass(frozen=True)
class RunOptions:
    """One run. `speed`: virtual per wall seconds; `duration_wall_s`: None is until stopped."""

    meter: MeterSettings
    profile: LoadProfile
    firmware_command: list[str]
    state_dir: Path
    speed: float = 1.0
    port: int = 8080
    duration_wall_s: float | None = None
    fresh: bool = False
    faults: dict[str, Any] = field(default_factory=dict)
    config: dict[str, dict[str, Any]] = field(default_factory=dict)
    install: list[Path] = field(default_factory=list)
    # None: no broker is started; 0: on any free port.
    broker_port: int | None = None


class SupervisorError(RuntimeError):
    """The run cannot go on; the text says why."""


class Supervisor:
    """One run from start to verdict: `run` returns the exit code."""

    def __init__(self, options: RunOptions, output: Output) -> None:
        self._options = options
        self._output = output
        self._state = StateDir(options.state_dir)
        self._ledger = ledgers.Ledger()
        self._chronicle = Chronicle()
        self._policy = RestartPolicy()
        self._meter: MeterChild | None = None
        self._firmware: FirmwareChild | None = None
        self._broker: broker.Broker | None = None
        self._poll = StatusPoll(options.port)
        self._truth: dict[str, Any] = {}
        self._meter_port = 0
        # When the firmware is to be started (again), and with which reset cause.
        self._start_at_wall_s: float | None = None
        self._next_cause = "power_on"
        self._reader_gone = False
        self._started = False
        self._unsaved_at_last_stop = 0
        self._restarts = 0
        self._powers_w: list[tuple[float | None, float | None]] = []
        self._power_due_wall_s = 0.0
        self._imp_warned = False
        self._stop_asked = 0

    def run(self) -> int:
        """0 if the register is right or every difference is explained, 1 otherwise."""
        self._state.claim()
        handlers = {
            which: signal.signal(which, self._on_signal)
            for which in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            self._prepare()
            self._start_broker()
            self._start_meter()
            self._schedule_first_start()
            self._loop()
            verdict = self._close_and_compare()
        except SupervisorError as error:
            self._output.close()
            print(error, file=sys.stderr)
            return 1
        finally:
            self._output.close()
            self._poll.close()
            self._stop_children()
            for which, handler in handlers.items():
                signal.signal(which, handler)
            self._state.release()
        print("\n".join(verdict.lines), flush=True)
        return 0 if verdict.ok else 1

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stop_asked += 1

    # Start

    def _prepare(self) -> None:
        path = self._state.path
        if self._options.fresh or not (path / "meter.json").exists():
            # Without a meter the reader's register would belong to nothing.
            self._state.clear()
        self._ledger = ledgers.read(path)
        (path / "firmware.log").write_bytes(b"")

    def _start_broker(self) -> None:
        if self._options.broker_port is None:
            return
        if broker.find() is None:
            self._output.note(broker.MISSING)
            return
        self._broker = broker.Broker(self._state.path, self._options.broker_port)
        try:
            self._broker.start()
        except broker.BrokerError as error:
            raise SupervisorError(str(error)) from error

    def _reader_config(self) -> dict[str, dict[str, Any]]:
        """What the reader is configured with, beyond what fits the virtual meter."""
        config = {section: dict(fields) for section, fields in self._options.config.items()}
        if self._broker is not None:
            config.setdefault("mqtt", {}).update(host=broker.HOST, port=self._broker.port)
        return config

    def _start_meter(self) -> None:
        path = self._state.path
        command = [sys.executable, "-m", "tools.simulator.meter_process", f"--state-dir={path}"]
        command += settings.to_arguments(self._options.meter)
        self._meter = MeterChild(command, ROOT, path / "meter.log")
        first = self._meter.next_line(METER_START_PATIENCE_S)
        if first is None or "port" not in first:
            raise SupervisorError(f"the meter does not start: {self._meter.errors or 'no answer'}")
        self._meter_port = first["port"]
        self._output.note(f"meter: {first['note']}")
        self._unsaved_at_last_stop = first["pulses_unsaved_at_last_stop"]

    def _schedule_first_start(self) -> None:
        if self._ledger.clean_stop:
            # A run that was ended in order is a pause: even RTC memory is kept.
            self._next_cause = "soft"
        elif (self._state.path / "boot.json").exists():
            self._output.note("the last run was not ended in order: the reader lost its power")
            self._ledger.unsaved += self._unsaved_at_last_stop
        self._ledger.clean_stop = False
        self._ledger.write(self._state.path)
        self._start_at_wall_s = time.monotonic()

    def _start_firmware(self) -> None:
        path = self._state.path
        if self._next_cause == "power_on":
            self._state.forget_rtc_memory()
        boot = {
            "meter_port": self._meter_port,
            "state_dir": str(path),
            "speed": self._options.speed,
            "http_port": self._options.port,
            "reset_cause": self._next_cause,
            "scenario": self._options.meter.scenario,
            "faults": self._options.faults,
            "imp_per_kwh": self._options.meter.imp_per_kwh,
            "register_kwh": kwh_text(self._options.meter.register_wh),
            "config": self._reader_config(),
            "install": [str(path.resolve()) for path in self._options.install],
            "log": str(path / "firmware.log"),
        }
        boot_path = path / "boot.json"
        boot_path.write_text(json.dumps(boot), encoding="utf-8")
        log_path = path / "firmware.log"
        with log_path.open("a", encoding="utf-8") as log:
            log.write(f"--- start, reset cause {self._next_cause}\n")
        command = [*self._options.firmware_command, str(boot_path)]
        try:
            self._firmware = FirmwareChild(command, ROOT, log_path)
        except OSError as error:
            raise SupervisorError(f"{command[0]}: cannot be started: {error}") from error
        self._policy.started()
        self._reader_gone = False
        self._start_at_wall_s = None
        self._restarts += self._started
        self._started = True

    # While it runs

    def _loop(self) -> None:
        begin_wall_s = time.monotonic()
        duration_wall_s = self._options.duration_wall_s
        while not self._stop_asked:
            if duration_wall_s is not None and time.monotonic() - begin_wall_s >= duration_wall_s:
                return
            self._tick()
            self._show("running" if self._poll.latest else "starting")

    def _tick(self) -> None:
        """Takes what has happened in about a tenth of a wall second, and acts on it."""
        deadline_wall_s = time.monotonic() + TICK_WALL_S
        while (patience_s := deadline_wall_s - time.monotonic()) > 0:
            if self._start_at_wall_s is not None and time.monotonic() >= self._start_at_wall_s:
                self._start_firmware()
            self._take_line(patience_s)
        self._take_lines()
        assert self._meter is not None
        if self._meter.ended:
            raise SupervisorError(f"the meter has ended: {self._meter.errors or 'without a word'}")
        if self._firmware is not None and self._firmware.exit_code is not None:
            self._firmware_ended(self._firmware.exit_code)

    def _take_lines(self) -> None:
        while self._take_line(0):
            pass

    def _take_line(self, patience_s: float) -> bool:
        assert self._meter is not None
        line = self._meter.next_line(patience_s)
        if line is None:
            return False
        self._truth = line
        self._chronicle.add(line)
        event = line.get("event")
        if event == "reader_power_off":
            self._cut_reader_power()
        elif event == "reader_disconnected":
            self._reader_gone = True
        elif event == "breaker":
            self._output.note(
                "meter: the breaker has opened" if line["breaker_open"] else "meter: breaker closed"
            )
        elif event == "mains":
            self._output.note("meter: mains back" if line["mains"] else "meter: mains lost")
        return True

    def _cut_reader_power(self) -> None:
        self._output.note("the reader has lost its own power for 20 s (virtual)")
        if self._firmware is not None:
            self._firmware.kill()
            self._firmware = None
            self._note_unsaved(self._truth["pulses_unsaved_at_most"])
        self._next_cause = "power_on"
        self._start_at_wall_s = time.monotonic()

    def _firmware_ended(self, exit_code: int) -> None:
        # The meter notices at the same time; what it says then belongs to this end.
        deadline_wall_s = time.monotonic() + EVENT_PATIENCE_S
        while not self._reader_gone and time.monotonic() < deadline_wall_s:
            if not self._truth.get("connected"):
                break  # It ended before it had connected.
            self._take_line(TICK_WALL_S)
            if self._firmware is None:
                return  # Its power was cut: that is the reason it ended.
        self._firmware = None
        restart = self._policy.ended(exit_code)
        if self._reader_gone:
            key = "pulses_unsaved_at_most" if restart.crashed else "pulses_in_last_block"
            self._note_unsaved(self._truth[key])
        self._output.note(restart.why)
        if restart.hopeless:
            raise SupervisorError(
                f"{restart.why}, at once and again and again. The last it said:\n{self._log_tail()}"
            )
        if restart.crashed and exit_code >= 0:
            self._output.note(self._log_tail())
        self._next_cause = restart.cause
        self._start_at_wall_s = time.monotonic() + restart.pause_wall_s

    def _note_unsaved(self, pulses: int) -> None:
        self._ledger.unsaved += pulses
        self._ledger.write(self._state.path)

    def _log_tail(self) -> str:
        text = (self._state.path / "firmware.log").read_text(errors="replace")
        lines = text.rpartition("--- start")[2].splitlines()[1:]
        return "\n".join(lines[-LOG_LINES_SHOWN:]) or "(nothing)"

    def _show(self, state: str) -> None:
        reader = self._poll.latest
        self._warn_of_other_constant(reader)
        truth = self._truth
        true_power_w = self._chronicle.power_w(reader) if reader else truth.get("power_w")
        now_wall_s = time.monotonic()
        if now_wall_s >= self._power_due_wall_s and truth:
            self._power_due_wall_s = now_wall_s + 1.0
            self._powers_w.append((reader.power_w if reader else None, true_power_w))
            del self._powers_w[:-200]
        meter = self._options.meter
        self._output.show(
            View(
                title=f"{meter.profile} · {meter.scenario} · {TIMES}{self._options.speed:g}",
                url=f"http://127.0.0.1:{self._options.port}/",
                state=state,
                virtual_us=truth.get("t_us", 0),
                mqtt_port=self._broker.port if self._broker else None,
                speed=self._options.speed,
                achieved_speed=self._chronicle.speed,
                imp_per_kwh=meter.imp_per_kwh,
                reader=reader,
                true_register_wh=truth.get("register_wh"),
                true_pulses=truth.get("pulses"),
                true_pulses_range=self._chronicle.pulses_range(reader) if reader else None,
                true_power_w=true_power_w,
                breaker_open=truth.get("breaker_open", False),
                mains=truth.get("mains", True),
                pulses_while_reader_off=truth.get("pulses_while_reader_off", 0),
                restarts=self._restarts,
                powers_w=self._powers_w,
            )
        )

    def _warn_of_other_constant(self, reader: ReaderStatus | None) -> None:
        imp_per_kwh = reader.get("register", "imp_per_kwh") if reader else None
        if imp_per_kwh in (None, self._options.meter.imp_per_kwh) or self._imp_warned:
            return
        self._imp_warned = True
        self._output.note(
            f"the reader is configured for {imp_per_kwh} imp/kWh, the meter has "
            f"{self._options.meter.imp_per_kwh}: configure it anew, or start with --fresh"
        )

    # End

    def _close_and_compare(self) -> Verdict:
        assert self._meter is not None
        self._stop_asked = 0
        self._meter.send("drain")
        reader = self._settled_status()
        self._take_lines()
        truth = Truth(
            pulses=self._truth.get("pulses", 0),
            register_wh=self._truth.get("register_wh", self._options.meter.register_wh),
            imp_per_kwh=self._options.meter.imp_per_kwh,
            reader_off=self._truth.get("pulses_while_reader_off", 0),
        )
        verdict = compare(truth, reader, self._ledger)
        if verdict.ok and verdict.missing is not None:
            self._ledger.missing_explained = verdict.missing
            self._ledger.reader_off_compared = truth.reader_off
            self._ledger.unsaved = 0
        self._ledger.clean_stop = self._firmware is not None and reader is not None
        return verdict

    def _settled_status(self) -> ReaderStatus | None:
        """The reader's status once its register has stood still; the last one if it does not."""
        deadline_wall_s = time.monotonic() + SETTLE_PATIENCE_WALL_S
        settled: ReaderStatus | None = None
        latest: ReaderStatus | None = None
        while time.monotonic() < deadline_wall_s and not self._stop_asked:
            self._tick()
            self._show("ending: waiting for the last pulse")
            if not self._truth.get("drained"):
                continue
            latest = reader_status.fetch(self._options.port)
            if latest is None or latest.uptime_us is None:
                continue
            if (
                settled is None
                or settled.uptime_us is None
                or latest.uptime_us < settled.uptime_us
                or (latest.register_wh, latest.pulses) != (settled.register_wh, settled.pulses)
            ):
                settled = latest
            elif latest.uptime_us - settled.uptime_us > SETTLED_US:
                return latest
            time.sleep(SETTLE_POLL_WALL_S)
        if latest is not None:
            self._output.note("the register was still changing, or virtual time too slow, to wait")
        return latest

    def _stop_children(self) -> None:
        if self._firmware is not None:
            self._firmware.stop()
        if self._meter is not None:
            self._meter.stop()
        if self._broker is not None:
            self._broker.stop()
        if self._state.path.is_dir():
            self._ledger.write(self._state.path)
