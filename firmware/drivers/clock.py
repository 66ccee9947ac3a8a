"""The clocks: ticks for intervals, the RTC for UTC."""

import time

# The ESP32 counts from 2000, other ports from 1970.
_EPOCH_S = 946684800 if time.gmtime(0)[0] == 2000 else 0
# An RTC that was never set starts in 2000; this firmware is younger than this.
_YEAR_MIN = 2024


def ticks_period():
    """Return the period of the ticks functions, 2**30 on 32-bit ports."""
    return time.ticks_add(0, -1) + 1  # type: ignore[type-var]  # 0 is a tick, too


def utc_s():
    """Return seconds since 1970-01-01 UTC, or None while the clock is not set."""
    now = time.time()
    if time.gmtime(now)[0] < _YEAR_MIN:
        return None
    return int(now) + _EPOCH_S
