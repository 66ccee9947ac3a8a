"""The virtual meter as a process of its own: `python -m tools.simulator.meter_process`.

Prints JSON lines: first {"port": N, "note": …}, then a status at each event and at most
ten a second between. Reads commands on standard input, one a line: `drain`, `breaker open`
(the customer may reconnect), `breaker open utility`, `breaker close`, `mains off`,
`mains on`, `quit`. The end of standard input is `quit`, so it never outlives its parent.
"""

from __future__ import annotations

import argparse
import json
import queue
import signal
import sys
import threading
import time
from pathlib import Path

from . import meter_file, settings
from .edge_server import EdgeServer
from .scenario import Action

PATIENCE_S = 0.05
STATUS_WALL_S = 0.1
SAVE_WALL_S = 1.0
COMMANDS = {action.value: action for action in Action if action is not Action.READER_OFF}


class MeterProcess:
    """Serves the reader, obeys commands, tells how the meter stands, saves it."""

    def __init__(self, state_dir: Path, saved: meter_file.SavedMeter) -> None:
        self._state_dir = state_dir
        self._saved = saved
        self._meter = saved.meter
        self._server = EdgeServer(saved.meter, self._print_status, saved.pulses_while_reader_off)
        self._commands: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._quit = False
        self._told = (self._meter.breaker_open, self._meter.mains)
        self._status_due_wall_s = 0.0
        self._save_due_wall_s = 0.0

    def run(self) -> None:
        threading.Thread(target=self._read_commands, daemon=True).start()
        signal.signal(signal.SIGTERM, lambda *_: self._commands.put("quit"))
        first = {
            "port": self._server.port,
            "note": self._saved.note,
            # Only meaningful after a run that was not stopped in order.
            "pulses_unsaved_at_last_stop": self._saved.pulses_unsaved_at_most,
        }
        _print_line(first)
        try:
            while not self._quit:
                self._server.serve(PATIENCE_S)
                while not self._commands.empty():
                    self._obey(self._commands.get())
                self._tell()
        finally:
            self._save()
            self._server.close()
            self._print_status("end")

    def _read_commands(self) -> None:
        for line in sys.stdin:
            self._commands.put(line.strip())
        self._commands.put("quit")

    def _obey(self, command: str) -> None:
        if command == "quit":
            self._quit = True
        elif command == "drain":
            self._meter.drain()
            self._print_status("drained")
        elif command in COMMANDS:
            self._meter.do(COMMANDS[command])
        elif command:
            accepted = ", ".join(["drain", "quit", *COMMANDS])
            print(f"command {command!r}: accepted is {accepted}", file=sys.stderr, flush=True)

    def _tell(self) -> None:
        now_wall_s = time.monotonic()
        shown = (self._meter.breaker_open, self._meter.mains)
        if shown != self._told:
            event = "breaker" if shown[0] != self._told[0] else "mains"
            self._told = shown
            self._print_status(event)
        elif now_wall_s >= self._status_due_wall_s:
            self._print_status()
        if now_wall_s >= self._save_due_wall_s:
            self._save_due_wall_s = now_wall_s + SAVE_WALL_S
            self._save()

    def _print_status(self, event: str | None = None) -> None:
        meter = self._meter
        status = {
            "t_us": meter.now_us,
            "pulses": meter.pulses,
            "register_wh": meter.register_wh,
            "power_w": meter.power_w,
            "breaker_open": meter.breaker_open,
            "mains": meter.mains,
            "scenario": meter.settings.scenario,
            "connected": self._server.connected,
            "drained": meter.drained,
            "pulses_while_reader_off": self._server.pulses_while_reader_off,
            "pulses_in_last_block": self._server.pulses_in_last_block,
            "pulses_unsaved_at_most": self._server.pulses_unsaved_at_most,
        }
        self._status_due_wall_s = time.monotonic() + STATUS_WALL_S
        _print_line(status if event is None else {"event": event, **status})

    def _save(self) -> None:
        meter_file.save(
            self._state_dir,
            self._saved,
            pulses_while_reader_off=self._server.pulses_while_reader_off,
            pulses_unsaved_at_most=self._server.pulses_unsaved_at_most,
        )


def _print_line(value: dict) -> None:
    try:
        print(json.dumps(value), flush=True)
    except BrokenPipeError:
        # Nobody reads any more; the end of standard input will end the process.
        pass


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.simulator.meter_process",
        description="The virtual meter alone, for a reader that connects to its port.",
    )
    parser.add_argument("--state-dir", type=Path, default=Path(".run"), help="default .run")
    settings.add_options(parser)
    options = parser.parse_args()
    # Ctrl-C goes to the whole terminal; when to stop is the supervisor's decision.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        meter_settings, profile = settings.from_options(options)
        options.state_dir.mkdir(parents=True, exist_ok=True)
        saved = meter_file.restore(options.state_dir, meter_settings, profile)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    MeterProcess(options.state_dir, saved).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
