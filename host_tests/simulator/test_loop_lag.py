"""Which edges the loop's own timing calls late: those taken after a block, and no others."""

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import asyncio
import time

from world import Scripted

from core.edge_ring import EdgeRing
from drivers.loop_lag import LoopLag
from drivers.pulse_input import PulseInput

PIN = 34


def board(edges):
    """Return (world, ring, lag) with the pulse input running."""
    world = shims.install(Scripted([(at_us, 0, lit) for at_us, lit in edges]))
    world.wire(0, PIN)
    ring = EdgeRing()
    lag = LoopLag(ring)
    PulseInput(PIN, False, ring).start()
    return world, ring, lag


def lateness(ring):
    """Drain the ring into [(ticks_us, late), ...]."""
    out = []
    while ring.pop():
        out.append((ring.ticks_us, ring.late))
    return out


def run(lag, *steps):
    """Start the lag in a fresh loop; between the steps the loop idles for 10 ms."""

    async def main():
        lag.start()
        await asyncio.sleep_ms(10)
        for step in steps:
            step()
            await asyncio.sleep_ms(10)
        lag.mark()

    asyncio.run(main())


def test_edges_of_an_idle_loop_are_in_time():
    _, ring, lag = board([(2000, 1), (5000, 0), (8000, 1), (13000, 0)])
    run(lag)
    found = lateness(ring)
    assert [late for _, late in found] == [False] * 3, found
    assert all(abs(ticks - at) < 200 for (ticks, _), at in zip(found, (2000, 5000, 8000))), found


def test_edges_during_a_block_are_late_and_those_around_it_are_not():
    world, ring, lag = board([(5000, 1), (20000, 0), (30000, 1), (55000, 0)])

    def block():
        world.stall(40000)

    run(lag, block)
    found = lateness(ring)
    assert [late for _, late in found] == [False, True, True, False], found
    # The two were stored when the block ended, which is what the flag is to tell.
    assert found[1][0] >= 50000 and found[2][0] >= 50000, found
    assert lag.take_longest_us() >= 40000
    assert lag.take_longest_us() == 0


def test_a_short_bout_of_work_makes_nothing_late():
    world, ring, lag = board([(11000, 1), (12000, 0)])
    run(lag, lambda: world.stall(2000))
    assert [late for _, late in lateness(ring)] == [False, False]


def test_a_wait_that_comes_back_late_flags_its_edges():
    # A stall injected at wake-up blocks inside the wait, as lwIP or Wi-Fi does.
    world, ring, lag = board([(12000, 1), (25000, 0), (60000, 1)])
    world.inject(1000000000, 30000, first_us=15000)

    async def main():
        lag.start()
        await asyncio.sleep_ms(20)
        await asyncio.sleep_ms(50)
        lag.mark()

    asyncio.run(main())
    found = lateness(ring)
    assert [late for _, late in found] == [True, True, False], found


def test_an_edge_right_after_a_late_wait_is_late_when_the_block_goes_on():
    world, ring, lag = board([(12000, 1), (40000, 0)])
    world.inject(1000000000, 10000, first_us=15000)

    async def main():
        lag.start()
        await asyncio.sleep_ms(20)
        # The waking task blocks on: to the callbacks it is one block.
        world.stall(20000)
        lag.mark()

    asyncio.run(main())
    assert [late for _, late in lateness(ring)] == [True, True]


def test_it_works_when_asyncio_runs_a_second_time():
    world, ring, lag = board([(5000, 1), (1020000, 0), (1060000, 1)])
    run(lag)
    time.sleep_ms(980)
    assert len(ring) == 1

    def block():
        world.stall(1050000 - world.now_us)

    # The same object again, in the same loop object: it must not wait for itself.
    run(lag, block)
    found = lateness(ring)
    assert [late for _, late in found] == [False, True, False], found
    asyncio.new_event_loop()
    run(lag, lambda: world.stall(5000))
    assert lag.take_longest_us() >= 5000


def test_a_second_reader_in_the_process_takes_the_first_ones_place():
    _, _, first = board([])
    run(first)
    first.take_longest_us()
    world, _, second = board([])
    run(second, lambda: world.stall(8000))
    assert second.take_longest_us() >= 8000
    assert first.take_longest_us() == 0
