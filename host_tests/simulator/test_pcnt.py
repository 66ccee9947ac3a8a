"""The pulse counter of the imitated board: hardware, int16, with limits and a glitch filter."""

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import time

from esp32 import PCNT
from machine import Pin
from world import Scripted

from portable import raises

PIN = 34
UP = PCNT.INCREMENT


def board(edges, active_low=False):
    """Return the world with the edges (t_us, lit) on the pin."""
    world = shims.install(Scripted([(at_us, 0, lit) for at_us, lit in edges]))
    world.wire(0, PIN, active_low)
    return world


def flashes(count, begin_us=1000, every_us=100, lit_us=50):
    """Return the edges of so many flashes."""
    edges = []
    for k in range(count):
        edges.append((begin_us + k * every_us, 1))
        edges.append((begin_us + k * every_us + lit_us, 0))
    return edges


def counter(**kwargs):
    """Return a started counter of rising edges."""
    unit = PCNT(0, pin=Pin(PIN, Pin.IN), rising=UP, **kwargs)
    unit.start()
    return unit


def test_it_counts_through_a_stall_that_loses_callbacks():
    world = board(flashes(100))
    lost = []
    Pin(PIN, Pin.IN).irq(lambda pin: lost.append(1))
    unit = counter()
    world.stall(20000)
    assert unit.value() == 100
    assert len(lost) == 8


def test_it_returns_to_0_on_reaching_the_maximum():
    board(flashes(25))
    unit = counter(max=10)
    seen = set()
    for _ in range(40):
        time.sleep_us(100)
        seen.add(unit.value())
    # The maximum itself is never read, so the period is the maximum.
    assert seen == set(range(10)), seen
    assert unit.value() == 25 % 10


def test_the_default_limit_is_int16():
    board(flashes(32768 + 5))
    unit = counter()
    time.sleep_us(1000 + 32765 * 100 + 60)
    assert unit.value() == 32766
    time.sleep_us(100)
    assert unit.value() == 0
    time.sleep_us(600)
    assert unit.value() == 6


def test_counting_down_wraps_at_the_minimum():
    board(flashes(7))
    unit = PCNT(0, pin=Pin(PIN, Pin.IN), rising=PCNT.DECREMENT, min=-5)
    unit.start()
    time.sleep_us(1000 + 3 * 100 + 60)
    assert unit.value() == -4
    time.sleep_ms(2)
    assert unit.value() == -2


def test_either_edge_can_be_counted_or_both():
    for options, expected in (
        ({"rising": UP}, 6),
        ({"falling": UP}, 6),
        ({"rising": UP, "falling": UP}, 12),
        ({"rising": UP, "falling": PCNT.DECREMENT}, 0),
        ({"rising": PCNT.IGNORE}, 0),
    ):
        board(flashes(6))
        unit = PCNT(0, pin=Pin(PIN, Pin.IN), **options)
        unit.start()
        time.sleep_ms(5)
        assert unit.value() == expected, options


def test_giving_one_edge_puts_the_other_back_to_ignored():
    board(flashes(6))
    unit = PCNT(0, pin=Pin(PIN, Pin.IN), rising=UP)
    unit.init(falling=UP)
    unit.start()
    time.sleep_ms(5)
    assert unit.value() == 6


def test_the_filter_drops_shorter_levels_of_either_polarity():
    # A spike of light of 10 us, then a pulse with a dark gap of 10 us in it.
    edges = [(1000, 1), (1010, 0), (2000, 1), (2500, 0), (2510, 1), (3000, 0)]
    board(edges)
    unit = counter(filter=1023)
    time.sleep_ms(5)
    assert unit.value() == 1
    board(edges)
    unit = counter()
    time.sleep_ms(5)
    assert unit.value() == 3


def test_the_filter_passes_what_is_longer_than_its_12_8_us():
    for lit_us, expected in ((12, 0), (13, 5), (100, 5)):
        board(flashes(5, every_us=1000, lit_us=lit_us))
        unit = counter(filter=1023)
        time.sleep_ms(10)
        assert unit.value() == expected, lit_us
    # 400 ticks of 80 MHz are 5 us.
    for lit_us, expected in ((4, 0), (5, 5)):
        board(flashes(5, every_us=1000, lit_us=lit_us))
        unit = counter(filter=400)
        time.sleep_ms(10)
        assert unit.value() == expected, lit_us


def test_a_level_still_inside_the_filter_is_not_counted_yet():
    board([(1000, 1)])
    unit = counter(filter=1023)
    time.sleep_us(1008)
    assert unit.value() == 0
    time.sleep_us(6)
    assert unit.value() == 1


def test_reading_with_0_returns_the_count_and_resets_it():
    board(flashes(6))
    unit = counter()
    time.sleep_us(1000 + 350)
    assert unit.value(0) == 4
    assert unit.value() == 0
    time.sleep_ms(1)
    assert unit.value() == 2


def test_setting_a_limit_or_value_0_resets_the_count():
    for options in ({"value": 0}, {"max": 100}, {"min": -100}):
        board(flashes(6))
        unit = counter()
        time.sleep_ms(2)
        assert unit.value() == 6
        unit.init(filter=10)
        assert unit.value() == 6, "the filter alone resets nothing"
        unit.init(**options)
        assert unit.value() == 0, options


def test_it_counts_between_start_and_stop_only():
    board(flashes(9))
    unit = PCNT(0, pin=Pin(PIN, Pin.IN), rising=UP)
    time.sleep_us(1000 + 250)
    assert unit.value() == 0
    unit.start()
    time.sleep_us(300)
    unit.stop()
    assert unit.value() == 3
    time.sleep_ms(2)
    assert unit.value() == 3


def test_deinit_lets_go_of_everything():
    board(flashes(9))
    unit = counter(max=5, filter=100)
    time.sleep_us(1350)
    assert unit.value() == 4
    unit.deinit()
    assert unit.value() == 0
    time.sleep_ms(1)
    assert unit.value() == 0
    unit.init(pin=Pin(PIN, Pin.IN), rising=UP)
    time.sleep_ms(1)
    assert unit.value() == 0, "not started again"


def test_a_unit_is_one_however_often_it_is_built():
    board(flashes(6))
    first = counter()
    time.sleep_us(1250)
    second = PCNT(0)
    assert second.value() == first.value() == 3
    second.init(pin=Pin(PIN, Pin.IN))
    time.sleep_ms(1)
    # The pin was given twice, and no edge counted twice.
    assert first.value() == 6
    other = PCNT(1, pin=Pin(PIN, Pin.IN), rising=UP)
    assert other.value() == 0


def test_invalid_arguments_are_refused():
    board([])
    for id in (-1, 8):
        raises(ValueError, PCNT, id)
    unit = PCNT(0, pin=Pin(PIN, Pin.IN))
    for name, value in (
        ("filter", 1024),
        ("filter", -1),
        ("min", 1),
        ("min", -32769),
        ("max", -1),
        ("max", 32768),
        ("value", 1),
        ("rising", 3),
        ("falling", -1),
        ("channel", 2),
    ):
        raises(ValueError, lambda name=name, value=value: unit.init(**{name: value}))
    raises(TypeError, lambda: unit.init(debounce=1))
    raises(ValueError, unit.value, 5)
