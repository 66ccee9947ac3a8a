"""Run the counting half of the firmware through a month: runs under MicroPython.

    micropython tools/bench/board/house_run.py JOB.json

The job: trace, lesson (paths), state_dir, end_us, stalls_us, drop_per_million, settings,
cuts (list of (off_us, on_us): no power between them), marks (times at which the register
is noted), night (from_us, to_us, every_us, for_us: stalls while the network is away).

Beats in which nothing can happen, since there is neither an edge nor a stall, are left
out: that is all that makes a month bearable.
"""

import json
import os
import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0])

import reader

# isort: split
import asyncio

from core.event_log import EventLog
from drivers.flash_store import FileStore, NvsStore, RtcStore
from services.metering import BEAT_MS
from services.persistence import Persistence

_BEAT_US = BEAT_MS * 1000
# After the last edge so many beats go by as usual: for the verdict, the audit and the save.
_BEATS_AFTER = 2


class Month:
    """The reader's life in pieces between power cuts."""

    def __init__(self, job):
        self.job = job
        self.source = reader.TraceFile(job["trace"], 0)
        self.marks = job["marks"]
        self.readings = []
        self.cuts = []
        self.missed = 0
        self.lost = 0
        self.rejected = 0
        self.saves = 0

    def live(self, on_us, off_us):
        """Power the board on, run it, and take its power away; return the register."""
        world, metering, lag = reader.build(self.job, self.source, on_us, self.job["state_dir"])
        meter = metering.meter
        persistence = Persistence(
            meter.register, EventLog(), (NvsStore(), FileStore()), (RtcStore(),), 10
        )
        persistence.load()
        metering.on_pulses = persistence.pulsed
        self.cuts.append(meter.register.total)
        night = self.job["night"]

        async def main():
            lag.start()
            quiet = 0
            network_us = night[0]
            while world.now_us < off_us:
                metering.beat()
                now_us = world.now_us
                while len(self.readings) < len(self.marks) and (
                    now_us >= self.marks[len(self.readings)]
                ):
                    self.readings.append(meter.register.total)
                if persistence._wake.is_set() or persistence._overdue():
                    persistence._wake.clear()
                    persistence.save()
                if network_us <= now_us < night[1]:
                    network_us = now_us + night[2]
                    world.stall(night[3])
                edge_us = world._next_us(1 << 60) or off_us
                quiet = quiet + 1 if edge_us - now_us > _BEAT_US else 0
                beats = 1
                if quiet > _BEATS_AFTER and meter.settled():
                    until_us = min([edge_us, off_us] + [stall[0] for stall in world.stalls])
                    if len(self.readings) < len(self.marks):
                        until_us = min(until_us, self.marks[len(self.readings)] + _BEAT_US)
                    if persistence._unsaved_ms is not None:
                        until_us = min(until_us, now_us + 1000000)
                    beats = max(1, (until_us - now_us) // _BEAT_US)
                await asyncio.sleep_ms(beats * BEAT_MS)

        asyncio.run(main())
        asyncio.new_event_loop()
        self.source.give_back(world._edges[world._edge :])
        self.missed += meter.reconciler.missed
        self.lost += world.dropped
        self.rejected += sum(meter.filter.rejected().values())
        self.saves += persistence.saves()
        return meter.register.total

    def run(self):
        """Return what the reader counted and what it met."""
        on_us = 0
        before = []
        for off_us, next_us in self.job["cuts"]:
            before.append(self.live(on_us, off_us))
            try:
                os.remove(self.job["state_dir"] + "/rtc_memory.bin")
            except OSError:
                pass
            on_us = next_us
        pulses = self.live(on_us, self.job["end_us"])
        return {
            "pulses": pulses,
            "readings": self.readings,
            "lost_by_cuts": [a - b for a, b in zip(before, self.cuts[1:])],
            "missed": self.missed,
            "callbacks_lost": self.lost,
            "rejected": self.rejected,
            "saves": self.saves,
        }


with open(sys.argv[1]) as file:
    job = json.load(file)
os.chdir(job["state_dir"])
print(json.dumps(Month(job).run()))
