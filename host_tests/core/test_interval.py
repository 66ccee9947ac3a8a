"""Quarter-hours cut from the register: no pulse lost or counted twice, whatever the clock does."""

from core.history import PARTIAL, STEPPED, UNDATED
from core.interval import UNKNOWN_BOOT, IntervalMeter
from core.local_time import days

NOON_S = days(2026, 11, 24) * 86400 + 43200
# The nights on which local time jumps, at midnight UTC.
SPRING_S = days(2026, 3, 29) * 86400
AUTUMN_S = days(2026, 10, 25) * 86400


class House:
    """An interval meter fed second by second by a house that uses ``watts``.

    The clock's error against true time is ``error_s``; None: not set.
    """

    def __init__(self, true_s, error_s=0, total=0, watts=3600, boot=1):
        self.true_s = true_s
        self.boot_s = true_s
        self.error_s = error_s
        self.total = total
        self.watts = watts
        self.left = 0
        self.closed = []
        self.meter = IntervalMeter()
        self.closed += self.meter.begin(0, total, boot, 0, total)
        self.tick()

    def tick(self):
        utc_s = None if self.error_s is None else self.true_s + self.error_s
        now_us = (self.true_s - self.boot_s) * 1000000
        self.closed += self.meter.tick(now_us, utc_s, self.total)

    def run(self, seconds, step_s=1):
        for _ in range(seconds // step_s):
            self.true_s += step_s
            self.left += self.watts * step_s
            self.total += self.left // 3600
            self.left %= 3600
            self.tick()
        return self

    def restart(self, off_s, error_s, boot=2, keep=True):
        """Cut the power; what was saved is the interval in progress as it was."""
        saved = self.meter.saved(self.total) if keep else None
        base = self.closed[-1].total if self.closed else 0
        sequence = self.closed[-1].sequence + 1 if self.closed else 0
        self.true_s += off_s
        self.boot_s = self.true_s
        self.error_s = error_s
        self.meter = IntervalMeter()
        self.closed += self.meter.begin(0, self.total, boot, sequence, base, saved)
        self.tick()
        return self


def check_sums(house):
    """Assert that every pulse is in exactly one interval."""
    total = house.closed[0].total - house.closed[0].pulses if house.closed else 0
    for number, record in enumerate(house.closed):
        assert record.sequence == number
        assert record.pulses >= 0
        total += record.pulses
        assert record.total == total, record
    if house.meter.settled():
        assert total + house.meter.record(house.total).pulses == house.total


def starts(house):
    return [record.start for record in house.closed]


def test_quarters_are_cut_at_the_clocks_quarters():
    house = House(NOON_S).run(3600)
    assert starts(house) == [NOON_S + 900 * k for k in range(4)]
    assert [record.pulses for record in house.closed] == [900] * 4
    assert [record.flags for record in house.closed] == [0] * 4
    assert [record.covered_s for record in house.closed] == [900] * 4
    check_sums(house)


def test_a_start_within_a_quarter_makes_a_partial_one():
    house = House(NOON_S + 300).run(1500)
    assert starts(house) == [NOON_S, NOON_S + 900]
    assert [record.flags for record in house.closed] == [PARTIAL, 0]
    assert house.closed[0].covered_s == 600
    check_sums(house)


def test_the_night_of_spring_cuts_no_quarter_short():
    house = House(SPRING_S).run(4 * 3600, 5)
    assert starts(house) == [SPRING_S + 900 * k for k in range(16)]
    assert [(record.pulses, record.flags) for record in house.closed] == [(900, 0)] * 16


def test_the_night_of_autumn_makes_no_quarter_twice():
    house = House(AUTUMN_S).run(4 * 3600, 5)
    assert starts(house) == [AUTUMN_S + 900 * k for k in range(16)]
    assert [(record.pulses, record.flags) for record in house.closed] == [(900, 0)] * 16


def test_hourly_peak_corrupted_by_a_clock_step():
    # A complaint of the field. The clock is 10 min slow, and is set at 12:20 by the sun.
    house = House(NOON_S, error_s=-600).run(1200)
    house.error_s = 0
    house.run(2400)
    for record in house.closed:
        assert record.pulses * 3600 // max(900, record.covered_s) <= 3600, record
    check_sums(house)


def test_a_correction_of_seconds_changes_nothing_but_where_the_cut_is():
    for step_s in (-9, -2, -1, 1, 2, 9):
        house = House(NOON_S, error_s=0).run(450)
        house.error_s = step_s
        house.run(1800)
        assert starts(house)[:2] == [NOON_S, NOON_S + 900]
        assert house.closed[0].flags == 0
        assert house.closed[0].pulses == 900 - step_s
        assert house.closed[1].pulses == 900
        check_sums(house)


def test_a_correction_right_at_the_cut_makes_no_second_record():
    house = House(NOON_S).run(901)
    house.error_s = -5
    house.run(1800)
    assert starts(house) == [NOON_S, NOON_S + 900]
    assert house.closed[1].covered_s == 905
    check_sums(house)


def test_a_step_forward_within_the_quarter_is_flagged():
    house = House(NOON_S).run(300)
    house.error_s = 300
    house.run(300)
    assert starts(house) == [NOON_S]
    assert house.closed[0].flags == PARTIAL | STEPPED
    assert house.closed[0].covered_s == 600
    check_sums(house)


def test_a_step_back_within_the_quarter_makes_it_longer_and_flags_it():
    house = House(NOON_S).run(600)
    house.error_s = -600
    house.run(900)
    assert starts(house) == [NOON_S]
    assert (house.closed[0].pulses, house.closed[0].covered_s) == (1500, 1500)
    assert house.closed[0].flags == STEPPED
    check_sums(house)


def test_steps_of_hours_and_years_close_what_was_and_begin_anew():
    for step_s in (-(10**8), -86400, -3600, 3600, 86400, 10**8):
        house = House(NOON_S).run(1350)
        house.error_s = step_s
        house.run(1800)
        assert starts(house)[:2] == [NOON_S, NOON_S + 900]
        expected_s = NOON_S + 1351 + step_s
        assert starts(house)[2] == expected_s - expected_s % 900
        assert house.closed[1].covered_s == 451
        assert house.closed[1].flags & PARTIAL
        check_sums(house)


def test_without_a_clock_intervals_are_labelled_by_start_and_uptime():
    house = House(NOON_S + 100, error_s=None).run(2000)
    assert starts(house) == [0, 900]
    assert [record.flags for record in house.closed] == [UNDATED] * 2
    assert [record.boot for record in house.closed] == [1, 1]
    assert [record.pulses for record in house.closed] == [900] * 2
    check_sums(house)


def test_a_clock_set_soon_after_the_start_dates_the_interval():
    house = House(NOON_S + 100, error_s=None).run(60)
    house.error_s = 0
    house.run(900)
    assert starts(house) == [NOON_S]
    assert house.closed[0].flags == PARTIAL
    assert house.closed[0].pulses == 800
    check_sums(house)


def test_a_clock_set_in_a_later_quarter_closes_the_interval_undated():
    house = House(NOON_S + 600, error_s=None).run(600)
    house.error_s = 0
    house.run(1800)
    assert starts(house) == [0, NOON_S + 900, NOON_S + 1800]
    assert [record.flags for record in house.closed] == [UNDATED | PARTIAL, PARTIAL, 0]
    check_sums(house)


def test_a_clock_that_is_lost_again_closes_the_interval():
    house = House(NOON_S).run(300)
    house.error_s = None
    house.run(1000)
    assert starts(house) == [NOON_S, 301]
    assert house.closed[1].flags == UNDATED
    check_sums(house)


def test_a_short_power_cut_goes_on_with_the_same_quarter():
    for error_s in (0, None):
        house = House(NOON_S).run(300).restart(60, error_s)
        house.run(30)
        house.error_s = 0
        house.run(1000)
        assert starts(house) == [NOON_S]
        # The second in which the clock was set belongs to the quarter, too.
        assert house.closed[0].covered_s == 840
        assert house.closed[0].pulses == 840
        assert house.closed[0].flags == PARTIAL
        check_sums(house)


def test_a_long_power_cut_closes_what_was_with_what_it_had():
    for wait_s in (0, 30, 950):
        house = House(NOON_S).run(300).restart(7200, 0 if not wait_s else None)
        house.run(wait_s)
        house.error_s = 0
        house.run(1800)
        assert house.closed[0].start == NOON_S
        assert house.closed[0].pulses == 300
        assert house.closed[0].flags & PARTIAL
        check_sums(house)


def test_power_cuts_while_the_clock_is_not_set():
    house = House(NOON_S).run(300)
    for boot in range(2, 6):
        house.restart(20, None, boot).run(400)
        check_sums(house)
    house.error_s = 0
    house.run(2000)
    check_sums(house)
    assert house.closed[0].start == NOON_S
    assert house.closed[0].pulses == 300
    # Nothing tells when these were; the last start's have the clock.
    assert (house.closed[1].boot, house.closed[1].pulses) == (UNKNOWN_BOOT, 3 * 400)


def test_power_cuts_within_one_quarter_make_one_interval():
    house = House(NOON_S).run(100)
    for boot in range(2, 6):
        house.restart(20, None, boot).run(50)
    house.error_s = 0
    house.run(2000)
    check_sums(house)
    assert starts(house)[:2] == [NOON_S, NOON_S + 900]
    assert house.closed[0].pulses == 900 - 4 * 20
    assert house.closed[0].flags == PARTIAL


def test_an_undated_interval_ends_with_its_start():
    house = House(NOON_S, error_s=None).run(300).restart(20, None).run(1000)
    assert [(record.boot, record.start) for record in house.closed] == [(1, 0), (2, 0)]
    assert house.closed[0].flags == UNDATED | PARTIAL
    assert [record.pulses for record in house.closed] == [300, 900]
    check_sums(house)


def test_an_interval_saved_before_the_last_record_is_not_counted_again():
    house = House(NOON_S).run(600)
    stale = house.meter.record(house.total)
    house.run(600)
    meter = IntervalMeter()
    closed = meter.begin(0, house.total, 2, 1, house.closed[0].total, stale)
    # Of the pulses since nothing is known but that they were: not a peak of this quarter.
    assert [record.boot for record in closed] == [UNKNOWN_BOOT]
    assert closed[0].pulses == house.total - house.closed[0].total
    assert meter.record(house.total).pulses == 0


def test_least_and_greatest_power():
    house = House(NOON_S)
    for power_w in (500, None, 100, 900):
        house.meter.power(power_w)
    house.run(900)
    assert (house.closed[0].min_w, house.closed[0].max_w) == (100, 900)
    house.run(900)
    assert (house.closed[1].min_w, house.closed[1].max_w) == (None, None)


def test_a_long_stall_is_one_cut_and_loses_nothing():
    house = House(NOON_S).run(100).run(5400, 2700).run(900)
    check_sums(house)
    assert starts(house)[0] == NOON_S
    # Some intervals were never looked at; what they held is in the one before.
    assert len(set(starts(house))) == len(house.closed)
