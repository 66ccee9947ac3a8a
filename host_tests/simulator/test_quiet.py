"""Waiting for a quiet moment, where what follows blocks the interpreter for long."""

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import asyncio
import time

from rig import build
from world import Scripted

from services.health import Health

LOOK_UP_US = 20000000
WATCHDOG_MS = 30000


def test_two_who_block_for_long_leave_the_watchdog_to_be_fed_in_between():
    world, metering, lag = build(Scripted([]))
    fed_ms = []

    async def feed():
        while True:
            fed_ms.append(time.ticks_ms())
            await asyncio.sleep_ms(5000)

    async def look_up():
        await metering.quiet(2000)
        world.stall(LOOK_UP_US)

    async def main():
        lag.start()
        tasks = [asyncio.create_task(task) for task in (metering.run(), feed())]
        await asyncio.gather(look_up(), look_up(), look_up())
        await asyncio.sleep_ms(10000)
        for task in tasks:
            task.cancel()

    asyncio.run(main())
    pauses = [fed_ms[i + 1] - fed_ms[i] for i in range(len(fed_ms) - 1)]
    assert max(pauses) >= LOOK_UP_US // 1000
    assert max(pauses) < WATCHDOG_MS, pauses
    assert metering.beats > 10


def longest_without_feeding_ms(start_ms):
    """Two look-ups begin so long after the start, and health collects garbage about then."""
    world, metering, lag = build(Scripted([]))
    fed_ms = []

    async def look_up():
        await metering.quiet(2000)
        world.stall(LOOK_UP_US)

    async def main():
        lag.start()
        health = Health(
            lambda: metering.beats,
            lambda: fed_ms.append(time.ticks_ms()),
            lambda: None,
            metering.quiet,
        )
        tasks = [asyncio.create_task(task) for task in (metering.run(), health.run())]
        await asyncio.sleep_ms(start_ms)
        await asyncio.gather(look_up(), look_up())
        await asyncio.sleep_ms(10000)
        for task in tasks:
            task.cancel()

    asyncio.run(main())
    return max([fed_ms[i + 1] - fed_ms[i] for i in range(len(fed_ms) - 1)])


def test_the_watchdog_is_fed_in_between_also_while_health_waits_to_collect_garbage():
    longest = [longest_without_feeding_ms(start_ms) for start_ms in range(27000, 31000, 250)]
    assert min(longest) >= LOOK_UP_US // 1000
    assert max(longest) < WATCHDOG_MS, longest
