"""Audit the hardware count against the interrupt handler, and count what it missed.

``Pin.irq`` callbacks come late and get dropped while the interpreter is blocked; the pulse
counter in hardware misses nothing, but counts bounce and lamp flicker as well. So the
filter's verdicts stand wherever the handler saw every edge in time. Where it did not, the
hardware count tells how many rises went by, and the neighbourhood tells what they were:

* clean neighbourhood: every rise without a verdict was a pulse;
* bouncing edges: one pulse for certain, more as far as the period before and after the
  gap calls for them;
* lamp light or line noise: only pulses that the period calls for.

A pulse counted so has no time of its own. It is spread over the gap, never timed.
"""

from core.pulse_filter import ACCEPTED, DOUBTS, REJECTS

# A neighbourhood is noisy for this many pulses after the last sign of noise.
_MEMORY_PULSES = 16
_GAPS_MAX = 8
_HOLES_MAX = 8
# The period is the mean of so many intervals: a lamp's flashes shift the start of a pulse
# by up to half a flicker period.
_INTERVALS_MAX = 16


def _alike(interval_us, period_us):
    """Return whether an interval is a period, within a quarter."""
    return abs(interval_us - period_us) * 4 <= period_us


class Reconciler:
    """Decide how many pulses the handler missed.

    Args:
        pulse_filter: the ``PulseFilter`` whose verdicts are audited.
        start_us: monotonic time at which both counts began.
        hardware: whether there is a hardware count; without one the filter's own doubtful
            candidates are all there is to go by.

    Attributes:
        missed: pulses counted on the hardware's word.
        edges_lost: interrupt callbacks that never came.
    """

    def __init__(self, pulse_filter, start_us=0, hardware=True):
        self._filter = pulse_filter
        self._hardware = hardware
        self._settled_us = start_us
        # The earliest time the last counted pulse can have had: pulses are counted only as
        # far as whole minimum intervals fit between it and now.
        self._counted_us = start_us - pulse_filter.interval_min_us
        self._rises = 0
        self._edges = 0
        self._verdicts = list(pulse_filter.counts)
        self._start_us = None
        self._intervals = []
        self._hole = None
        self._holes = []
        self._claimed_us = start_us
        self._noise = 0
        self._bounce = 0
        self._gaps = []
        self.missed = 0
        self.edges_lost = 0

    def accepted(self, start_us):
        """Take the start of a pulse that the filter accepted."""
        last_us = self._start_us
        self._start_us = start_us
        if last_us is None:
            return
        span_us = start_us - last_us
        hole = self._hole
        self._hole = None
        if hole:
            # Pulses are missing only where the period goes on afterwards; two long
            # intervals alike are a load that has fallen.
            from_us, to_us, periods = hole
            if _alike(span_us, (to_us - from_us) // periods):
                self._holes.append(hole)
                if len(self._holes) > _HOLES_MAX:
                    self._holes.pop(0)
            else:
                self._note(to_us - from_us)
        periods = self._periods(span_us)
        if periods > 1:
            self._hole = (last_us, start_us, periods)
        else:
            self._note(span_us)

    def settle(self, now_us, rises=None):
        """Compare both counts and return the pulses to add, 0 or more.

        To be called when the light is off, every edge has been judged, and ``rises`` did
        not move meanwhile: then both counts speak of the same light.

        Args:
            now_us: monotonic time.
            rises: rising edges the hardware has counted since the start, or None.
        """
        accepted = self._since(ACCEPTED)
        rejected = sum(self._since(v) for v in REJECTS)
        doubts = sum(self._since(v) for v in DOUBTS)
        records = self._filter.edges - self._edges
        if rises is None:
            risen = records // 2
            lost = 0
            excess = doubts
        else:
            risen = rises - self._rises
            # The counter's glitch filter is finer than the handler's latency, never the
            # reverse for long: more records than edges are flashes too short to count.
            lost = max(0, 2 * risen - records)
            excess = risen - accepted - rejected
            self._rises = rises
        self._edges = self._filter.edges
        self._verdicts[:] = self._filter.counts
        self.edges_lost += lost

        sound = not lost and not doubts
        self._remember(accepted, rejected, records, sound)
        pulses = 0
        if not sound and excess > 0:
            pulses = self._decide(now_us, accepted, excess)
        last_us = self._counted_us
        if accepted:
            self._counted_us = max(self._counted_us, self._start_us)
        if pulses:
            interval_us = self._filter.interval_min_us
            room = (now_us - last_us) // interval_us - accepted
            pulses = max(0, min(pulses, room))
            self._counted_us = max(self._counted_us, last_us + (accepted + pulses) * interval_us)
            self._filter.forbid_before(self._counted_us)
        pulses += self._close_gaps()
        self._settled_us = now_us
        self.missed += pulses
        return pulses

    def _since(self, verdict):
        return self._filter.counts[verdict] - self._verdicts[verdict]

    def _remember(self, accepted, rejected, records, sound):
        if rejected:
            self._noise = _MEMORY_PULSES
        else:
            self._noise = max(0, self._noise - accepted)
        if not sound or rejected or not accepted:
            return
        if records > 2 * accepted:
            self._bounce = _MEMORY_PULSES
        else:
            self._bounce = max(0, self._bounce - accepted)

    def _decide(self, now_us, accepted, excess):
        if not self._noise and not self._bounce:
            return excess
        # Where only pulses make light, light without a verdict was one pulse at least.
        sure = 1 if not self._noise and not accepted else 0
        self._gaps.append((self._settled_us, now_us, excess, sure))
        if len(self._gaps) > _GAPS_MAX:
            self._gaps.pop(0)
        return sure

    def _note(self, interval_us):
        self._intervals.append(interval_us)
        if len(self._intervals) > _INTERVALS_MAX:
            self._intervals.pop(0)

    def _periods(self, span_us):
        """Return how many periods of a steady load an interval spans, 1 where it is not clear."""
        intervals = self._intervals
        if not intervals:
            return 1
        latest_us = intervals[-1]
        total_us = 0
        count = 0
        for i in range(len(intervals) - 1, -1, -1):
            if not _alike(intervals[i], latest_us):
                break
            total_us += intervals[i]
            count += 1
        period_us = total_us // count
        periods = (span_us + period_us // 2) // period_us
        if periods < 2 or abs(span_us - periods * period_us) * 5 > period_us:
            return 1
        return periods if span_us // periods >= self._filter.interval_min_us else 1

    def _close_gaps(self):
        """Count the pulses that a steady period calls for inside gaps of noise."""
        pulses = 0
        gaps = self._gaps
        while gaps and not self._hole and self._start_us is not None:
            if self._start_us <= gaps[0][1]:
                break
            begin_us, end_us, excess, sure = gaps.pop(0)
            called = 0
            for from_us, to_us, periods in self._holes:
                if to_us > begin_us and from_us < end_us:
                    called += self._claim(
                        from_us, to_us, periods, begin_us, end_us, excess - called
                    )
            pulses += max(0, called - sure)
        if not gaps:
            while self._holes and self._holes[0][1] <= self._settled_us:
                self._holes.pop(0)
        return pulses

    def _claim(self, from_us, to_us, periods, begin_us, end_us, most):
        """Return how many pulses were due in a hole and inside a gap, each claimed once."""
        span_us = to_us - from_us
        slack_us = span_us // periods // 8
        claimed = 0
        for k in range(1, periods):
            at_us = from_us + span_us * k // periods
            if at_us > end_us + slack_us or claimed >= most:
                break
            if at_us >= begin_us - slack_us and at_us > self._claimed_us:
                self._claimed_us = at_us
                claimed += 1
        return claimed
