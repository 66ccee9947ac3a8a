"""Leave out the beats of metering in which nothing can happen: runs under MicroPython.

Between two pulses metering looks at a dark light twenty times a second. While nothing is wrong the
run lets it sleep up to the next edge, a second at most: everything seen is judged and audited, the
light is off, and no edge falls into the time. The beats that are made are the firmware's own, and
on the same grid; all other tasks go on as they are.
"""

import asyncio

from services.metering import BEAT_MS, Metering
from world import world

_BEAT_US = BEAT_MS * 1000
_MOST_US = 1000000
_calm = [False]


def calm(on):
    """From here on beats may be left out, or not."""
    _calm[0] = on


async def _run(self):
    meter = self.meter
    seen = None
    while True:
        self.beat()
        before, seen = seen, (meter.ring.head(), self._count._total)
        beats = 1
        if _calm[0] and seen == before and _is_still(self):
            until_us = world.now_us + _MOST_US
            edge_us = world._next_us(until_us)
            # Up to the first beat at or after the edge, as if none were left out.
            beats = max(1, -(-((edge_us or until_us) - world.now_us) // _BEAT_US))
        await asyncio.sleep_ms(beats * BEAT_MS)


def _is_still(metering):
    return metering.meter.settled() and not metering._input.lit() and not world._queue


def install():
    """Have metering run so."""
    Metering.run = _run
