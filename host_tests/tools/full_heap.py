"""Play a minute of the virtual meter on an imitated board whose heap is full: under MicroPython.

    micropython full_heap.py REPOSITORY PORT SECONDS

Prints how many flashes of the upper LED came through, and how often room had to be made.
"""

import sys


def run(repository, port, seconds):
    """Fill the heap in small blocks, and give one back whenever the imitation asks for it."""
    sys.path[0:0] = [repository + "/tools/simulator/esp32"]
    from meter_link import MeterLink
    from world import world

    link = MeterLink(port)
    world.reset(link, link.now_us)
    world.wire(0, 4)
    flashes = [0]

    def flash(t_us, level):
        flashes[0] += level

    world.watch(4, flash)
    taken = None
    given = [0]

    def give():
        nonlocal taken
        if taken is None:
            return False
        taken = taken[0]
        given[0] += 1
        return True

    world.at_full = give
    end_us = world.now_us + seconds * 1000000
    while world.now_us < end_us:
        try:
            while True:
                # A chain, so that what holds it takes no more room as it grows.
                taken = [taken]
        except MemoryError:
            pass
        world.run_until(world.now_us + 1000000)
    taken = None
    print(flashes[0], given[0])


run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
