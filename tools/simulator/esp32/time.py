"""``time`` as on the ESP32: ticks from boot with a period of 2**30, the epoch at 2000."""

import utime as _time
from world import TICKS_PERIOD, world

# Seconds from 1970 to 2000, and the years the ESP32's clock shows before it was ever set.
_EPOCH_2000_S = 946684800
_HALF = TICKS_PERIOD >> 1
_MASK = TICKS_PERIOD - 1


# Bound methods, one call each; ``ticks_cpu`` counts us here.
ticks_us = world.ticks_us
ticks_ms = world.ticks_ms
ticks_cpu = world.ticks_us


def ticks_add(ticks, delta):
    """Return ``ticks`` moved by ``delta``, wrapped."""
    if not -_HALF < delta < _HALF:
        raise OverflowError("ticks interval overflow")
    return (ticks + delta) & (TICKS_PERIOD - 1)


def ticks_diff(end, start):
    """Return the signed difference, valid within half a period."""
    return (end - start + _HALF & _MASK) - _HALF


def sleep_us(duration_us):
    """Wait; the port serves scheduled callbacks meanwhile."""
    world.run_until(world.now_us + max(0, duration_us))


def sleep_ms(duration_ms):
    """Wait; the port serves scheduled callbacks meanwhile."""
    sleep_us(duration_ms * 1000)


def sleep(duration_s):
    """Wait; the port serves scheduled callbacks meanwhile."""
    sleep_us(int(duration_s * 1000000))


def time():
    """Return seconds since 2000-01-01 as the RTC has them; it starts at 0 when unset."""
    from machine import RTC

    return RTC.seconds()


def time_ns():
    """Return ns since 2000-01-01, to the us; the RTC is only ever set to whole seconds."""
    return time() * 1000000000 + world.now_us % 1000000 * 1000


def gmtime(seconds=None):
    """Return (year, month, day, hour, minute, second, weekday, yearday)."""
    return _time.gmtime((time() if seconds is None else seconds) + _EPOCH_2000_S)[:8]


def mktime(fields):
    """Return seconds since 2000-01-01 of a UTC time tuple."""
    year, month, day, hour, minute, second = fields[:6]
    # Days from the civil calendar (proleptic Gregorian), counted from March.
    year -= month <= 2
    era_day = year * 365 + year // 4 - year // 100 + year // 400
    month_day = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    days = era_day + month_day - 730425
    return ((days * 24 + hour) * 60 + minute) * 60 + second


localtime = gmtime
