"""Sweden's public holidays, as far as they take a day off the peak-power hours.

Public holidays: lagen (1989:253) om allmänna helgdagar. Eves: Midsummer Eve, Christmas Eve
and New Year's Eve, which semesterlagen (1977:480), section 3 a, puts on a par with Sundays;
they are no public holidays, and it is for a tariff to say whether they count.
"""

from core.local_time import civil, days, weekday

# What a tariff may take for a day off.
NONE = "none"
PUBLIC = "public"
PUBLIC_AND_EVES = "public_and_eves"
KINDS = (NONE, PUBLIC, PUBLIC_AND_EVES)

_SATURDAY = 6
# Month and day of New Year's Day, Epiphany, May Day, the National Day, Christmas, Boxing Day.
_FIXED = ((1, 1), (1, 6), (5, 1), (6, 6), (12, 25), (12, 26))
# Days from Easter Sunday: Good Friday, Easter, Easter Monday, Ascension, Whit Sunday.
_FROM_EASTER = (-2, 0, 1, 39, 49)


def easter(year):
    """Return Easter Sunday of a year as a day counted from 1970-01-01.

    The "anonymous Gregorian" computus (Nature, 20 April 1876; J. Meeus, Astronomical
    Algorithms, chapter 8).
    """
    golden = year % 19
    century, rest = divmod(year, 100)
    skipped = century // 4
    moon = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - skipped - moon + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * sunday) // 451
    month, day = divmod(epact + sunday - 7 * late + 114, 31)
    return days(year, month, day + 1)


def _saturday_from(year, month, day):
    """Return the first Saturday on or after a date."""
    first = days(year, month, day)
    return first + (_SATURDAY - weekday(first)) % 7


def midsummer(year):
    """Return Midsummer Day, the Saturday of 20 to 26 June."""
    return _saturday_from(year, 6, 20)


def all_saints(year):
    """Return All Saints' Day, the Saturday of 31 October to 6 November."""
    return _saturday_from(year, 10, 31)


def is_public(day):
    """Return True when a local day, counted from 1970-01-01, is a public holiday.

    Ordinary Sundays are public holidays by the same law; a tariff knows them as weekday 7.
    """
    year, month, day_of_month = civil(day)
    if (month, day_of_month) in _FIXED:
        return True
    if 3 <= month <= 6 and day - easter(year) in _FROM_EASTER:
        return True
    return day in (midsummer(year), all_saints(year))


def is_eve(day):
    """Return True on Midsummer Eve, Christmas Eve and New Year's Eve."""
    year, month, day_of_month = civil(day)
    if month == 12:
        return day_of_month in (24, 31)
    return day == midsummer(year) - 1


def is_off(day, kind):
    """Return True when ``kind``, one of ``KINDS``, takes the day for a holiday."""
    if kind == NONE:
        return False
    return is_public(day) or (kind == PUBLIC_AND_EVES and is_eve(day))
