"""How many pulses the light of a stretch of time is enough for.

A meter's pulses all have one width, and line noise lights for next to no time. So the lit
time of a stretch, of which no single edge need be known, tells how many pulses it had.

A lamp's flashes come at one period, and light for one share of it. Where one meets a pulse
there is no more light for it: what a stretch is lit beyond the lamp's share is its pulses'
light less that same share. All that need be known is that the lamp flashed in step before
and after.
"""

# The width is the mean of so many pulses at least, and of twice as many at most.
_PULSES_MIN = 4
_PULSES_KEPT = 128
# A pulse shorter than this many ticks of the reference clock is not measured; no ticks at
# all mean that the clock does not reach the counter.
_TICKS_MIN = 3
# A spike lights for no more than this share of a pulse, or a tick.
_SPIKE_SHARE = 100
# Light differs from pulse to pulse by this share, and by two ticks, even where it has not yet.
_SLACK_SHARE = 16
# Differences that have been seen fade by this share with each pulse.
_FADE_SHARE = 32
# Light is measured in ticks of a reference clock, see drivers/lit_time.py.
_TICK_US = 250
# The period is that of so many flashes at most, and of so many in a row at first.
_FLASHES_KEPT = 1024
_TRAIN_MIN = 8
# Flashes further apart than this may be those of two lamps.
_APART_US = 5000000
# A flash's lit time is the mean of so many at most, and of so many at least.
_LIT_KEPT = 1600
_LIT_MIN = 40
# Lit times of flashes and of pulses spread by these shares at least, and the spread is the mean of
# so many stretches.
_FLASH_SHARE = 32
_WIDTH_SHARE = 64
_SPREAD_OVER = 32
# What lies three times the spread off is no chance any more.
_FAR = 9


class LightBudget:
    """Learn the lit time of a pulse, and divide lit time by it. Times are in ticks."""

    def __init__(self):
        self._ticks = 0
        self._pulses = 0
        self._slack = 0

    def learn(self, ticks, pulses):
        """Take the lit time of a stretch of which every edge was seen; None if not known."""
        if ticks is None or not pulses:
            return
        if pulses == 1 and self.known():
            off = abs(ticks - self._ticks // self._pulses)
            self._slack = max(off, self._slack - self._slack // _FADE_SHARE)
        self._ticks += ticks
        self._pulses += pulses
        if self._pulses >= 2 * _PULSES_KEPT:
            self._ticks //= 2
            self._pulses //= 2

    def known(self):
        """Return whether a pulse's lit time is known well enough to count by."""
        return self._pulses >= _PULSES_MIN and self._ticks >= _TICKS_MIN * self._pulses

    def width(self):
        """Return the lit time of a pulse, 0 where it is not known."""
        return self._ticks / self._pulses if self.known() else 0

    def pulses(self, ticks, accepted, rises):
        """Return (least, most) pulses beside those seen that the light was of, or None.

        Args:
            ticks: lit time of the stretch.
            accepted: pulses that were seen in it.
            rises: rises of light beside theirs: no more pulses than these.
        """
        if not self.known():
            return None
        width = self._ticks // self._pulses
        spike = max(1, width // _SPIKE_SHARE)
        slack = max(self._slack, width // _SLACK_SHARE + 2)
        # Not by the rounded width: many pulses would add the rounding up.
        left = ticks - accepted * self._ticks // self._pulses
        found = None
        for pulses in range(rises + 1):
            off = left - pulses * self._ticks // self._pulses
            # Differences are as often up as down, so they add up slower than pulses do.
            admitted = slack * (1 + (accepted + pulses) // 4)
            if off < -admitted:
                break
            if off <= admitted + (rises - pulses) * spike:
                found = (found[0] if found else pulses), pulses
        return found


def _follow(spread, seen, least):
    spread = max(spread, least)
    # What is far off is no chance either, such as a flash that was counted and not there.
    return spread + (min(seen, 16 * spread) - spread) / _SPREAD_OVER


class LampLight:
    """Follow a lamp's flashes and how long they are lit. Lit times are in ticks."""

    def __init__(self):
        self._since_us = self._last_us = self._span_us = self._flashes = 0
        self._pulse_spread = 0.0
        self._forget()

    def _forget(self):
        self._lit = self._alone = self._flash_spread = 0.0

    def flash(self, seen):
        """Take the last flash that a ``PulseFilter`` saw by itself."""
        start_us = seen.flash_us
        since_us = start_us - self._last_us
        if not since_us:
            return
        flashes = self._flashes
        if flashes and since_us <= _APART_US:
            period_us = self._span_us / flashes
            periods = int(since_us / period_us + 0.5)
            if abs(since_us - periods * period_us) * 8 <= period_us:
                self._last_us = start_us
                self._span_us += since_us
                self._flashes += periods
                if flashes >= _FLASHES_KEPT and not self._flashes & 1:
                    self._span_us //= 2
                    self._flashes //= 2
                return
            if seen.train < _TRAIN_MIN:
                return
        # Another lamp, but of the same mains.
        if seen.train >= _TRAIN_MIN:
            self._span_us = start_us - seen.train_us
            self._flashes = seen.train
        self._since_us = seen.train_us
        self._last_us = start_us
        self._forget()

    def shone(self, from_us, to_us):
        """Return whether flashes are known to have come in step before and up to a time."""
        return self._flashes and self._since_us <= from_us and self._last_us >= to_us

    def _stretch(self, from_us, to_us, width):
        """Return (flashes between two dark moments, periods that a pulse lasts)."""
        period_us = self._span_us / self._flashes
        # Both are behind a flash, and more than a third of a period behind the next one's start.
        since_us = self._last_us + int(period_us / 3)
        flashes = (to_us - since_us) // period_us - (from_us - since_us) // period_us
        return flashes, width * _TICK_US / period_us

    def learn(self, from_us, to_us, ticks, pulses, width):
        """Take the lit time of a stretch of which every edge was seen; pulses have ``width``."""
        flashes, periods = self._stretch(from_us, to_us, width)
        alone = flashes - pulses * periods
        if alone <= 0:
            return
        ticks -= pulses * width
        if self._alone >= _LIT_MIN:
            flash = self._lit / self._alone
            off = (ticks - alone * flash) ** 2
            if pulses:
                off = (off - self._flash_spread * alone) / pulses
                self._pulse_spread = _follow(self._pulse_spread, off, (width / _WIDTH_SHARE) ** 2)
            else:
                self._flash_spread = _follow(
                    self._flash_spread, off / alone, (flash / _FLASH_SHARE) ** 2
                )
        if self._alone >= _LIT_KEPT:
            if 2 * alone < flashes:
                # Mostly pulses, whose own differences would be taken for the lamp's.
                return
            self._lit /= 2
            self._alone /= 2
        self._lit += ticks
        self._alone += alone

    def pulses(self, doubt, width):
        """Return (least, likeliest) pulses beside those seen of a doubt's light, or None.

        Args:
            doubt: from_us, now_us, ticks, accepted and rises as ``core.reconcile`` has them.
            width: lit time of a pulse, 0 where it is not known.
        """
        if self._alone < _LIT_MIN or not width:
            return None
        flashes, periods = self._stretch(doubt.from_us, doubt.now_us, width)
        flash = self._lit / self._alone
        beside = doubt.ticks - flash * flashes
        # Chance adds up slower than flashes and pulses do.
        chance = max(self._flash_spread, (flash / _FLASH_SHARE) ** 2) * flashes
        spread = max(self._pulse_spread, (width / _WIDTH_SHARE) ** 2)
        found = None
        closest = 0.0
        for pulses in range(doubt.rises + 1):
            seen = doubt.accepted + pulses
            off = abs(beside - seen * (width - flash * periods))
            if off * off <= _FAR * (chance + spread * seen):
                # Not more than is likeliest, so that chance never adds any.
                if found and off >= closest:
                    break
                closest = off
                found = (found[0] if found else pulses), pulses
        return found
