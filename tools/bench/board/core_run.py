"""Run the counting half of the firmware on a trace: runs under MicroPython.

    micropython tools/bench/board/core_run.py JOB.json

The job: trace, samples (paths), start_us, duration_us, stalls_us, drop_per_million,
settings, lesson (path of a trace to learn the pulse's width from, or null), and, where
wanted, log (path, see witness.py). The samples are lines of `tenth power_mw pulses`, one
per tenth of a second in which something changed. The output is a JSON object of the
counters.
"""

import json
import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0])

import reader
import witness

# isort: split
import asyncio

from services.metering import BEAT_MS

_TENTH_US = 100000


def run(job):
    """Play the whole trace and return the counters."""
    start_us = job["start_us"]
    source = reader.TraceFile(job["trace"], start_us)
    world, metering, lag = reader.build(job, source, start_us)
    end_us = start_us + job["duration_us"]
    meter = metering.meter
    if job.get("log"):
        witness.Witness(job["log"], start_us).watch(world, metering)
    with open(job["samples"], "w") as samples:

        async def main():
            lag.start()
            last = None
            tenth = 0
            while world.now_us < end_us:
                metering.beat()
                if world.now_us - start_us >= tenth * _TENTH_US:
                    tenth = (world.now_us - start_us) // _TENTH_US
                    power_mw = meter.power_now(meter.clock.now_us)[0]
                    shown = (power_mw, meter.register.total)
                    if shown != last:
                        last = shown
                        text = "-" if power_mw is None else str(power_mw)
                        samples.write("{} {} {}\n".format(tenth, text, shown[1]))
                    tenth += 1
                await asyncio.sleep_ms(BEAT_MS)

        asyncio.run(main())
    result = reader.counters(metering)
    result["callbacks_lost"] = world.dropped
    return result


with open(sys.argv[1]) as file:
    print(json.dumps(run(json.load(file))))
