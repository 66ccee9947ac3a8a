"""The power of the last two hours in a ring."""

from core.trend import Trend


def sampled(trend, until_s, power_mw, from_s=0, every_s=2):
    for now_s in range(from_s, until_s, every_s):
        trend.sample(now_s, power_mw(now_s))
    return trend


def test_nothing_is_known_before_the_first_sample():
    trend = Trend()
    assert trend.power_w() == []
    assert trend.age_s(1234) == 0


def test_a_slot_shows_its_mean_once_it_is_over():
    trend = Trend(4, 30)
    sampled(trend, 30, lambda now_s: 1000000 if now_s < 15 else 3000000)
    assert trend.power_w() == []
    trend.sample(31, 0)
    assert trend.power_w() == [(8 * 1000 + 7 * 3000) // 15]
    assert trend.age_s(31) == 1


def test_unknown_power_is_unknown_and_not_zero():
    trend = Trend(4, 30)
    sampled(trend, 61, lambda now_s: None if now_s < 30 else 0)
    assert trend.power_w() == [None, 0]


def test_slots_without_a_sample_are_unknown():
    trend = Trend(8, 30)
    trend.sample(0, 500000)
    trend.sample(95, 700000)
    assert trend.power_w() == [500, None, None]
    trend.sample(120, 0)
    assert trend.power_w() == [500, None, None, 700]


def test_only_the_last_slots_are_kept():
    trend = Trend(4, 30)
    sampled(trend, 301, lambda now_s: now_s // 30 * 1000000)
    assert trend.power_w() == [6000, 7000, 8000, 9000]


def test_a_gap_longer_than_the_ring_leaves_nothing_of_before():
    trend = Trend(4, 30)
    sampled(trend, 120, lambda now_s: 1000000)
    trend.sample(100000, 2000000)
    assert trend.power_w() == [None, None, None, None]


def test_a_start_late_in_life_has_no_past():
    trend = Trend(4, 30)
    sampled(trend, 1000061, lambda now_s: 5000, from_s=1000000)
    assert trend.power_w() == [5, 5]


def test_power_far_above_any_fuse_fits():
    trend = Trend(4, 30)
    sampled(trend, 31, lambda now_s: 4000000000)
    assert trend.power_w() == [4000000]
