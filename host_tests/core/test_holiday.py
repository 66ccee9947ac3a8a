"""Sweden's holidays against printed calendars."""

from core import holiday
from core.local_time import civil, days

EASTER = {
    2000: (4, 23),
    2008: (3, 23),
    2011: (4, 24),
    2024: (3, 31),
    2025: (4, 20),
    2026: (4, 5),
    2027: (3, 28),
    2038: (4, 25),
}

# Almanacs of 2025 and 2026.
PUBLIC = {
    2025: (
        (1, 1),
        (1, 6),
        (4, 18),
        (4, 20),
        (4, 21),
        (5, 1),
        (5, 29),
        (6, 6),
        (6, 8),
        (6, 21),
        (11, 1),
        (12, 25),
        (12, 26),
    ),
    2026: (
        (1, 1),
        (1, 6),
        (4, 3),
        (4, 5),
        (4, 6),
        (5, 1),
        (5, 14),
        (5, 24),
        (6, 6),
        (6, 20),
        (10, 31),
        (12, 25),
        (12, 26),
    ),
}


def dates(year, wanted):
    first = days(year, 1, 1)
    return tuple(civil(day)[1:] for day in range(first, days(year + 1, 1, 1)) if wanted(day))


def test_easter():
    for year, date in EASTER.items():
        assert civil(holiday.easter(year)) == (year,) + date, year


def test_the_public_holidays_of_two_years():
    for year, wanted in PUBLIC.items():
        assert dates(year, holiday.is_public) == wanted, year


def test_the_eves_of_two_years():
    assert dates(2025, holiday.is_eve) == ((6, 20), (12, 24), (12, 31))
    assert dates(2026, holiday.is_eve) == ((6, 19), (12, 24), (12, 31))


def test_midsummer_and_all_saints_over_a_lifetime():
    for year in range(1970, 2100):
        assert days(year, 6, 20) <= holiday.midsummer(year) <= days(year, 6, 26)
        assert days(year, 10, 31) <= holiday.all_saints(year) <= days(year, 11, 6)


def test_what_a_tariff_may_take_for_a_day_off():
    christmas_eve, christmas = days(2026, 12, 24), days(2026, 12, 25)
    assert [holiday.is_off(christmas, kind) for kind in holiday.KINDS] == [False, True, True]
    assert [holiday.is_off(christmas_eve, kind) for kind in holiday.KINDS] == [False, False, True]
