"""One run: a house, a board, a broker, somebody who looks at the page; faults, and checks."""

from __future__ import annotations

import heapq
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools import interval_chain
from tools.simulator.broker import free_port
from tools.simulator.listening import Listening
from tools.simulator.relay import Relay
from tools.simulator.settings import kwh_text

from .board_line import ENDED, PATIENCE_S, SILENT, Action, BoardLine, Report
from .house import House
from .ledger import SAVE_US, Ledger
from .page import Page
from .tally import Tally

SECOND_US = 1_000_000
RECOVERY_US = 10 * SECOND_US
# Beyond this nobody waits for the page any more.
PAGE_PATIENCE_US = 60 * SECOND_US
SAMPLE_US = 600 * SECOND_US
# Virtual per wall second while somebody waits for the page: what a browser takes is little then.
PAGE_PACE = 10.0
GET_PATIENCE_S = 0.5
# How long everything may take to be delivered when all faults have ended.
CALM_US = 3 * 3600 * SECOND_US
_END_PATIENCE_S = 0.3
# Read ahead by the board; a cut costs this much at most beside the time it is off.
_BLOCK_US = 2 * SECOND_US
# The true time at virtual time 0: the week in which Sweden sets its clocks forward.
_UTC_AT_0 = 1_900_627_200
EXIT_WATCHDOG = 4
# Faults far from the board, during which metering's empty beats are left out as well: it talks to
# none of what they strike.
FAR_OFF = {"broker", "network away", "clock stepped", "time servers silent"}
# After everything else every beat is made for so long.
_ALERT_US = 120 * SECOND_US


@dataclass
class Options:
    """What differs from run to run.

    `folder`: for everything; `seed`: as it is printed; `from_h`: where in the load to begin;
    `heap` as the interpreter's option takes it; `broken`: Python run before the firmware;
    `lasting`: how long faults last, as a multiple of what they do in the week; `compiled`: where
    the firmware lies byte-compiled, as on a board, else it is compiled at every start.
    """

    folder: Path
    seed: str
    from_h: float = 0.0
    profile: str = "household_2007-02"
    heap: str = "4M"
    broken: str = ""
    lasting: float = 1.0
    compiled: Path | None = None
    say: Callable[[str], None] = field(default=print)


class Run:
    """Virtual time from fault to fault, and the ledger of it.

    `violations`: one line each; `tallies`: by kind of fault.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.violations: list[str] = []
        self.tallies: dict[str, Tally] = {}
        self.fault = "none yet"
        self.now_us = 0
        # Actions that a board must be told anew when it starts, by what they are about.
        self.conditions: dict[str, Action] = {}
        # What keeps the page from answering, and is none of the reader's fault.
        self.excuses: set[str] = set()
        self.looks = 0
        self.intervals = 0
        # How long the interpreter may be blocked at a time: no save is made meanwhile.
        self.blocks_us = 0
        # What is in the way of a fault of the same part, and which part a kind strikes.
        self.lasting: set[str] = set()
        self.parts: dict[str, str] = {}
        self._alert_until_us = _ALERT_US
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._filed = 0
        self._boot_us = 0
        self._boots = 0
        self._status: dict[str, Any] = {}
        self._prepare()

    def _prepare(self) -> None:
        folder = self.options.folder
        self.state = folder / "board"
        self.state.mkdir(parents=True)
        (self.state / "true_time.txt").write_text(
            str(_UTC_AT_0 + round(3600 * self.options.from_h))
        )
        self.relay = Relay()
        self.listening = Listening(folder, self.relay)
        self.house = House(self.options.profile, self.options.from_h)
        self.ledger = Ledger(self.house.pulses)
        port = free_port()
        self.page = Page(port)
        boot = {
            "meter_port": self.house.port,
            "state_dir": str(self.state),
            "speed": 0,
            "http_port": port,
            "imp_per_kwh": self.house.settings.imp_per_kwh,
            "register_kwh": kwh_text(self.house.settings.register_wh),
            "block_us": _BLOCK_US,
            "broken": self.options.broken,
            "compiled": str(self.options.compiled) if self.options.compiled else None,
            "config": {"mqtt": {"host": "broker.home", "port": self.relay.port}},
        }
        self.line = BoardLine(self.state, boot, self.options.heap)

    def close(self) -> None:
        self.line.close()
        self.house.close()
        self.listening.end()
        self.relay.close()

    # Time -----------------------------------------------------------------------------------

    def at(self, t_us: int, do: Callable[[], None]) -> None:
        """Have something done at a virtual instant."""
        self._filed += 1
        heapq.heappush(self._agenda, (t_us, self._filed, do))

    def start(self) -> None:
        self._power_on("power_on")
        self.line.order(self.now_us + 1)
        self._hear(self.line.wait())
        self.at(self.now_us + SAMPLE_US, self._sample)

    def play(self, until_us: int) -> None:
        """Let everything happen that is filed up to an instant."""
        while self._agenda and self._agenda[0][0] <= until_us:
            t_us, _, do = heapq.heappop(self._agenda)
            self.go(t_us)
            do()
        self.go(until_us)

    def go(self, t_us: int, exact: bool = False) -> None:
        """Let the board run on until an instant, through resets that nobody asked for."""
        while self.now_us < t_us:
            alert = self.now_us < self._alert_until_us
            self.line.calm = not alert and self.lasting <= FAR_OFF
            until_us = min(t_us, self._alert_until_us) if alert and not exact else t_us
            self.line.order(until_us, exact=exact)
            report = self.line.wait()
            self._hear(report)
            if report.why == "end":
                self._ended(report)

    def tell(self, *actions: Action) -> None:
        """Have something befall the board now; it runs on until it wakes up next."""
        self.line.order(self.now_us + 1, do=list(actions))
        self._hear(self.line.wait())

    def _ended(self, report: Report) -> None:
        """The board has ended, and nobody asked it to: that is a violation, and life goes on."""
        why = {ENDED: "the firmware has ended", SILENT: "the board hangs"}.get(
            report.code, f"the board has reset itself, code {report.code}"
        )
        self.violated(f"{why}; its last words: {self.line.last_words() or 'none'}")
        # What it had in RTC memory stays; until when it ran nobody knows to the beat.
        self.power_cycle("watchdog" if report.code == EXIT_WATCHDOG else "hard", SAVE_US)

    def _hear(self, report: Report) -> None:
        self.now_us = max(self.now_us, report.t_us)

    # Power ----------------------------------------------------------------------------------

    def power_cycle(
        self,
        cause: str,
        window_us: int = SAVE_US,
        off_us: int = 0,
        while_off: Callable[[], None] | None = None,
        first: list[Action] | None = None,
    ) -> None:
        """Switch the board off as it stands, and on again.

        Args:
            cause: what the chip will say; power_on loses RTC memory.
            window_us: what may not have been saved.
            off_us: how long it is off.
            while_off: called while it is.
            first: what befalls it before the firmware starts.
        """
        off_at_us = self.now_us
        self.line.kill()
        give_up_s = time.monotonic() + 30
        while not self.house.gone() and time.monotonic() < give_up_s:
            time.sleep(0.001)
        self.house.power_off(off_us)
        if cause == "power_on":
            (self.state / "rtc_memory.bin").unlink(missing_ok=True)
        if while_off:
            while_off()
        # What a fault did to memory ends with the process.
        self.conditions.pop("heap", None)
        self.excuses.discard("heap")
        self._power_on(cause)
        self.ledger.reset(off_at_us, self._boot_us, window_us + self.blocks_us)
        self.line.order(self.now_us + 1, do=[*self.conditions.values(), *(first or [])])
        self._hear(self.line.wait())

    def _power_on(self, cause: str) -> None:
        report = self.line.start(cause)
        self._hear(report)
        self._boot_us = report.t_us
        self._cause = cause
        self._status = {}

    # What is looked at ----------------------------------------------------------------------

    def struck(self, kind: str) -> None:
        self.fault = f"{kind} at {clock_text(self.now_us)}"
        self.line.calm = False
        self.tallies.setdefault(kind, Tally()).count += 1
        self.options.say(self.fault)

    def recovered(self, kind: str, reset: bool = False) -> None:
        """The fault has ended: within 10 s the page answers, and what it says is right."""
        self.lasting.discard(self.parts.get(kind, kind))
        self._alert_until_us = self.now_us + _ALERT_US
        tally = self.tallies.setdefault(kind, Tally())
        ended_us = self.now_us
        answered_us = self.look(need_network="network" not in self.excuses)
        took_us = PAGE_PATIENCE_US if answered_us is None else answered_us - ended_us
        if not self.excuses:
            tally.recovery_us = max(tally.recovery_us, took_us)
            if took_us > RECOVERY_US:
                never = "or never" if answered_us is None else ""
                self.violated(f"the page answers after {took_us / SECOND_US:.1f} s {never}".strip())
        if reset:
            self._check_events()
            self.count_lost(kind)

    def count_lost(self, kind: str) -> None:
        """See what the last reset has lost, as soon as that can be told."""
        self.go(self.now_us + 20 * SECOND_US)
        self.look()
        tally = self.tallies.setdefault(kind, Tally())
        tally.lost = max(tally.lost, self.ledger.lost())
        tally.lost_sum += self.ledger.lost()

    def look(self, need_network: bool = False) -> int | None:
        """Ask for the status until it comes; returns the instant it speaks of, None: never."""
        give_up_us = self.now_us + PAGE_PATIENCE_US
        self.line.order(give_up_us, pace=PAGE_PACE)
        report = None
        status = None
        give_up_s = time.monotonic() + PATIENCE_S
        while report is None:
            status = self.page.get("/api/v1/status", GET_PATIENCE_S)
            if status and not (need_network and status["wifi"]["rssi_dbm"] is None):
                break
            status = None
            report = self.line.look(0.01)
            if time.monotonic() > give_up_s:
                report = Report("end", SILENT, self.now_us)
        if report is None:
            report = self.line.halt()
        self._hear(report)
        if report.why == "end":
            self._ended(report)
            return None
        if status is None:
            return None
        return self._take(status)

    def _take(self, status: dict[str, Any]) -> int:
        t_us = self._boot_us + status["uptime_ms"] * 1000
        wrong = self.ledger.observe(t_us, status["register"]["pulses"])
        if wrong:
            self.violated(wrong)
        reading = self.house.settings.register_wh + status["register"]["pulses"]
        if status["register"]["wh"] != reading:
            self.violated(f"reading {status['register']['wh']} Wh is not {reading} Wh")
        self._status = status
        self.looks += 1
        return t_us

    def _sample(self) -> None:
        if self.look() is None and not self.excuses:
            self.violated("the page does not answer at all")
        self.check_chain()
        self.at(self.now_us + SAMPLE_US, self._sample)

    def _check_events(self) -> None:
        self.line.order(self.now_us + PAGE_PATIENCE_US, pace=PAGE_PACE)
        events = self.page.get("/api/v1/events", 10 * GET_PATIENCE_S)
        self._hear(self.line.halt())
        if events is None:
            if not self.excuses:
                self.violated("the page does not tell the events")
            return
        boots = [event for event in events if event["kind"] == "boot"]
        if not boots or boots[-1]["value"] != self._cause:
            told = boots[-1]["value"] if boots else "nothing"
            self.violated(f"events tell {told} of a reset by {self._cause}")

    def check_chain(self) -> tuple[int, int]:
        """Check the intervals as they have arrived.

        Returns:
            (total at the last one's end, how many different ones there are).
        """
        total, count, faults = interval_chain.check(self.listening.all())
        for text in faults:
            self.violated(text)
        self.intervals = count
        truth = self.house.pulses(self.now_us)
        if total > truth:
            self.violated(f"intervals end at {total} pulses, above the truth, {truth}")
        return total, count

    def finish(self) -> None:
        """Let what lasts end in its time, and then see whether everything is right."""
        while self.lasting:
            self.play(self.now_us + 60 * SECOND_US)
        self.calm()

    def calm(self) -> None:
        """All faults have ended: everything is delivered, and sums to the register."""
        give_up_us = self.now_us + CALM_US
        while self.now_us < give_up_us:
            self.go(self.now_us + 120 * SECOND_US)
            self.look()
            status = self._status
            if status and status["outbox"]["waiting"] == 0 and not status["history"]["waiting"]:
                break
        time.sleep(_END_PATIENCE_S)
        total, _ = self.check_chain()
        status = self._status
        if not status or status["outbox"]["waiting"] or status["history"]["waiting"]:
            self.violated(f"undelivered after {CALM_US // SECOND_US} s without a fault")
        quarter = self.house.pulses_between(self.now_us - 2 * 900 * SECOND_US, self.now_us)
        missing = status["register"]["pulses"] - total if status else 0
        if not 0 <= missing <= quarter:
            self.violated(f"intervals end at {total} pulses, {missing} before the register")

    def violated(self, text: str) -> None:
        line = (
            f"VIOLATION seed {self.options.seed}, {clock_text(self.now_us)}, "
            f"after {self.fault}: {text}"
        )
        self.violations.append(line)
        self.options.say(line)

    def rng(self, name: str) -> random.Random:
        return random.Random(f"{self.options.seed} {name}")


def clock_text(t_us: int) -> str:
    """A virtual instant as day and time of day."""
    seconds = t_us / SECOND_US
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    return f"day {int(days)} {int(hours):02}:{int(minutes):02}:{rest:06.3f}"
