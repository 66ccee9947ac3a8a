"""Leave out wake-ups in which nothing can happen: runs under MicroPython.

Between two pulses metering looks at a dark light twenty times a second. While nothing is wrong the
run lets it sleep up to the next edge, a second at most: everything seen is judged and audited, the
light is off, and no edge falls into the time. The beats that are made are the firmware's own, and
on the same grid. The pauses of other tasks, of 0.1 s and more, end on a common grid a quarter of a
second apart, so that the interpreter wakes once for all of them: a pause is a least time on a board
as well.
"""

import asyncio

from asyncio_task import TaskQueue
from world import TICKS_PERIOD, world

try:
    from services.metering import BEAT_MS, Metering
except ImportError:
    # Byte code as it is deployed: modules that stay are joined to one.
    BEAT_MS, Metering = __import__("main").BEAT_MS, __import__("main").Metering

_BEAT_US = BEAT_MS * 1000
_MOST_US = 1000000
_LONG_MS = 100
# A power of two, which divides the ticks' period.
_GRID_MS = 256
# The upper LED's signal, see ``World.wire``.
_UPPER = 0
_calm = [False]
_edges = [0]
_exact = [False]
_push = TaskQueue.push


def calm(on):
    """From here on wake-ups may be left out, or not."""
    _calm[0] = on


async def _run(self):
    meter = self.meter
    seen = None
    while True:
        self.beat()
        # Private names are others in the byte code, so what is seen is told by the imitation.
        before, seen = seen, _edges[0]
        beats = 1
        if _calm[0] and seen == before and meter.decided() and _is_still():
            until_us = world.now_us + _MOST_US
            edge_us = world._next_us(until_us)
            # Up to the first beat at or after the edge, as if none were left out.
            beats = max(1, -(-((edge_us or until_us) - world.now_us) // _BEAT_US))
        _exact[0] = True
        await asyncio.sleep_ms(beats * BEAT_MS)


def _is_still():
    pin, dark = world.wiring[_UPPER]
    return world.levels[pin] == dark and not world._queue


def _edge(t_us, level):
    _edges[0] += 1


def _push_on_grid(queue, task, key=None):
    if _exact[0]:
        _exact[0] = False
    elif key is not None and _calm[0]:
        now_ms = (world.now_us - world.boot_us) // 1000
        if _LONG_MS <= (key - now_ms) % TICKS_PERIOD < TICKS_PERIOD // 2:
            key = (key + _GRID_MS - 1) // _GRID_MS * _GRID_MS % TICKS_PERIOD
    _push(queue, task, key)


def install():
    """Have metering and the queue of tasks do so; called on a board that is wired."""
    world.watch(world.wiring[_UPPER][0], _edge)
    Metering.run = _run
    TaskQueue.push = _push_on_grid
