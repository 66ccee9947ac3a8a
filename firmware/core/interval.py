"""Cut the register's pulses into quarter-hours, whatever the clock does.

Pulses are never counted here: an interval is what the register gained between two cuts, so
none is lost and none falls into two intervals. The clock only decides where the cuts are
and what they are called; how long an interval lasted is told by monotonic time.
"""

from core.history import (
    HELD,
    PARTIAL,
    QUARTER_S,
    STEPPED,
    UNDATED,
    Record,
    greater,
    lesser,
)

# An interval this much shorter or longer than its name is not what it says. Below are the
# corrections of every NTP synchronization, and the beat.
_TOLERANCE_S = 10
# Two readings of a clock that counts whole seconds differ by up to one from the truth.
_STEP_S = 2
_MAX = 0xFFFFFFFF
# Start number of pulses of which only the register knows.
UNKNOWN_BOOT = 0xFFFF


class _Open:
    """An interval in progress."""

    def __init__(self, start, dated, boot, base, covered_us=0):
        self.start = start
        self.dated = dated
        self.boot = boot
        self.base = base
        self.covered_us = covered_us
        self.flags = 0
        self.stepped_s = 0
        self.min_w = None
        self.max_w = None

    def record(self, sequence, total):
        covered_s = min((self.covered_us + 500000) // 1000000, _MAX)
        flags = self.flags
        if not self.dated:
            flags |= UNDATED
        if covered_s < QUARTER_S - _TOLERANCE_S:
            flags |= PARTIAL
        if abs(self.stepped_s) > _TOLERANCE_S or covered_s > QUARTER_S + _TOLERANCE_S:
            flags |= STEPPED
        return Record(
            sequence,
            self.start,
            self.boot,
            flags,
            total - self.base,
            total,
            self.min_w,
            self.max_w,
            covered_s,
        )


class IntervalMeter:
    """Turn register, monotonic time and UTC into closed intervals.

    Where the clock is not set at start, an interval that a power cut interrupted is held:
    if the clock turns out to be in the same quarter, it goes on; else it is closed with
    what it had. What was counted meanwhile is an undated interval by uptime. The same holds
    through any number of further starts without a clock.

    Attributes:
        sequence: number of the interval in progress.
    """

    def __init__(self):
        self.sequence = 0
        self._boot = 0
        self._open = _Open(0, False, 0, 0)
        self._held = None
        self._held_end = 0
        self._last_us = 0
        self._last_utc_s = None

    def begin(self, now_us, total, boot, sequence, base, interrupted=None):
        """Start, after a boot.

        Args:
            now_us: monotonic time, us since boot.
            total: the register's pulses now.
            boot: number of this start.
            sequence: number of the next record.
            base: total at the end of the last record.
            interrupted: ``Record`` of the interval in progress as it was saved, or None.

        Returns:
            The records that are closed by the start, a list of none or one.
        """
        self.sequence = sequence
        self._boot = boot
        self._last_us = now_us
        self._last_utc_s = None
        self._held = None
        closed = []
        if interrupted and (
            interrupted.sequence != sequence
            or interrupted.total - interrupted.pulses != base
            or total < base
        ):
            # Saved before the last record was written: its pulses are in that record.
            interrupted = None
        if interrupted is None:
            self._close_unknown(base, total, closed)
            self._open = _Open(now_us // 1000000, False, boot, total)
            return closed
        old = self._revive(interrupted, base)
        if old.dated:
            self._held = old
            self._held_end = interrupted.total if interrupted.flags & HELD else total
        else:
            # Uptime of an earlier start: nothing now belongs to it.
            closed.append(self._close(old, total))
        self._open = _Open(now_us // 1000000, False, boot, total)
        return closed

    def _revive(self, record, base):
        dated = not record.flags & UNDATED
        old = _Open(record.start, dated, record.boot, base, record.covered_s * 1000000)
        old.flags = (record.flags | PARTIAL) & ~(UNDATED | HELD)
        old.min_w = record.min_w
        old.max_w = record.max_w
        return old

    def settled(self):
        """Return True when the interval in progress follows the last record at once."""
        return self._held is None

    def saved(self, total):
        """Return the ``Record`` to be saved, from which ``begin`` can go on."""
        held = self._held
        if held is None:
            return self.record(total)
        held.flags |= HELD
        record = held.record(self.sequence, self._held_end)
        held.flags &= ~HELD
        return record

    def record(self, total):
        """Return the interval in progress as a ``Record`` that ends now."""
        return self._open.record(self.sequence, total)

    def power(self, power_w):
        """Take a sample of power for the interval's least and greatest."""
        self._open.min_w = lesser(self._open.min_w, power_w)
        self._open.max_w = greater(self._open.max_w, power_w)

    def tick(self, now_us, utc_s, total):
        """Let time pass; return the records closed by it, a list, mostly empty.

        Args:
            now_us: monotonic time, us since boot.
            utc_s: seconds since 1970, or None while the clock is not set.
            total: the register's pulses.
        """
        elapsed_us = now_us - self._last_us
        self._open.covered_us += elapsed_us
        self._last_us = now_us
        last_utc_s, self._last_utc_s = self._last_utc_s, utc_s
        if utc_s is None:
            return self._without_clock(now_us, total)
        if last_utc_s is not None:
            step_s = utc_s - last_utc_s - elapsed_us // 1000000
            if abs(step_s) >= _STEP_S:
                self._open.stepped_s += step_s
        quarter_s = utc_s - utc_s % QUARTER_S
        closed = []
        if not self._open.dated:
            self._clock_appears(now_us, utc_s, quarter_s, total, closed)
        # Set back by less than a quarter the interval goes on, and gets longer: going back
        # would give the quarter before a second record.
        start_s = self._open.start
        if quarter_s > start_s or quarter_s < start_s - QUARTER_S:
            closed.append(self._close(self._open, total))
            self._open = _Open(quarter_s, True, self._boot, total)
        return closed

    def _without_clock(self, now_us, total):
        closed = []
        uptime_s = now_us // 1000000
        if self._open.dated:
            closed.append(self._close(self._open, total))
            self._open = _Open(uptime_s, False, self._boot, total)
        elif uptime_s - self._open.start >= QUARTER_S:
            if self._held:
                self._release(closed)
            start = self._open.start
            closed.append(self._close(self._open, total))
            start += (uptime_s - start) // QUARTER_S * QUARTER_S
            self._open = _Open(start, False, self._boot, total)
        return closed

    def _clock_appears(self, now_us, utc_s, quarter_s, total, closed):
        fresh = self._open
        if self._held and self._held.start == quarter_s:
            held, self._held = self._held, None
            held.covered_us += fresh.covered_us
            held.min_w = lesser(held.min_w, fresh.min_w)
            held.max_w = greater(held.max_w, fresh.max_w)
            held.boot = self._boot
            self._open = held
            return
        if self._held:
            self._release(closed)
        began_s = utc_s - (now_us // 1000000 - fresh.start)
        if began_s >= quarter_s:
            fresh.start = quarter_s
            fresh.dated = True
            return
        closed.append(self._close(fresh, total))
        self._open = _Open(quarter_s, True, self._boot, total)

    def _release(self, closed):
        """Close the held interval, and what was counted between it and this start."""
        held, self._held = self._held, None
        closed.append(self._close(held, self._held_end))
        self._close_unknown(self._held_end, self._open.base, closed)

    def _close_unknown(self, base, total, closed):
        """Close pulses of which nothing tells when they were counted.

        In the present quarter they would make a peak that never was.
        """
        if total > base:
            closed.append(self._close(_Open(0, False, UNKNOWN_BOOT, base), total))

    def _close(self, interval, total):
        record = interval.record(self.sequence, total)
        self.sequence += 1
        return record
