"""How many pulses the light of a stretch of time is enough for.

A meter's pulses all have one width, and line noise lights for next to no time. So the lit
time of a stretch, of which no single edge need be known, tells how many pulses it had.
"""

# The width is the mean of so many pulses at least, and of twice as many at most.
_PULSES_MIN = 8
_PULSES_KEPT = 32
# A pulse shorter than this many ticks of the reference clock is not measured; no ticks at
# all mean that the clock does not reach the counter.
_TICKS_MIN = 3
# A spike lights for no more than this share of a pulse, or a tick.
_SPIKE_SHARE = 100
# Light differs from pulse to pulse by this share, and by two ticks, even where it has not yet.
_SLACK_SHARE = 16
# Differences that have been seen fade by this share with each pulse.
_FADE_SHARE = 32


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
