"""Run the reader's counting, saving and history through a month: runs under MicroPython.

    micropython tools/bench/board/house_run.py JOB.json

The job: trace, lesson (paths), state_dir, end_us, stalls_us, drop_per_million, settings,
cuts (list of (off_us, on_us): no power between them), night (from_us, to_us, every_us,
for_us: stalls while the network is away), utc_at_0 (UTC in s at time 0), tariffs (folder),
and, where wanted, log (path, see witness.py).

Metering, persistence, history and demand are the firmware's own and are asked as often as
its tasks would ask them, except for beats in which nothing can happen: no edge, stall,
save or quarter's end falls into them, and what was seen is judged and audited. Those are
left out, which is what makes a month bearable. Prints `day N register R` as it goes, and
then a JSON object.
"""

import json
import os
import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0])

import reader
import witness

# isort: split
import asyncio
import select
import time

from machine import RTC

from core.demand import Demand
from core.event_log import EventLog
from core.history import HOUR, rows
from core.tariff import none
from drivers import clock
from drivers.flash_store import FileStore, NvsStore, RtcStore
from drivers.history_store import HistoryStore
from services import tariff_file
from services.history import History
from services.metering import BEAT_MS
from services.persistence import LOOK_MS, Persistence

_BEAT_US = BEAT_MS * 1000
# As services.history looks, and a quarter's end.
_LOOK_US = 250000
_QUARTER_S = 900
_DAY_US = 86400000000
_EPOCH_2000_S = 946684800
# The network is back and has told the time so long after a start.
_CLOCK_SET_US = 20000000
_NEVER_US = 1 << 60


class _NoSockets:
    """A poll set without streams: waiting moves virtual time at once, in a single step."""

    def ipoll(self, timeout_ms=-1, flags=0):
        """Wait, as the imitated ``select`` does."""
        world = sys.modules["world"].world
        world.run_until(world.now_us + timeout_ms * 1000)
        world.python_runs()
        return ()


select.poll = _NoSockets


def _remember(data=None):
    """RTC memory without the imitation's file: a month writes it a million times."""
    if data is None:
        return _memory[0]
    _memory[0] = bytes(data)


_memory = [b""]
RTC.memory = staticmethod(_remember)


class Life:
    """The reader between two power cuts."""

    def __init__(self, month, on_us):
        job = month.job
        self.month = month
        self.job = job
        self.world, self.metering, self.lag = reader.build(
            job, month.source, on_us, job["state_dir"]
        )
        if month.witness:
            month.witness.watch(self.world, self.metering)
        meter = self.metering.meter
        durable = (NvsStore(), FileStore())
        self.persistence = Persistence(meter.register, EventLog(), durable, (RtcStore(),), 10)
        self.metering.on_pulses = self.persistence.pulsed
        self.persistence.load()
        self.restored = meter.register.total
        self.history = History(
            self.metering,
            HistoryStore(),
            Demand(none(), 1000),
            durable,
            clock.utc_s,
            clock.second_us,
            self.metering.quiet,
        )
        self.history.restore(len(month.before))
        self._on_us = on_us
        self._look_us = on_us
        self._flushing = False
        self._task = None

    async def run(self, off_us):
        """Beat until the power goes."""
        world = self.world
        metering = self.metering
        meter = metering.meter
        night = self.job["night"]
        lookup_us = night[0]
        # The month begins for a reader that has been there for a while.
        clock_us = self._on_us + _CLOCK_SET_US if self._on_us else 0
        ring = meter.ring
        count = metering._count
        seen = None
        self.lag.start()
        while world.now_us < off_us:
            metering.beat()
            before, seen = seen, (ring.head(), count._total)
            self.persistence.look()
            now_us = world.now_us
            if now_us >= clock_us:
                RTC.set_seconds(self.job["utc_at_0"] + now_us // 1000000 - _EPOCH_2000_S)
                clock_us = _NEVER_US
            if now_us >= self._look_us:
                await self._look(now_us)
            if lookup_us <= now_us < night[1]:
                lookup_us = now_us + night[2]
                world.stall(night[3])
            beats = 1
            if seen == before and not self._flushing and self._is_still():
                until_us = min(self._due_us(now_us), clock_us, off_us)
                if now_us < night[1]:
                    until_us = min(until_us, lookup_us)
                # Up to the first beat at or after what is due, as if none were left out.
                beats = max(1, -(-(until_us - now_us) // _BEAT_US))
            await asyncio.sleep_ms(beats * BEAT_MS)
            # The beats left out would have looked as well, and it was dark.
            metering._lit_time._look_ms = time.ticks_ms()

    def _is_still(self):
        """Return whether everything seen is judged, and the light is off.

        It is audited as well when the beat before saw the same, and the audit waits for nothing.
        """
        metering = self.metering
        return (
            metering.meter.decided()
            and not self.history._put_off
            and not metering._input.lit()
            and not self.world._queue
        )

    def _due_us(self, now_us):
        """Return when the next beat is needed."""
        world = self.world
        until_us = min([_NEVER_US] + [stall[0] for stall in world.stalls])
        edge_us = world._next_us(min(until_us, now_us + _QUARTER_S * 1000000))
        if edge_us is not None:
            until_us = edge_us
        persistence = self.persistence
        if persistence._unsaved_ms is not None:
            waited_ms = time.ticks_diff(time.ticks_ms(), persistence._unsaved_ms)
            # When it is found to be overdue.
            left_ms = persistence._save_ms - LOOK_MS - waited_ms
            until_us = min(until_us, now_us + left_ms * 1000)
        utc_us = self.job["utc_at_0"] * 1000000 + now_us
        quarter_us = now_us + _QUARTER_S * 1000000 - utc_us % (_QUARTER_S * 1000000)
        # The first look after the quarter's end is on the grid of looks.
        looks = -(-(quarter_us - self._on_us) // _LOOK_US)
        return min(until_us, self._on_us + looks * _LOOK_US)

    async def _look(self, now_us):
        history = self.history
        self._look_us = now_us + _LOOK_US - (now_us - self._on_us) % _LOOK_US
        # Looks left out count as well: the history's own times are in looks.
        history._looks = (now_us - self._on_us) // _LOOK_US - 1
        sequence = history.intervals.sequence
        history.look()
        if history.intervals.sequence != sequence:
            for closed in range(sequence, history.intervals.sequence):
                self.month.closed[closed] = now_us
            self.month.report(self.world.now_us, self.metering.meter.register.total)
        if history._rebuild and clock.utc_s() is not None:
            await history._sum_up()
        if (
            not self._flushing
            and history._looks >= history._retry_looks
            and (history._waiting or history._save_is_due())
        ):
            self._flushing = True
            self._task = asyncio.create_task(self._flush())

    async def _flush(self):
        await self.metering.quiet(2000)
        self.history.flush()
        self._flushing = False


class Month:
    """The reader's life in pieces between power cuts."""

    def __init__(self, job):
        self.job = job
        self.source = reader.TraceFile(job["trace"], 0)
        self.witness = witness.Witness(job["log"], 0) if job.get("log") else None
        self.before = []
        self.restored = []
        self.closed = {}
        self.counters = {"missed": 0, "callbacks_lost": 0, "rejected": 0, "saves": 0}
        self._day = 0

    def report(self, now_us, total):
        """Tell of each day that is over."""
        if now_us // _DAY_US > self._day:
            self._day = now_us // _DAY_US
            print("day", self._day, "register", total)

    def live(self, on_us, off_us):
        """Power the board on, run it, and take its power away; return its last ``Life``."""
        life = Life(self, on_us)
        self.restored.append(life.restored)
        asyncio.new_event_loop()
        asyncio.run(life.run(off_us))
        self.before.append(life.metering.meter.register.total)
        counters = self.counters
        counters["missed"] += life.metering.meter.reconciler.missed
        counters["callbacks_lost"] += life.world.dropped
        counters["rejected"] += sum(life.metering.meter.filter.rejected().values())
        counters["saves"] += life.persistence.saves()
        return life

    def run(self):
        """Return what the reader counted, and what it made of it."""
        on_us = 0
        for off_us, next_us in self.job["cuts"]:
            life = self.live(on_us, off_us)
            self.source.give_back(life.world._edges[life.world._edge :], next_us)
            _memory[0] = b""
            on_us = next_us
        life = self.live(on_us, self.job["end_us"])
        history = life.history
        records = list(history.store.records()) + history._waiting
        return {
            "pulses": life.metering.meter.register.total,
            "lost_by_cuts": [a - b for a, b in zip(self.before, self.restored[1:])],
            "records": [(r.sequence, history.dates.start_s(r), r.pulses, r.total) for r in records],
            "closed": [self.closed.get(r.sequence) for r in records],
            "hours": [(row.start_s, row.pulses) for row in rows(records, history.dates, HOUR)],
            "peaks": {name: self._peaks(history, name) for name in self._tariffs()},
            "counters": self.counters,
        }

    def _tariffs(self):
        return [name for name in tariff_file.names(self.job["tariffs"]) if name != "none"]

    def _peaks(self, history, name):
        """Return a tariff's peaks, made anew from the flash as after a change of tariff."""
        tariff, errors = tariff_file.load(self.job["tariffs"], name)
        if errors:
            raise ValueError(errors[0])
        history.demand = Demand(tariff, 1000)
        asyncio.new_event_loop()
        asyncio.run(history._sum_up())
        state = history.demand.state()
        return {"peaks": state["peaks"], "month_peak_w": state["month_peak_w"]}


with open(sys.argv[1]) as file:
    job = json.load(file)
os.chdir(job["state_dir"])
print(json.dumps(Month(job).run()))
