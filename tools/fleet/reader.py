"""One virtual reader: the firmware's own core, fed by a house's load instead of light."""

from __future__ import annotations

import json
from typing import Any

from tools.board.stored_config import core
from tools.simulator.profile import MINUTE_US, LoadProfile
from tools.simulator.pulse_clock import PulseClock

VERSION = "fleet"
# Locally administered, so that it is no real board's.
_BOARD_ID = 0x02_00_00_00_00_00
_METER_NUMBER = 20_000_000
_SUPPLY_EVERY_US = 1_000_000


class Reader:
    """What one reader knows and would publish; time arrives as an argument.

    `number`: in the fleet, 0 or more. `start_us`: where in the load profile its house is.
    `epoch_s`: UTC at virtual time 0.
    """

    def __init__(self, number: int, profile: LoadProfile, start_us: int, epoch_s: int) -> None:
        self.number = number
        self.board_id = f"{_BOARD_ID + number:012x}"
        self._profile = profile
        self._start_us = start_us
        self._epoch_s = epoch_s
        self._settings = core("config").defaults()
        self._settings["meter.number"] = str(_METER_NUMBER + number)
        self.base = f"{self._settings['mqtt.prefix']}/{self.board_id}"
        self.discovery = core("discovery").Discovery(
            self._settings["mqtt.discovery_prefix"],
            self.base,
            self.board_id,
            self._settings["meter.number"],
            VERSION,
        )
        self._pulses = PulseClock(self._settings["meter.imp_per_kwh"], 0)
        self._minute_us = 0
        self._pulses.set_power(0, profile.power_w(start_us))
        # On flash: closed intervals, and how many of them are delivered.
        self.history: list[bytes] = []
        self.delivered = 0
        self.boots = 0
        self._worth = core("worth").Worth()
        self._worth.change(0, self._settings["meter.imp_per_kwh"])
        self._build(0)
        self._meter.register.set_reading(f"{10_000 + number}.000")
        self._intervals.begin(0, 0, self.boots, 0, 0)

    def _build(self, now_us: int) -> None:
        self._boot_us = now_us
        clock = core("ticks").MonotonicClock(0, 0)
        self._meter = core("meter").Meter(
            self._settings, core("edge_ring").EdgeRing(8), clock, True
        )
        self._supply = core("supply").Supply()
        self._pacing = core("pacing").Pacing(
            self._settings["mqtt.deadband_w"], self._settings["mqtt.energy_s"]
        )
        self._intervals = core("interval").IntervalMeter()
        self._supply_us = -_SUPPLY_EVERY_US

    @property
    def total(self) -> int:
        """Pulses counted in the reader's life."""
        return self._meter.register.total

    @property
    def closed_total(self) -> int:
        """Pulses that are in closed intervals."""
        return core("history").unpack(self.history[-1]).total if self.history else 0

    @property
    def waiting(self) -> int:
        """Closed intervals that no broker has acknowledged yet."""
        return len(self.history) - self.delivered

    def look(self, now_us: int) -> None:
        """Let virtual time pass up to `now_us`: pulses, power, supply, cuts."""
        while True:
            change_us = self._minute_us + MINUTE_US
            due_us = min(self._pulses.next_us, change_us)
            if due_us > now_us:
                break
            if self._pulses.next_us == due_us:
                self._pulses.take_pulse(due_us)
                self._meter.register.add(1)
                self._meter.power.pulse(due_us - self._boot_us)
            if change_us == due_us:
                self._minute_us = change_us
                self._pulses.set_power(due_us, self._profile.power_w(self._start_us + due_us))
        uptime_us = now_us - self._boot_us
        self._meter.beat_done(uptime_us)
        if uptime_us - self._supply_us >= _SUPPLY_EVERY_US:
            self._supply_us = uptime_us
            self._supply.sample(uptime_us, self.total, False)
        power_mw = self._meter.power_now(uptime_us)[0]
        if power_mw is not None:
            self._intervals.power((power_mw + 500) // 1000)
        self._close(self._intervals.tick(uptime_us, self.utc_s(now_us), self.total))

    def utc_s(self, now_us: int) -> int:
        return self._epoch_s + now_us // 1_000_000

    def _close(self, records: list[Any]) -> None:
        self.history += [core("history").pack(record) for record in records]

    def restart(self, now_us: int) -> None:
        """A watchdog's reset: everything goes on from its records, as on the board."""
        register = core("register_record").pack(self._meter.register)
        progress = core("history").pack(self._intervals.saved(self.total))
        self.boots += 1
        self._build(now_us)
        core("register_record").unpack_into(self._meter.register, register)
        last = core("history").unpack(self.history[-1]) if self.history else None
        sequence, base = (last.sequence + 1, last.total) if last else (0, 0)
        interrupted = core("history").unpack(progress)
        self._close(self._intervals.begin(0, self.total, self.boots, sequence, base, interrupted))

    def status(self, now_us: int) -> dict[str, Any]:
        """The body of `/api/v1/status`, as far as it is published."""
        snapshot = core("snapshot").Snapshot(self._meter, self._supply, now_us - self._boot_us)
        status = core("payload").status(snapshot)
        status["version"] = VERSION
        status["reset_cause"] = "watchdog" if self.boots else "power_on"
        return status

    def greeting(self, now_us: int) -> list[tuple[str, str]]:
        """What a broker is told at every connection, all retained: (topic, payload)."""
        self._pacing.forget()
        status = self.status(now_us)
        messages = [(topic, json.dumps(body)) for topic, body in self.discovery.entities(status)]
        return [*messages, (f"{self.base}/availability", "online")]

    def due(self, now_us: int) -> list[tuple[str, str, Any]]:
        """States to be published now, retained: (topic, payload, what `published` wants)."""
        status = self.status(now_us)
        return [
            (f"{self.base}/{row[0]}", text, (row, text, status["uptime_ms"]))
            for row, text in self._pacing.due(status)
        ]

    def published(self, token: Any) -> None:
        """A state was acknowledged."""
        self._pacing.published(*token)

    def interval(self, now_us: int) -> tuple[str, str] | None:
        """The next closed interval to be delivered, not retained, or None."""
        if not self.waiting:
            return None
        history = core("history")
        record = history.unpack(self.history[self.delivered])
        start_s = None if record.flags & history.UNDATED else record.start
        late = self.waiting > 1 or (
            start_s is not None and self.utc_s(now_us) - start_s - history.QUARTER_S > 120
        )
        body = history.interval_json(record, start_s, self._worth, late)
        return f"{self.base}/interval", json.dumps(body)
