"""Swedish local time from UTC: both nights of the year when it is not what one expects."""

from core import local_time, payload

# (year, last Sunday of March, last Sunday of October), from printed calendars.
CHANGES = (
    (2007, 25, 28),
    (2020, 29, 25),
    (2024, 31, 27),
    (2025, 30, 26),
    (2026, 29, 25),
    (2027, 28, 31),
    (2032, 28, 31),
    (2038, 28, 31),
)


def utc(year, month, day, hour=0, minute=0, second=0):
    return local_time.days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second


def test_summer_time_begins_and_ends_at_01_utc_on_the_last_sundays():
    for year, march, october in CHANGES:
        begin_s, end_s = utc(year, 3, march, 1), utc(year, 10, october, 1)
        assert [local_time.offset_s(t) for t in (begin_s - 1, begin_s)] == [3600, 7200], year
        assert [local_time.offset_s(t) for t in (end_s - 1, end_s)] == [7200, 3600], year


def test_new_year_and_midsummer():
    assert local_time.offset_s(utc(2026, 1, 1)) == 3600
    assert local_time.offset_s(utc(2026, 12, 31, 23, 59, 59)) == 3600
    assert local_time.offset_s(utc(2026, 6, 19)) == 7200


def test_the_night_of_spring_has_no_hour_2():
    at_s = utc(2026, 3, 29, 0)
    assert [local_time.local_hour(at_s + 3600 * k) for k in range(-1, 3)] == [0, 1, 3, 4]


def test_the_night_of_autumn_has_hour_2_twice():
    at_s = utc(2026, 10, 25, 0)
    assert [local_time.local_hour(at_s + 3600 * k) for k in range(-1, 3)] == [1, 2, 2, 3]


def test_local_midnight_and_the_length_of_days():
    assert local_time.midnight_s(local_time.days(2026, 1, 15)) == utc(2026, 1, 14, 23)
    assert local_time.midnight_s(local_time.days(2026, 7, 15)) == utc(2026, 7, 14, 22)
    for (month, day), hours in (((3, 29), 23), ((10, 25), 25), ((3, 28), 24), ((10, 26), 24)):
        number = local_time.days(2026, month, day)
        seconds = local_time.midnight_s(number + 1) - local_time.midnight_s(number)
        assert seconds == hours * 3600, (month, day)


def test_a_day_begins_at_its_midnight_and_not_before():
    for number in range(local_time.days(2025, 12, 30), local_time.days(2027, 1, 3)):
        begin_s = local_time.midnight_s(number)
        assert local_time.local_day(begin_s) == number
        assert local_time.local_day(begin_s - 1) == number - 1


def test_days_and_civil_are_inverse_over_130_years():
    for day in range(0, 130 * 366, 7):
        assert local_time.days(*local_time.civil(day)) == day


def test_weekdays():
    assert local_time.weekday(0) == 4  # 1970-01-01 was a Thursday
    assert local_time.weekday(local_time.days(2026, 11, 23)) == 1
    assert local_time.weekday(local_time.days(2026, 11, 29)) == 7


def test_months_begin_and_end():
    assert local_time.month_length(2026, 2) == 28
    assert local_time.month_length(2028, 2) == 29
    assert local_time.month_length(2026, 12) == 31
    assert local_time.month_start_s(2026, 13) == utc(2026, 12, 31, 23)


def test_local_text_tells_the_hour_that_comes_twice_apart():
    assert local_time.text(utc(2026, 10, 25, 0, 30)) == "2026-10-25T02:30:00+02:00"
    assert local_time.text(utc(2026, 10, 25, 1, 30)) == "2026-10-25T02:30:00+01:00"
    assert local_time.text(utc(2026, 12, 31, 23)) == "2027-01-01T00:00:00+01:00"


def test_utc_and_local_agree_on_the_calendar():
    at_s = utc(2024, 2, 29, 11, 12, 13)
    assert payload.utc_text(at_s) == "2024-02-29T11:12:13Z"
    assert local_time.text(at_s) == "2024-02-29T12:12:13+01:00"
