"""A reader's history on flash that can lose power, in a house that uses a steady load.

The services under test are the firmware's own; register, clock and power are plain values
here, so that days pass in seconds.
"""

import crash_board
import shims

shims.install()

# isort: split
from crash_board import Board, CuttableNvs, CuttableRtc, Supply

from core import tariff
from core.demand import Demand
from core.energy import Register
from core.local_time import days
from drivers import flash_store
from drivers.flash_store import FileStore, NvsStore
from drivers.history_store import HistoryStore
from services.history import History

NOON_S = days(2026, 11, 24) * 86400 + 43200
DIRECTORY = "/crash/history"


async def quiet(timeout_ms):
    """Every moment is quiet."""


class FakeMeter:
    """What the history asks of a meter, and of its clock."""

    def __init__(self, household):
        self.register = Register(household.imp)
        self.clock = self
        self._household = household
        self.beyond = 0

    def update(self, ticks_us, ticks_ms):
        return self._household.uptime_s() * 1000000

    def power_now(self, now_us):
        return self._household.watts * 1000, 0, "measured"

    def mark(self, t_us):
        """Note what the history asks for."""
        self.beyond = 0
        # It is that of the end, and what a callback may take.
        self._household.mark_us = t_us - 3000

    def knows_all_before_mark(self):
        """Return True but while a pulse is under way."""
        return not self._household.under_way


class FakeMetering:
    """What the history asks of metering."""

    def __init__(self, household):
        self.meter = FakeMeter(household)


class Household:
    """The house, true time, and what outlives the reader's power.

    Attributes:
        truth: pulses the meter has made while the reader had power.
        error_s: of the reader's clock; None: not set.
        under_way: whether a pulse is not judged yet.
        mark_us: from which on the meter was asked to tell pulses apart.
    """

    def __init__(self, watts=3600, true_s=NOON_S):
        flash_store.esp32.NVS = CuttableNvs
        flash_store.RTC = CuttableRtc
        crash_board.clear()
        self.under_way = False
        self.mark_us = None
        self.board = Board()
        self.watts = watts
        self.imp = 1000
        self.true_s = true_s
        self.error_s = 0
        self.truth = 0
        self.saved = 0
        self.boot = 0
        self.on = False
        self._left = 0

    def utc_s(self):
        return None if self.error_s is None else self.true_s + self.error_s

    def second_us(self):
        return 0

    def uptime_s(self):
        return self.true_s - self._boot_s

    def power_on(self, supply=None, error_s=0):
        """Start the reader; the register is as it was saved last."""
        self.error_s = error_s
        self._boot_s = self.true_s
        self.boot += 1
        self.supply = supply or Supply()
        self.board.power_on(self.supply)
        self.metering = FakeMetering(self)
        self.register = self.metering.meter.register
        self.register.add(self.saved)
        self.demand = Demand(tariff.none(), self.imp)
        self.history = History(
            self.metering,
            HistoryStore(DIRECTORY),
            self.demand,
            (NvsStore(), FileStore("/crash")),
            self.utc_s,
            self.second_us,
            quiet,
        )
        self.history.restore(self.boot)
        # Pulses since the register's last save are gone, as on a board; those on flash not.
        self.truth = self.register.total
        self.on = True
        return self

    def power_off(self, off_s=60):
        """Cut the power; the register has been saved ``lag`` pulses ago."""
        self.board.power_off(False)
        self.on = False
        self.true_s += off_s
        return self

    def run(self, seconds, step_s=5):
        """Let time pass, as ``History.run`` does; stops when the power has gone."""
        for _ in range(seconds // step_s):
            if self.supply.dead:
                return self
            self.true_s += step_s
            self._left += self.watts * step_s
            pulses, self._left = divmod(self._left, 3600)
            self.register.add(pulses)
            self.truth += pulses
            for _ in range(4):
                self.history.look()
            if self.history._waiting or self.history._save_is_due():
                self.history.flush()
        return self

    def save_register(self):
        """Note what the register's own journal holds."""
        self.saved = self.register.total

    def records(self):
        return list(self.history.store.records())

    def check(self, where=None):
        """Assert that the intervals are a chain that ends at the register."""
        total = None
        for record in self.records() + self.history._waiting:
            if total is not None:
                assert record.total - record.pulses == total, (where, record)
            total = record.total
        if self.history.intervals.settled():
            now = self.history.intervals.record(self.register.total)
            if total is not None:
                assert now.total - now.pulses == total, (where, now)
        return self
