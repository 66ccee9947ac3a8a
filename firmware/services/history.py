"""Keep the history: cut intervals, put them on flash, and sum them up for demand.

Failure model: pulses are the register's, so nothing that goes wrong here loses one. Power
may go at any instant: then the interval in progress goes on after the restart, marked
partial, or is closed with the pulses it had. A flash that refuses is reported; closed
intervals wait in memory meanwhile, up to a day of them.
"""

import asyncio
import time

from core import history
from core.demand import MONTHS_KIND
from core.interval import IntervalMeter
from core.journal import Journal
from core.worth import KIND as WORTH_KIND
from core.worth import Worth

_LOOK_MS = 250
# Power and demand are looked at once a second.
_LOOKS_PER_SECOND = 1000 // _LOOK_MS
# So long after a quarter's end the pulses before it may be in doubt; a lamp has no end.
_PUT_OFF_MAX = 20
# A pulse tells of energy used before it, and its start is known to this: edges read later are
# flagged late (drivers.loop_lag), and bounce is shorter, of which the first may be lost.
_LATENCY_US = 3000
_SAVE_LOOKS = 300 * _LOOKS_PER_SECOND
_WAITING_MAX = 96
# A flash that refuses is not asked again at once.
_RETRY_LOOKS = 60 * _LOOKS_PER_SECOND
# Records folded between two looks at clock and register.
_CHUNK = 16


class History:
    """Runs interval meter, history store and demand.

    Args:
        metering: ``services.metering.Metering``.
        store: ``drivers.history_store.HistoryStore``.
        demand: ``core.demand.Demand``.
        durable: journal stores for the interval in progress and for dates.
        utc_s: function that returns seconds since 1970, or None.
        second_us: function that returns how far the present second of those has gone, us.
        quiet: coroutine function that waits for a quiet moment.

    Attributes:
        lost: closed intervals given up because the flash refused for a day. Their pulses
            are missing in the history, not in the register.
        on_closed: called after a closed interval is on flash.
    """

    def __init__(self, metering, store, demand, durable, utc_s, second_us, quiet):
        self._metering = metering
        self.store = store
        self.demand = demand
        self.dates = history.Dates()
        self.intervals = IntervalMeter()
        self._open_journal = Journal("interval", history.OPEN_KIND, durable)
        self._dates_journal = Journal("dates", history.DATES_KIND, durable)
        self._months_journal = Journal("months", MONTHS_KIND, durable)
        self._months = b""
        self._worth_journal = Journal("constants", WORTH_KIND, durable)
        self.worth = Worth()
        self._utc_s = utc_s
        self._second_us = second_us
        self._quiet = quiet
        self._waiting = []
        self._boot = 0
        self._looks = 0
        self._end_s: int | None = None
        self._end_us = 0
        self._put_off = 0
        self._saved_sequence = None
        self._saved_looks = 0
        self._retry_looks = 0
        self._dated = False
        self._rebuild = True
        self.lost = 0
        self.problems = []
        self.on_closed = None

    def restore(self, boot):
        """Continue from flash; call it when the register is restored, before it counts.

        A record on flash is proof of its pulses: a register that was saved earlier than
        the last record catches up with it.
        """
        register = self._metering.meter.register
        self._boot = boot & 0xFFFF
        self.store.load()
        self._months = self._months_journal.load() or b""
        for unpack, payload in (
            (self.dates.unpack, self._dates_journal.load() or b""),
            (self.demand.unpack_months, self._months),
            (self.worth.unpack, self._worth_journal.load() or b""),
        ):
            try:
                unpack(payload)
            except ValueError as error:
                self.problems.append(str(error))
        interrupted = history.unpack(self._open_journal.load())
        last = self.store.last
        if last:
            sequence, base = last.sequence + 1, last.total
        elif interrupted:
            sequence, base = interrupted.sequence, interrupted.total - interrupted.pulses
        else:
            sequence, base = 0, register.total
        if base > register.total:
            register.add(base - register.total)
        if self.worth.change(register.total, register.imp_per_kwh):
            self._worth_journal.save(self.worth.pack())
        closed = self.intervals.begin(
            self._now_us(), register.total, self._boot, sequence, base, interrupted
        )
        self._take(closed)

    async def run(self):
        """Keep the history for ever."""
        while True:
            self.look()
            if self._rebuild and self._utc_s() is not None:
                await self._sum_up()
            if self._looks >= self._retry_looks and (self._waiting or self._save_is_due()):
                await self._quiet(2000)
                self.flush()
            await asyncio.sleep_ms(_LOOK_MS)

    def look(self):
        """Cut where it is time to; once a second also look at power and demand."""
        second_us = self._second_us()
        now_us = self._now_us()
        utc_s = self._utc_s()
        total = self._metering.meter.register.total
        if utc_s is not None and not self._dated:
            self._date(utc_s, now_us)
        self._looks += 1
        waits = False
        end_s = self._end_s
        if end_s is not None and self._is_over(end_s, now_us, utc_s):
            meter = self._metering.meter
            within = total - meter.beyond
            waits = self._put_off < _PUT_OFF_MAX and not meter.knows_all_before_mark()
            if waits:
                # Until then it is the quarter's last second.
                end_s -= 1
                utc_s = end_s
                total = within
            self._take(self.intervals.tick(self._end_us, end_s, within))
        self._put_off = self._put_off + 1 if waits else 0
        if not waits:
            self._take(self.intervals.tick(now_us, utc_s, total))
            self._foresee(now_us, utc_s, second_us)
        if self._looks % _LOOKS_PER_SECOND == 0:
            self._second(now_us, utc_s, total)

    def flush(self):
        """Write the closed intervals that wait, and then the one in progress."""
        written = len(self._waiting)
        while self._waiting:
            if not self.store.append(self._waiting[0]):
                self._retry_looks = self._looks + _RETRY_LOOKS
                if len(self._waiting) > _WAITING_MAX:
                    self._waiting.pop(0)
                    self.lost += 1
                return
            self._waiting.pop(0)
        # Not before: a saved interval must follow the last record.
        self._saved_sequence = self.intervals.sequence
        self._saved_looks = self._looks
        total = self._metering.meter.register.total
        self._open_journal.save(history.pack(self.intervals.saved(total)))
        months = self.demand.pack_months()
        if months != self._months and self._months_journal.save(months):
            self._months = months
        if written and self.on_closed:
            self.on_closed()

    def save(self):
        """Write everything now, before a restart that is known of."""
        self._put_off = _PUT_OFF_MAX
        self.look()
        self.flush()

    def listing(self, resolution):
        """Yield closed intervals as dicts ready for JSON, oldest first, for the history page.

        Args:
            resolution: one of ``core.history.RESOLUTIONS``.
        """
        for row in history.rows(self.store.records(), self.dates, resolution):
            yield history.row_json(row, self.worth)

    def status(self):
        """Return what the status tells of the history."""
        errors = list(self.problems)
        if self.store.error:
            errors.append(self.store.error)
        for journal in (
            self._open_journal,
            self._dates_journal,
            self._months_journal,
            self._worth_journal,
        ):
            for store, error in journal.errors.items():
                errors.append("{}: {}".format(store, error))
        return {
            "first": self.store.first_sequence(),
            "next": self.store.next_sequence(),
            "waiting": len(self._waiting),
            "lost": self.lost,
            "dropped": self.store.dropped,
            "errors": errors,
        }

    def _now_us(self):
        return self._metering.meter.clock.update(time.ticks_us(), time.ticks_ms())

    def _is_over(self, end_s, now_us, utc_s):
        """Return whether the quarter has ended where it was foreseen, and is not cut yet."""
        return (
            utc_s is not None
            and end_s <= utc_s < end_s + history.QUARTER_S
            and now_us >= self._end_us
        )

    def _foresee(self, now_us, utc_s, second_us):
        """Mark the quarter's end, so that pulses are told apart by when they began."""
        if utc_s is None:
            self._end_s = None
            return
        left_s = history.QUARTER_S - utc_s % history.QUARTER_S
        self._end_s = utc_s + left_s
        self._end_us = now_us + left_s * 1000000 - second_us
        self._metering.meter.mark(self._end_us + _LATENCY_US)

    def _take(self, closed):
        for record in closed:
            self._waiting.append(record)
            if record.flags & history.STEPPED:
                # The day may be another one now.
                self._rebuild = True
            elif not self._rebuild:
                self._fold(record)

    def _fold(self, record):
        start_s = self.dates.start_s(record)
        if start_s is not None:
            self.demand.fold(start_s, self._present_pulses(record), record.covered_s)

    def _present_pulses(self, record):
        """Return a record's pulses as so many of the meter constant now in force."""
        imp_per_kwh = self._metering.meter.register.imp_per_kwh
        return self.worth.of(record.total, record.pulses, imp_per_kwh)

    def _date(self, utc_s, now_us):
        self._dated = True
        if self.dates.add(self._boot, utc_s - now_us // 1000000):
            self._dates_journal.save(self.dates.pack())
            self._rebuild = True

    def _second(self, now_us, utc_s, total):
        power_mw = self._metering.meter.power_now(now_us)[0]
        if power_mw is not None:
            self.intervals.power((power_mw + 500) // 1000)
        record = self.intervals.record(total)
        if utc_s is None or record.flags & history.UNDATED:
            self.demand.without_clock(self._present_pulses(record), record.covered_s)
            return
        if not self._rebuild and not self.demand.roll(utc_s):
            self._rebuild = True
        if not self._rebuild:
            self.demand.note_month()
            pulses = self._present_pulses(record)
            self.demand.live(utc_s, record.start, pulses, record.covered_s, total, power_mw)

    async def _sum_up(self):
        """Make the sums anew from all that is on flash or waits for it."""
        self.demand.begin(self._utc_s())
        for folded, record in enumerate(self.store.records()):
            self._fold(record)
            if folded % _CHUNK == 0:
                self.look()
                await asyncio.sleep_ms(0)
        for record in self._waiting:
            self._fold(record)
        self._rebuild = False

    def _save_is_due(self):
        """Return True at an interval's first look, and every five minutes."""
        fresh = self._saved_sequence != self.intervals.sequence
        return fresh or self._looks - self._saved_looks >= _SAVE_LOOKS
