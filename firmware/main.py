"""Composition root: builds everything once, starts the tasks, and decides nothing.

Only this file creates drivers. Data flows in a straight line: edge, ring, pulse, register
and power, snapshot, publishers.
"""

import asyncio
import sys
import time

import boot_select
import micropython

from core import event_log, payload
from core.demand import Demand
from core.edge_ring import EdgeRing
from core.event_log import EventLog
from core.journal import Journal
from core.meter import Meter
from core.supply import Supply
from core.ticks import MonotonicClock
from core.trend import Trend
from drivers import board, clock, ntp, pulse_count
from drivers.button import Button
from drivers.flash_store import FileStore, NvsStore, RtcStore, TextFile
from drivers.history_store import HistoryStore
from drivers.led_sense import LedSense
from drivers.lit_time import LitTime
from drivers.loop_lag import LoopLag
from drivers.mains_sense import MainsSense
from drivers.pulse_input import PulseInput
from drivers.wifi import Wifi
from services import on_demand, web
from services.aiming import Aiming
from services.connection import Connection
from services.console import Console
from services.health import WATCHDOG_MS, Health
from services.history import History
from services.logbook import Logbook
from services.metering import Metering
from services.mqtt import CONNECTED, Mqtt
from services.outbox import Outbox
from services.persistence import Persistence
from services.probation import Probation
from services.provisioning import Provisioning
from services.settings import Settings
from services.supervisor import Supervisor
from services.timesync import TimeSync
from services.trending import Trending
from services.web_auth import Guard

VERSION = "0.1.0"


class Reader:
    """The optical meter reader, assembled from its configuration.

    Args:
        home: where this version's own files are, "" or a directory with a slash at its end.
    """

    def __init__(self, home=""):
        self.home = home
        self.settings = Settings(
            TextFile("config.json"),
            TextFile("config.good.json"),
            board.has_pin,
            sys.implementation._machine,
        )
        self.failures = {}
        values = self.settings.values
        self._build_metering(values)
        self._build_storage(values)
        self._build_history(values)
        self._build_network(values)
        self._build_mqtt(values)
        self._build_outbox(values)
        self.cause = board.reset_cause()
        # What only a start needs.
        on_demand.forget(0)
        board.collect()

    def _build_metering(self, values):
        pin = values["pulse.pin"]
        active_low = values["pulse.active_low"]
        ring = EdgeRing()
        ticks = MonotonicClock(time.ticks_us(), time.ticks_ms(), clock.ticks_period())
        self.input = PulseInput(pin, active_low, ring)
        self.count = None
        if values["pulse.pcnt"] and pulse_count.available():
            self.count = pulse_count.PulseCount(pin, active_low)
        self.lit_time = None
        if self.count and values["pulse.clock_pin"] is not None:
            try:
                self.lit_time = LitTime(pin, active_low, values["pulse.clock_pin"])
            except (ValueError, TypeError, OSError) as error:
                # Counting goes on by rises alone.
                self.failures["pulse.clock_pin"] = str(error)
        self.breaker = LedSense(values["breaker.pin"], values["breaker.active_low"])
        self.lag = LoopLag(ring)
        self.metering = Metering(
            Meter(values, ring, ticks, self.count is not None),
            Supply(
                open_hold_us=values["breaker.open_hold_ms"] * 1000,
                close_hold_us=values["breaker.close_hold_ms"] * 1000,
                steady_us=values["breaker.steady_s"] * 1000000,
                idle_us=values["supply.idle_s"] * 1000000,
                lost_hold_us=values["mains.lost_hold_ms"] * 1000,
                stuck_off_us=values["supply.stuck_off_h"] * 3600000000,
            ),
            ticks,
            self.input,
            self.count,
            self.breaker,
            MainsSense(values["mains.pin"], values["mains.active_low"]),
            self.lag,
            self.lit_time,
        )

    def _build_storage(self, values):
        register = self.metering.meter.register
        self.events = EventLog()
        self.stores = (NvsStore(), FileStore())
        self.persistence = Persistence(
            register,
            self.events,
            self.stores,
            (RtcStore(),),
            values["storage.save_s"],
        )
        self.logbook = Logbook(
            self.events,
            register,
            self.metering.supply,
            self.metering.uptime_s,
            clock.utc_s,
            self.persistence.urge,
        )
        self.metering.on_pulses = self.persistence.pulsed
        self.metering.on_change = self.logbook.supply_changed

    def _build_history(self, values):
        folder = self.home + "tariffs"
        tariff_file = on_demand.need("services.tariff_file")
        self.tariffs = tariff_file.names(folder)
        tariff, self.tariff_errors = tariff_file.load(folder, values["tariff.name"])
        self.history = History(
            self.metering,
            HistoryStore(),
            Demand(tariff, values["meter.imp_per_kwh"]),
            self.stores,
            clock.utc_s,
            clock.second_us,
            self.metering.quiet,
        )
        self.metering.demand = self.history.demand.state

    def _build_outbox(self, values):
        self.outbox = Outbox(
            self.history,
            self.mqtt.publish_interval,
            lambda: self.mqtt.state == CONNECTED,
            self.stores[1:],
            self.stores[:1],
            clock.utc_s,
            self.metering.uptime_s,
        )

    def _build_network(self, values):
        self.wifi = Wifi(values["wifi.hostname"])
        self.connection = Connection(self.wifi, values["wifi.ssid"], values["wifi.password"])
        self.timesync = TimeSync(
            ntp.set_clock,
            self.wifi.connected,
            values["time.server"],
            self.metering.quiet,
            self.logbook.clock_set,
            clock.utc_s,
            self.metering.uptime_s,
        )
        self._build_web(values)

    def _build_web(self, values):
        register = self.metering.meter.register
        supply = self.metering.supply
        self.trending = Trending(Trend(), self.metering)
        self.aiming = Aiming(self.metering, self.input.lit, self.breaker.lit)
        self.provisioning = Provisioning(
            self.wifi,
            "OMNIPOWER-" + board.unique_id()[-4:].upper(),
            bool(values["wifi.ssid"]),
            Button(values["button.pin"]).pressed,
        )
        self.guard = Guard(
            Journal("password", on_demand.need("core.password").KIND, self.stores),
            self.metering.uptime_s,
            self.provisioning.is_open,
            values["web.read_open"],
        )
        parts = web.Parts(
            sections=self.sections,
            events=self.events.events,
            guard=self.guard,
            settings=self.settings,
            register=register,
            log=self.logbook.write,
            trend=self.trending.body,
            mark=lambda: (supply.state, supply.reconnect, supply.fault, register.base_total),
            restart=self.restart,
            history=self.history.listing,
        )
        parts.provisioning = self.provisioning
        parts.aiming = self.aiming
        parts.port = values["web.port"]
        parts.pages = self.home + "www"
        parts.update = self.update_state
        self.app = web.build(parts)

    def update_state(self):
        """Return what ``/api/v1/update`` answers."""
        state = boot_select.read_state() or {"slot": None, "confirmed": False}
        return {"slot": state["slot"], "confirmed": state["confirmed"], "version": VERSION}

    def restart(self):
        """Save, and start anew with what is configured now."""
        self.history.save()
        self.persistence.save()
        board.restart()

    def _build_mqtt(self, values):
        self.mqtt = Mqtt(
            values,
            board.unique_id(),
            VERSION,
            self.metering.snapshot,
            self.status,
            self.set_reading,
            self.wifi.connected,
            lambda: clock.utc_s() is not None,
            self.metering.quiet,
        )

    def set_reading(self, text, allow_lower):
        """Set the register from the meter's display. Raises ValueError."""
        self.metering.meter.register.set_reading(text, allow_lower)
        self.logbook.write(event_log.REGISTER_SET)

    def restore(self):
        """Continue from what was stored, and apply a reading newly configured."""
        self.persistence.load()
        self.history.restore(self.events.boot)
        self.outbox.restore(self.events.boot)
        self.guard.load()
        reading = self.settings.values["meter.reading_kwh"]
        if reading and self.metering.meter.register.seed(reading):
            self.logbook.write(event_log.REGISTER_SET)
        self.logbook.write(event_log.BOOT, event_log.RESET_CAUSES.index(self.cause))
        if boot_select.failed_slot():
            self._log_update("rolled_back")

    def _log_update(self, outcome):
        self.logbook.write(event_log.UPDATE, event_log.UPDATES.index(outcome))

    def status(self):
        """Return what ``/api/v1/status`` answers."""
        return dict(self.sections())

    def sections(self):
        """Yield that answer's members, (name, value), each made when it is asked for."""
        yield from payload.sections(self.metering.snapshot())
        heap_used, heap_free, heap_live = board.heap_bytes()
        saves = self.persistence.saves()
        yield "config", {"source": self.settings.source, "errors": self.settings.errors}
        yield "storage", {"saves": saves, "errors": self.persistence.errors()}
        yield "saves", saves
        yield "history", self.history.status()
        yield "outbox", self.outbox.status()
        yield "tariff", {"errors": self.tariff_errors, "available": self.tariffs}
        yield "utc", payload.utc_text(clock.utc_s())
        yield "time_error", self.timesync.error
        yield "time", self.timesync.status()
        yield "wifi", {"rssi_dbm": self.wifi.rssi_dbm(), "error": self.connection.error}
        yield "heap", {"used": heap_used, "free": heap_free, "live": heap_live}
        yield (
            "meter",
            {
                "number": self.settings.values["meter.number"],
                "prosumer": self.settings.values["meter.prosumer"],
            },
        )
        yield "web", {"password_set": self.guard.is_set(), "error": self.guard.problem}
        yield "mqtt", self.mqtt.report()
        yield "setup", self.provisioning.body()
        yield "failures", self.failures
        yield "reset_cause", self.cause
        yield "version", VERSION

    async def run(self):
        """Start counting, then everything else."""
        self.restore()
        self.lag.start()
        self.input.start()
        if self.count:
            self.count.start()
        if self.lit_time:
            self.lit_time.start()
        self.breaker.start()
        port = self.settings.values["web.port"]
        idle_s = self.settings.values["web.idle_s"]
        health = Health(
            lambda: self.metering.beats,
            board.watchdog(WATCHDOG_MS),
            board.collect,
            self.metering.quiet,
        )
        probation = Probation(
            lambda: self.metering.beats,
            self.failures,
            boot_select.confirm,
            self.metering.quiet,
            lambda: self._log_update("confirmed"),
        )
        services = Supervisor(self.failures)
        services.add("metering", self.metering.run)
        services.add("persistence", self.persistence.run)
        services.add("history", self.history.run)
        services.add("outbox", self.outbox.run)
        services.add("health", health.run)
        services.add("probation", probation.run)
        services.add("console", Console(sys.stdin, self.sections, sys.stdout.write).run)
        services.add("connection", self.connection.run)
        services.add("timesync", self.timesync.run)
        services.add("mqtt", self.mqtt.run)
        services.add("web", lambda: web.serve(self.app, port, idle_s))
        services.add("trend", self.trending.run)
        services.add("setup", self.provisioning.run)
        services.add("aiming", self.aiming.run)
        await services.run()


def main(home=""):
    """Run the reader; on Ctrl-C the register is saved before the prompt appears."""
    micropython.alloc_emergency_exception_buf(100)
    board.collect_early()
    reader = Reader(home)
    try:
        asyncio.run(reader.run())
    except KeyboardInterrupt:
        reader.history.save()
        reader.persistence.save()
        raise


if __name__ == "__main__":
    main()
