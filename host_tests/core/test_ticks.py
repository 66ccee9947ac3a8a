"""Ticks that wrap, unwrapped: exact from 1 ms to 24 h, however often the counter wrapped."""

import time

from core.ticks import MonotonicClock
from portable import SkipTest

PERIOD = 1 << 30
DAY_US = 86400000000
# Right at, around and far from the wrap of either counter.
STARTS_US = (0, 1, 999, PERIOD - 1, PERIOD - 1000, PERIOD, PERIOD >> 1, 1000 * PERIOD - 1)
INTERVALS_US = (
    0,
    1,
    1000,
    36000,
    1000000,
    (PERIOD >> 1) - 1,
    PERIOD >> 1,
    (PERIOD >> 1) + 1,
    PERIOD - 1,
    PERIOD,
    PERIOD + 1,
    3600000000,
    43200000001,
    DAY_US,
)


def reading(true_us, period=PERIOD):
    """Return (ticks_us, ticks_ms) as a chip shows them at ``true_us`` after its boot."""
    return true_us % period, true_us // 1000 % period


def test_time_starts_at_zero():
    clock = MonotonicClock(*reading(123456789))
    assert clock.now_us == 0
    assert clock.update(*reading(123456789)) == 0


def test_intervals_from_1_us_to_24_h_are_exact_in_one_step():
    for start_us in STARTS_US:
        for interval_us in INTERVALS_US:
            clock = MonotonicClock(*reading(start_us))
            assert clock.update(*reading(start_us + interval_us)) == interval_us


def test_intervals_are_exact_in_many_steps():
    for start_us in STARTS_US:
        clock = MonotonicClock(*reading(start_us))
        true_us = start_us
        for interval_us in INTERVALS_US:
            before_us = clock.now_us
            true_us += interval_us
            assert clock.update(*reading(true_us)) - before_us == interval_us
        assert clock.now_us == true_us - start_us


def test_a_poll_late_by_days_loses_nothing():
    for days in (1, 3, 7, 12):
        clock = MonotonicClock(*reading(PERIOD - 5))
        assert clock.update(*reading(PERIOD - 5 + days * DAY_US)) == days * DAY_US


def test_a_year_of_beats_across_both_wraps():
    clock = MonotonicClock(*reading(0))
    true_us = 0
    step_us = 3607 * 1000003  # an odd hour, so that every phase of the wraps is met
    while true_us < 366 * DAY_US:
        true_us += step_us
        assert clock.update(*reading(true_us)) == true_us


def test_milliseconds_read_just_before_or_after_do_not_matter():
    for offset_us in range(0, 2000, 7):
        for skew_us in (0, 1, 999, 1000):
            start_us = PERIOD - 1000 + offset_us
            clock = MonotonicClock(start_us % PERIOD, (start_us + skew_us) // 1000 % PERIOD)
            end_us = start_us + 5 * PERIOD + 3
            assert clock.update(*reading(end_us)) == end_us - start_us


def test_an_edge_is_dated_on_either_side_of_the_last_update():
    half = PERIOD >> 1
    for now_us in STARTS_US:
        clock = MonotonicClock(*reading(now_us))
        clock.update(*reading(now_us + 3 * PERIOD))
        for offset_us in (-half, -60000000, -1, 0, 1, 60000000, half - 1):
            ticks_us = (now_us + 3 * PERIOD + offset_us) % PERIOD
            assert clock.at(ticks_us) == clock.now_us + offset_us


def test_edges_dated_across_the_wrap_keep_their_distance():
    clock = MonotonicClock(*reading(PERIOD - 30000))
    clock.update(*reading(PERIOD + 50000))
    rise_us = clock.at(PERIOD - 10000)
    fall_us = clock.at(20000)
    assert fall_us - rise_us == 30000


def test_the_interpreter_s_own_ticks():
    if not hasattr(time, "ticks_us"):
        raise SkipTest("this interpreter has no ticks")
    period = time.ticks_add(0, -1) + 1
    clock = MonotonicClock(time.ticks_us(), time.ticks_ms(), period)
    before_us = clock.now_us
    for _ in range(100):
        first_us = time.ticks_us()
        now_us = clock.update(time.ticks_us(), time.ticks_ms())
        assert now_us >= before_us
        # The edge's own reading lies between the two updates around it.
        assert before_us <= clock.at(first_us) <= now_us
        before_us = now_us


def test_the_interpreter_s_own_period_wraps_exactly():
    if not hasattr(time, "ticks_add"):
        raise SkipTest("this interpreter has no ticks")
    period = time.ticks_add(0, -1) + 1
    start_us = period - 500
    clock = MonotonicClock(start_us, start_us // 1000 % period, period)
    for interval_us in INTERVALS_US:
        before_us = clock.now_us
        start_us += interval_us
        clock.update(*reading(start_us, period))
        assert clock.now_us - before_us == interval_us
        edge_us = time.ticks_add(start_us % period, -1234)
        assert clock.at(edge_us) == clock.now_us - 1234
