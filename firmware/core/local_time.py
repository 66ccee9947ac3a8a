"""UTC to Swedish local time, in whole seconds: Central European Time with its summer time.

Summer time is in force from 01:00 UTC on the last Sunday of March to 01:00 UTC on the last
Sunday of October, in every member state at the same instant (Directive 2000/84/EC, articles
2 and 3; in Sweden SFS 2001:127). Standard time is UTC + 1 h (SFS 1979:988), summer time an
hour more. Times are seconds since 1970-01-01 UTC; days are counted from that date.
"""

STANDARD_S = 3600
SUMMER_S = 7200
DAY_S = 86400
_CHANGE_S = 3600  # 01:00 UTC
_DAYS_0000_TO_1970 = 719468


def civil(days):
    """Return (year, month, day) of a day counted from 1970-01-01, 0 or more.

    From H. Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, so
    that the leap day is the last of its year.
    """
    days += _DAYS_0000_TO_1970
    era, day = divmod(days, 146097)
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5 - 1
    month = month + 3 if month < 10 else month - 9
    return era * 400 + year + (month <= 2), month, day


def days(year, month, day):
    """Return the day of a date, counted from 1970-01-01; the inverse of ``civil``."""
    year -= month <= 2
    era, year = divmod(year, 400)
    day += (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 - 1
    return era * 146097 + year * 365 + year // 4 - year // 100 + day - _DAYS_0000_TO_1970


def weekday(day):
    """Return the weekday of a day counted from 1970-01-01: Monday 1 to Sunday 7 (ISO 8601)."""
    return (day + 3) % 7 + 1


def month_length(year, month):
    """Return the number of days in a month."""
    if month == 12:
        return 31
    return days(year, month + 1, 1) - days(year, month, 1)


def last_sunday(year, month):
    """Return the last Sunday of a month, counted from 1970-01-01."""
    last = days(year, month, month_length(year, month))
    return last - weekday(last) % 7


def offset_s(utc_s):
    """Return local time minus UTC at an instant: 3600 or 7200."""
    year = civil(utc_s // DAY_S)[0]
    begin_s = last_sunday(year, 3) * DAY_S + _CHANGE_S
    end_s = last_sunday(year, 10) * DAY_S + _CHANGE_S
    return SUMMER_S if begin_s <= utc_s < end_s else STANDARD_S


def local_day(utc_s):
    """Return the local date of an instant as a day counted from 1970-01-01."""
    return (utc_s + offset_s(utc_s)) // DAY_S


def local_hour(utc_s):
    """Return the local hour of an instant, 0 to 23."""
    return (utc_s + offset_s(utc_s)) // 3600 % 24


def midnight_s(day):
    """Return the UTC second at which a local day begins.

    Local midnight exists once every day: the clocks change at 02:00 and 03:00.
    """
    utc_s = day * DAY_S
    return utc_s - offset_s(utc_s - STANDARD_S)


def month_start_s(year, month):
    """Return the UTC second at which a local month begins; month 13 is the next January."""
    if month == 13:
        year, month = year + 1, 1
    return midnight_s(days(year, month, 1))


def text(utc_s):
    """Return an instant in local time with its offset, ``2026-10-25T02:30:00+01:00``."""
    offset = offset_s(utc_s)
    day, second = divmod(utc_s + offset, DAY_S)
    year, month, day = civil(day)
    return "{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}+{:02d}:00".format(
        year, month, day, second // 3600, second // 60 % 60, second % 60, offset // 3600
    )
