"""Power: what the intervals between pulses tell, and what is known between them.

What one spurious pulse can do, since a step up must show at the very next interval: at most
3 times the true power, or the power of a pulse a second (3.6 kW at 1000 imp/kWh) where that
is more; never more than the main fuse admits.
"""

from core.power import BOUNDED, MEASURED, STALE, PowerMeter

MS = 1000
S = 1000000
IMP = 1000
FUSE_W = 69000
SILENCE = 1800 * S
PULSE_W_S = 3600 * 1000 // IMP  # W times s of one pulse


def meter(imp=IMP, fuse_w=FUSE_W, silence=SILENCE):
    return PowerMeter(imp, fuse_w, silence)


def interval_us(watt, imp=IMP):
    return 3600 * 1000 * S // (imp * watt)


def train(power, start_us, watt, pulses, imp=IMP):
    """Let a steady load send pulses; return the time of the last one."""
    for k in range(pulses):
        power.pulse(start_us + k * interval_us(watt, imp))
    return start_us + (pulses - 1) * interval_us(watt, imp)


def near(power_mw, watt):
    """Return whether the value is that power, as far as whole us can tell."""
    return abs(power_mw - watt * 1000) * 10000 <= watt * 1000


def test_nothing_is_known_before_the_first_pulse():
    assert meter().read(5 * S) == (None, None, STALE)


def test_one_pulse_has_an_age_and_no_power_yet():
    power = meter()
    power.pulse(5 * S)
    assert power.read(7 * S) == (None, 2 * S, STALE)


def test_a_steady_load_reads_as_it_is():
    for imp in (1, 640, 1000, 10000):
        for watt in (3, 100, 1000, 5000, 23456, 68000):
            if interval_us(watt, imp) > SILENCE:
                continue
            power = meter(imp)
            last_us = train(power, 10 * S, watt, 5, imp)
            power_mw, age_us, quality = power.read(last_us)
            assert near(power_mw, watt), (imp, watt, power_mw)
            assert (age_us, quality) == (0, MEASURED)


def test_the_value_stands_until_the_next_pulse_is_due_and_then_falls_with_the_bound():
    power = meter()
    last_us = train(power, 0, 1000, 5)
    due_us = interval_us(1000)
    for age_us in range(0, due_us, due_us // 20):
        assert power.read(last_us + age_us) == (1000000, age_us, MEASURED)
    before_mw = 1000000
    for age_us in range(due_us + 10 * MS, SILENCE, 7 * S):
        power_mw, age, quality = power.read(last_us + age_us)
        assert (age, quality) == (age_us, BOUNDED)
        # One pulse per age: more than that would have sent another.
        assert power_mw == PULSE_W_S * 1000 * S // age_us
        assert power_mw < before_mw
        before_mw = power_mw


def test_after_silence_the_power_is_zero():
    power = meter(silence=600 * S)
    last_us = train(power, 0, 1000, 5)
    power_mw, _, quality = power.read(last_us + 600 * S)
    assert power_mw > 0 and quality == BOUNDED
    assert power.read(last_us + 600 * S + 1) == (0, 600 * S + 1, STALE)


def test_the_first_pulse_after_silence_is_the_mean_since_and_no_spike():
    power = meter(silence=600 * S)
    last_us = train(power, 0, 1000, 5)
    gap_us = 7200 * S
    power.pulse(last_us + gap_us)
    power_mw, age_us, quality = power.read(last_us + gap_us)
    # The load may have run for any part of the silence: its mean is what is known.
    assert power_mw == PULSE_W_S * 1000 * S // gap_us
    assert (age_us, quality) == (0, BOUNDED)
    power.pulse(last_us + gap_us + interval_us(2000))
    power_mw, _, quality = power.read(last_us + gap_us + interval_us(2000))
    assert near(power_mw, 2000) and quality == MEASURED


def test_a_read_before_the_last_pulse_is_of_age_zero():
    power = meter()
    last_us = train(power, 0, 1000, 5)
    assert power.read(last_us - 5 * MS) == (1000000, 0, MEASURED)


def test_a_pulse_that_is_not_later_than_the_last_is_passed_over():
    power = meter()
    last_us = train(power, 0, 1000, 5)
    for t_us in (last_us, last_us - 1, 0):
        power.pulse(t_us)
        assert power.read(last_us) == (1000000, 0, MEASURED)


def test_missed_pulses_are_spread_over_the_gap():
    power = meter()
    last_us = train(power, 0, 1000, 5)
    power.missed(9)
    gap_us = 10 * interval_us(1000)
    # Ten pulses may have come by now, so the bound allows ten.
    assert power.read(last_us + gap_us - S)[0] == 1000000
    power.pulse(last_us + gap_us)
    assert power.read(last_us + gap_us) == (1000000, 0, BOUNDED)
    power.pulse(last_us + gap_us + interval_us(1000))
    assert power.read(last_us + gap_us + interval_us(1000))[2] == MEASURED


def test_missed_pulses_found_after_the_gap_has_ended_are_spread_over_it():
    power = meter()
    last_us = train(power, 0, 1000, 5) + 10 * interval_us(1000)
    power.pulse(last_us)
    assert near(power.read(last_us)[0], 100)
    power.missed(4, last_us + S)
    power.missed(5, last_us + S)
    assert power.read(last_us + S) == (1000000, S, BOUNDED)
    # Once more time has passed than the gap took, they belong to the present interval.
    power.missed(9, last_us + 11 * interval_us(1000))
    power.pulse(last_us + 20 * interval_us(1000))
    assert power.read(last_us + 20 * interval_us(1000))[0] == 500000


def test_the_bound_falls_from_the_last_missed_pulse_on():
    power = meter()
    last_us = train(power, 0, 2000, 5)
    power.missed(1, last_us + 3 * S, last_us + 2 * S)
    power.missed(1, last_us + 4 * S, last_us + S)
    # Three pulses since the last, but none in the 36 s since the last missed: 100 W at most.
    assert power.read(last_us + 38 * S)[0] == 100000
    # One whose time is not known may have come since.
    power.missed(1, last_us + 40 * S)
    assert power.read(last_us + 38 * S)[0] > 300000


def test_a_missed_pulse_found_long_after_a_later_one_leaves_its_bound():
    power = meter()
    last_us = train(power, 0, 2000, 5)
    power.missed(1, last_us + 3 * S, last_us - 10 * S)
    assert power.read(last_us + 36 * S)[0] == 100000


def test_missed_pulses_never_raise_the_value_above_the_fuse():
    power = meter()
    last_us = train(power, 0, 1000, 5)
    power.missed(10000, last_us + S)
    assert power.read(last_us + S)[0] <= FUSE_W * 1000


def test_the_bound_falls_only_as_far_as_pulses_are_known():
    power = meter()
    last_us = train(power, 0, 36000, 5)
    due_us = interval_us(36000)
    now_us = last_us + 2 * due_us
    assert power.read(now_us, last_us + due_us) == (36000000, 2 * due_us, MEASURED)
    assert power.read(now_us, now_us) == (18000000, 2 * due_us, BOUNDED)
    assert power.read(now_us, last_us - S)[0] == 36000000


def test_missed_pulses_before_the_first_timed_one_spread_over_nothing():
    power = meter()
    power.missed(1000)
    last_us = train(power, 0, 1000, 2)
    assert power.read(last_us) == (1000000, 0, MEASURED)


def test_a_step_down_shows_as_soon_as_physics_allows():
    power = meter()
    last_us = train(power, 0, 10000, 10)
    for seconds in (1, 2, 5, 20):
        assert power.read(last_us + seconds * S)[0] <= PULSE_W_S * 1000 // seconds
    power.pulse(last_us + interval_us(500))
    power_mw, _, quality = power.read(last_us + interval_us(500))
    assert near(power_mw, 500) and quality == MEASURED


def test_a_step_up_to_a_second_or_more_between_pulses_shows_at_the_next_interval():
    for before in (10, 100, 1000):
        for after in (1100, 2000, 3600):
            assert interval_us(after) >= S
            power = meter()
            last_us = train(power, 0, before, 4)
            power.pulse(last_us + interval_us(after))
            assert near(power.read(last_us + interval_us(after))[0], after), (before, after)


def test_a_steeper_step_up_shows_after_two_intervals():
    for before in (10, 100, 1000, 5000):
        for after in (5000, 11000, 40000, 68000):
            if after <= 2 * before:
                continue
            power = meter()
            last_us = train(power, 0, before, 4)
            power.pulse(last_us + interval_us(after))
            now_us = last_us + 2 * interval_us(after)
            assert power.read(now_us - 1)[0] <= before * 1000
            power.pulse(now_us)
            assert near(power.read(now_us)[0], after), (before, after)


def test_a_step_up_to_less_than_twice_shows_at_the_next_interval():
    power = meter()
    last_us = train(power, 0, 10000, 4)
    power.pulse(last_us + interval_us(19000))
    assert near(power.read(last_us + interval_us(19000))[0], 19000)


def test_the_first_interval_of_all_shows_at_once_or_after_a_second_one():
    power = meter()
    assert near(power.read(train(power, 0, 1000, 2))[0], 1000)
    power = meter()
    assert power.read(train(power, 0, 20000, 2))[0] is None
    power = meter()
    assert near(power.read(train(power, 0, 20000, 3))[0], 20000)


def highest_mw(watt, share, lead):
    """Insert one pulse into a steady train; return the most that is shown afterwards.

    Sampled every 10 ms while a value can be new, and then every second: between pulses it
    only falls.
    """
    period_us = interval_us(watt)
    times = [S + k * period_us for k in range(lead + 4)]
    times.append(times[lead] + period_us * share // 100)
    times.sort()
    power = meter()
    highest = 0
    for i, t_us in enumerate(times):
        power.pulse(t_us)
        until_us = times[i + 1] if i + 1 < len(times) else t_us + period_us
        now_us = t_us
        while now_us < until_us:
            power_mw = power.read(now_us)[0]
            highest = max(highest, power_mw or 0)
            now_us += 10 * MS if now_us < t_us + 200 * MS else S
    return highest


def test_one_spurious_pulse_shows_as_no_spike():
    for watt in (100, 700, 1800, 3600, 12000, 40000):
        most_mw = min(FUSE_W, max(3 * watt, PULSE_W_S)) * 1000
        for share in range(1, 100, 3):
            for lead in (0, 1, 3):
                assert highest_mw(watt, share, lead) <= most_mw, (watt, share, lead)


def test_a_spurious_pulse_right_after_or_before_a_real_one_does_not_show_at_all():
    for watt in (100, 700, 1800, 3600, 12000, 40000):
        for share in (2, 5, 20):
            if interval_us(watt) * share // 100 >= S:
                continue
            # What remains of the interval is a little short, so a little more power.
            most_mw = watt * 1000 * 100 // (100 - share) + 1000
            assert highest_mw(watt, share, 3) <= most_mw, (watt, share)
            assert highest_mw(watt, 100 - share, 3) <= most_mw, (watt, share)


def test_two_spurious_pulses_in_a_row_never_show_more_than_the_fuse():
    power = meter()
    last_us = train(power, 0, 100, 4)
    for gap_us in (40 * MS, 40 * MS):
        last_us += gap_us
        power.pulse(last_us)
        assert power.read(last_us)[0] <= FUSE_W * 1000


def test_a_lasting_overload_is_shown_and_not_cut():
    power = meter()
    last_us = train(power, 0, 80000, 3)
    assert power.read(last_us)[0] <= FUSE_W * 1000
    last_us = train(power, last_us + interval_us(80000), 80000, 3)
    assert near(power.read(last_us)[0], 80000)


def test_what_is_shown_does_not_depend_on_how_often_it_is_read():
    for gaps_us in ((50 * MS, 90 * MS), (50 * MS, 55 * MS), (300 * MS, 900 * MS)):
        shown = []
        for often in (False, True):
            power = meter()
            now_us = train(power, 0, 100, 4)
            for gap_us in gaps_us:
                if often:
                    for at_us in range(now_us, now_us + gap_us, MS):
                        power.read(at_us)
                now_us += gap_us
                power.pulse(now_us)
            shown.append(power.read(now_us))
        assert shown[0] == shown[1], gaps_us


def test_the_age_is_that_of_the_last_pulse():
    power = meter()
    last_us = train(power, 0, 1000, 3)
    assert [power.read(last_us + age)[1] for age in (0, S, 3600 * S)] == [0, S, 3600 * S]
