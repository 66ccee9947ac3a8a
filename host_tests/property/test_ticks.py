"""Any interval from 1 ms to 24 h is exact, wherever the tick counter stood."""

from hypothesis import given
from hypothesis import strategies as st

from core.ticks import MonotonicClock

PERIOD = 1 << 30
DAY_US = 86_400_000_000

starts = st.one_of(
    st.integers(0, 1 << 50),
    st.builds(
        lambda wraps, offset: wraps * PERIOD + offset, st.integers(1, 99), st.integers(-5, 5)
    ),
)
intervals = st.one_of(
    st.integers(1_000, DAY_US),
    st.integers(1, 80).flatmap(lambda n: st.integers(n * PERIOD - 5, n * PERIOD + 5)),
)


def reading(true_us, skew_us=0):
    return true_us % PERIOD, (true_us + skew_us) // 1000 % PERIOD


@given(starts, st.lists(intervals, max_size=20), st.data())
def test_intervals_are_exact_across_any_number_of_wraps(start_us, gaps_us, data):
    # The two counters are read one after the other, a little apart.
    skew = st.integers(0, 900)
    clock = MonotonicClock(*reading(start_us, data.draw(skew)))
    true_us = start_us
    for gap_us in gaps_us:
        true_us += gap_us
        clock.update(*reading(true_us, data.draw(skew)))
        assert clock.now_us == true_us - start_us


@given(starts, st.integers(0, 12 * DAY_US))
def test_no_update_for_12_days_is_exact(start_us, gap_us):
    clock = MonotonicClock(*reading(start_us))
    assert clock.update(*reading(start_us + gap_us)) == gap_us


@given(starts, st.integers(-(PERIOD >> 1), (PERIOD >> 1) - 1))
def test_an_edge_within_half_a_period_is_dated_exactly(now_us, offset_us):
    clock = MonotonicClock(*reading(now_us))
    assert clock.at((now_us + offset_us) % PERIOD) == offset_us
