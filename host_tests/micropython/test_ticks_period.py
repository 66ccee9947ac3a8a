"""Monotonic time from the interpreter's own ticks functions, with their own period."""

import sys
import time

from core.ticks import MonotonicClock
from portable import SkipTest

PERIOD = time.ticks_add(0, -1) + 1
# Around half a period and the whole of it, an hour and a day of standby.
INTERVALS_US = (
    1000,
    999999,
    (1 << 29) - 1,
    1 << 29,
    (1 << 29) + 1,
    (1 << 30) - 1,
    1 << 30,
    (1 << 30) + 1,
    3600000000,
    86400000000,
)


def readings(at_us):
    """Return (ticks_us, ticks_ms) as the interpreter's functions wrap them."""
    return at_us % PERIOD, at_us // 1000 % PERIOD


def test_the_period_is_what_the_driver_computes():
    # drivers.clock cannot be imported on wasm32 without a machine; the rule is this one.
    assert PERIOD & (PERIOD - 1) == 0
    assert time.ticks_add(PERIOD - 1, 1) == 0
    assert time.ticks_diff(0, PERIOD - 1) == 1


def test_it_follows_the_interpreters_own_clock():
    clock = MonotonicClock(time.ticks_us(), time.ticks_ms(), PERIOD)
    begin = time.ticks_us()
    before = clock.update(begin, time.ticks_ms())
    for _ in range(2000):
        now = time.ticks_us()
        seen = clock.update(now, time.ticks_ms())
        assert seen - before == time.ticks_diff(now, begin), (seen, before)


def test_intervals_from_1_ms_to_24_h_measure_exactly_from_any_start():
    # Starts close to either wrap, and where ms and us of a pair straddle a ms.
    for start_us in (0, 1, 999, (1 << 30) - 1, (1 << 30) - 1000, (1 << 29), 1000 << 30):
        for interval_us in INTERVALS_US:
            clock = MonotonicClock(*readings(start_us), PERIOD)
            assert clock.update(*readings(start_us + interval_us)) == interval_us, (
                start_us,
                interval_us,
            )


def test_an_edge_is_dated_across_the_wrap_by_ticks_add_alone():
    for start_us in ((1 << 30) - 2000, 5, 1 << 29):
        ticks_us, ticks_ms = readings(start_us)
        clock = MonotonicClock(ticks_us, ticks_ms, PERIOD)
        for delta_us in (-5000, -1, 0, 1, 5000, (1 << 29) - 1, -(1 << 29) + 1):
            assert clock.at(time.ticks_add(ticks_us, delta_us)) == delta_us, (start_us, delta_us)


def test_beyond_half_a_period_ticks_diff_alone_is_wrong_and_the_clock_is_not():
    # Shows that the test above has something to find: with the chip's period the
    # interpreter's own difference fails for an hour.
    if PERIOD != 1 << 30:
        raise SkipTest("the ticks period is longer than an hour here")
    hour_us = 3600000000
    assert time.ticks_diff(hour_us % PERIOD, 0) != hour_us
    clock = MonotonicClock(0, 0, PERIOD)
    assert clock.update(*readings(hour_us)) == hour_us


def test_the_imitated_boards_table_of_ticks_is_this_interpreters():
    if PERIOD != 1 << 30:
        raise SkipTest("the ticks period is not the chip's here")
    sys.path.append(__file__.rsplit("/", 2)[0] + "/simulator")
    import ticks_table

    ticks_table.check(time)
