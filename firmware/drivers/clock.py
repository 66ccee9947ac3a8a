"""The clocks: ticks for intervals, the RTC for UTC."""

import time

# The ESP32 counts from 2000, other ports from 1970.
_EPOCH_S = 946684800 if time.gmtime(0)[0] == 2000 else 0
# An RTC that was never set starts in 2000; this firmware is younger than 2024-01-01.
_SET_S = 1704067200 - _EPOCH_S


def ticks_period():
    """Return the period of the ticks functions, 2**30 on 32-bit ports."""
    return time.ticks_add(0, -1) + 1  # type: ignore[type-var]  # 0 is a tick, too


def second_us():
    """Return how far the clock's present second has gone, in us.

    Read it before ``utc_s``: where the second turns in between, time seems to be later than
    it is, and never before a turn that ``utc_s`` has told of already.
    """
    return time.time_ns() // 1000 % 1000000


def utc_s():
    """Return seconds since 1970-01-01 UTC, or None while the clock is not set."""
    now = time.time()
    if now < _SET_S:
        return None
    return int(now) + _EPOCH_S
