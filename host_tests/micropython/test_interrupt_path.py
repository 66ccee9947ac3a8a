"""The interrupt path takes nothing from the heap: not one byte in 100 000 edges.

A callback that allocates fails the moment it meets a locked or full heap, and starts the
garbage collector in the worst of moments. What is measured is the very bound method that
``Pin.irq`` gets, with the interpreter's own clock; only the pin is a stand-in.
"""

import sys
import time

import heap

from portable import SkipTest

EDGES = 100000
CHUNK = 25000
ROOM = 1 << 15


class FakePin:
    """Alternating levels; a stand-in for ``machine.Pin`` that itself allocates nothing."""

    IN = 1
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, number, mode=-1):
        self.level = 0
        self.handler = None

    def value(self):
        self.level ^= 1
        return self.level

    def irq(self, handler, trigger):
        self.handler = handler


class FakeMachine:
    """Holds the class, as the module would."""

    Pin = FakePin


sys.modules["machine"] = FakeMachine

from core.edge_ring import EdgeRing  # noqa: E402
from drivers.led_sense import LedSense  # noqa: E402
from drivers.pulse_input import PulseInput  # noqa: E402


def pulse_input(active_low=False, capacity=256):
    """Return (ring, input, the callback that the pin was given)."""
    ring = EdgeRing(capacity)
    driver = PulseInput(34, active_low, ring)
    driver.start()
    return ring, driver, driver._pin.handler


def drain(ring):
    """Empty the ring and return how many edges it held."""
    edges = 0
    while ring.pop():
        edges += 1
    return edges


def fire(callback):
    """One chunk of edges, as many as fit without a look at the ring between them."""
    for _ in range(CHUNK):
        callback(None)


def measure(callback, after_chunk):
    """Run 100 000 edges with the heap locked and measured; demand nothing of it."""

    def fire_locked(callback):
        errors[0] = heap.locked(fire, callback)

    errors = [None]
    for _ in range(EDGES // CHUNK):
        grown = heap.growth(fire_locked, callback)
        assert errors[0] is None, errors
        assert grown == 0, "{} bytes in {} edges".format(grown, CHUNK)
        after_chunk()


def test_the_handler_takes_no_heap_in_100000_edges():
    for active_low in (False, True):
        ring, _, callback = pulse_input(active_low, ROOM)
        taken = [0]

        def empty(ring=ring, taken=taken):
            taken[0] += drain(ring)

        measure(callback, empty)
        assert taken[0] == EDGES, taken
        assert ring.overflow == 0


def test_a_full_ring_takes_no_heap_either():
    ring, _, callback = pulse_input(capacity=8)
    measure(callback, lambda: None)
    assert len(ring) == 7
    assert ring.overflow == EDGES - 7
    assert drain(ring) == 7


def test_counting_the_lower_leds_edges_takes_no_heap():
    sense = LedSense(35, False)
    sense.start()
    measure(sense._pin.handler, lambda: None)
    assert sense.edges() == EDGES
    assert sense.edges() == 0


def test_the_handler_stores_level_and_time():
    for active_low in (False, True):
        ring, _, callback = pulse_input(active_low)
        begin = time.ticks_us()
        for _ in range(4):
            callback(None)
        end = time.ticks_us()
        lit = []
        while ring.pop():
            lit.append(ring.lit)
            # Of a 62-bit clock the ring keeps the low 32: it is made for the chip's 30.
            assert (ring.ticks_us - begin) & 0xFFFFFFFF <= (end - begin) & 0xFFFFFFFF
        assert lit == ([0, 1, 0, 1] if active_low else [1, 0, 1, 0]), lit


def test_times_close_to_the_ticks_period_are_stored_without_heap_and_exactly():
    # 2**30 - 1 is the largest small int of a 32-bit port; one more would be an object.
    period = 1 << 30
    ticks = [period - 3, period - 2, period - 1, 0, 1, (1 << 29) - 1, 1 << 29]
    ring = EdgeRing(1024)

    def push(_):
        for value in ticks:
            ring.push(value, 1)

    assert heap.locked(push, None) is None
    assert heap.growth(push, None) == 0
    found = []
    while ring.pop():
        found.append(ring.ticks_us)
    assert found == ticks + ticks, found


def test_the_measurement_sees_a_handler_that_allocates():
    kept = []

    def boxes(_):
        kept.append([1])

    def floats(_):
        return len(kept) * 0.5

    for allocating in (boxes, floats):
        assert isinstance(heap.locked(fire, allocating), MemoryError), allocating
    before = len(kept)
    assert heap.growth(fire, boxes) >= 4 * CHUNK
    assert len(kept) == before + CHUNK


def test_a_time_beyond_the_small_int_would_be_seen_on_a_32_bit_port():
    # Why level and time are not packed into one word: 31 bits and a level are 32.
    if time.ticks_add(0, -1) >> 30:
        raise SkipTest("small ints have 63 bits here")
    ticks = (1 << 30) - 1

    def pack(_):
        return ticks << 1 | 1

    assert isinstance(heap.locked(fire, pack), MemoryError)
