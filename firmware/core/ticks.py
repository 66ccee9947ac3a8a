"""Unwrap MicroPython's ticks into monotonic microseconds that never wrap.

``time.ticks_us()`` wraps at 2**30 us (17.9 min) on a 32-bit port and a difference of two
readings is ambiguous beyond half of that, yet one pulse an hour is an ordinary standby load.
``time.ticks_ms()`` beside it wraps a thousand times later (12.4 days), so the pair decides
how many microsecond wraps lie between two readings, however rarely anyone looks.
"""


class MonotonicClock:
    """Monotonic time in us since it was built, from the pair (ticks_us, ticks_ms).

    Args:
        ticks_us: ``time.ticks_us()`` now.
        ticks_ms: ``time.ticks_ms()`` taken right beside it.
        period: the ticks period, ``time.ticks_add(0, -1) + 1``: 2**30 on 32-bit ports.
    """

    def __init__(self, ticks_us, ticks_ms, period=1 << 30):
        self.period = period
        self._ticks_us = ticks_us
        self._ticks_ms = ticks_ms
        self.now_us = 0

    def update(self, ticks_us, ticks_ms):
        """Advance to the given readings and return the monotonic time in us.

        Exact as long as two calls are less than 2**30 ms (12.4 days) apart.
        """
        period = self.period
        elapsed_us = (ticks_us - self._ticks_us) % period
        elapsed_ms = (ticks_ms - self._ticks_ms) % period
        # The coarse clock is good to 1 ms, which is all it takes to count whole wraps.
        wraps = (elapsed_ms * 1000 - elapsed_us + (period >> 1)) // period
        if wraps > 0:
            elapsed_us += wraps * period
        self._ticks_us = ticks_us
        self._ticks_ms = ticks_ms
        self.now_us += elapsed_us
        return self.now_us

    def at(self, ticks_us):
        """Return the monotonic time in us of a reading near the last ``update``.

        "Near" is half a period, 8.9 min, on either side: an edge drained from the ring is
        at most one long stall old.
        """
        half = self.period >> 1
        return self.now_us + (ticks_us - self._ticks_us + half) % self.period - half
