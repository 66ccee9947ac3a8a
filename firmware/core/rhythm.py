"""What the period of a steady load says of pulses that went by unseen.

Where noise hides the light, the hardware count cannot tell a pulse from a flash, but the
pulses before and after have a period, and the unseen ones were due at times of it. A pulse
is counted only where all that the period calls for between two timed pulses were seen, or
fell into a *gap*, a time in which light went by without a verdict.

A span between two timed pulses that fits the period tells nothing; one without a gap in it
is a load that changed; the others wait until the period that follows is known.
"""

_GAPS_MAX = 24
_SPANS_MAX = 4
# The period is the mean of so many intervals: a lamp's flashes shift the start of a pulse
# by up to half a flicker period.
_INTERVALS_MAX = 32
_FLICKER_US = 10000
# A single interval shorter than this is shifted by too much of itself.
_SHIFTED_US = 150000
# Over no more periods than these the latest interval is the better guess: loads ramp.
_LATEST_PERIODS = 4
# Starts that were read late are no times to count from, unless there is nothing else.
_UNTIMED_MAX = 4


def alike(interval_us, period_us):
    """Return whether an interval is a period, within a quarter."""
    return abs(interval_us - period_us) * 4 <= period_us


class Gap:
    """A time in which light went by without a verdict.

    Attributes:
        begin_us, end_us: when.
        rises: how many rises of light had no verdict; no more pulses than these.
        counted: pulses among them that are counted already.
        called: pulses that periods have called for in it.
    """

    def __init__(self, begin_us, end_us, rises, counted):
        self.begin_us = begin_us
        self.end_us = end_us
        self.rises = rises
        self.counted = counted
        self.called = 0


class Rhythm:
    """Follow the period of the pulses, and say how many were due in gaps.

    Args:
        interval_min_us: least time between two pulses.

    Attributes:
        claimed_us: when the last pulse was due that ``due`` has told of.
    """

    def __init__(self, interval_min_us):
        self.claimed_us = 0
        self._interval_min_us = interval_min_us
        self._intervals = []
        self._gaps = []
        self._spans = []
        self._fresh = []
        self._timed_us = None
        self._between = []

    def pulse(self, start_us, late=False):
        """Take the start of a pulse that was seen; ``late``: its time is not exact."""
        from_us = self._timed_us
        if from_us is not None and late and len(self._between) < _UNTIMED_MAX:
            self._between.append(start_us)
            return
        self._timed_us = start_us
        if from_us is not None and start_us > from_us:
            self._fresh.append((from_us, start_us, self._between))
        self._between = []

    def gap(self, begin_us, end_us, rises, counted):
        """Take a time in which ``rises`` of light had no verdict, ``counted`` of them pulses."""
        self._gaps.append(Gap(begin_us, end_us, rises, counted))
        if len(self._gaps) > _GAPS_MAX:
            self._gaps.pop(0)

    def due(self):
        """Return how many pulses more are known by now to have gone by in gaps."""
        pulses = 0
        fresh = self._fresh
        while fresh:
            span = fresh.pop(0)
            interval_us = self._interval(span)
            if not self._dim(span) or self._fits(interval_us):
                pulses += self._resolve(interval_us)
                self._note(interval_us)
                continue
            spans = self._spans
            spans.append(span)
            if len(spans) >= 3 and self._steady(spans[-3:]):
                # Long ones that are alike are a load that has fallen.
                del spans[-3:]
                pulses += self._resolve(interval_us)
                self._note(interval_us)
            elif len(spans) > _SPANS_MAX:
                spans.pop(0)
        self._forget()
        return pulses

    def _interval(self, span):
        from_us, to_us, between = span
        return (to_us - from_us) // (len(between) + 1)

    def _fits(self, interval_us):
        intervals = self._intervals
        if not intervals:
            return True
        off_us = abs(interval_us - intervals[-1])
        return off_us <= _FLICKER_US or off_us * 16 <= intervals[-1]

    def _dim(self, span):
        from_us, to_us, _ = span
        return any(gap.end_us > from_us and gap.begin_us < to_us for gap in self._gaps)

    def _steady(self, spans):
        interval_us = self._interval(spans[0])
        return all(alike(self._interval(span), interval_us) for span in spans)

    def _note(self, interval_us):
        self._intervals.append(interval_us)
        if len(self._intervals) > _INTERVALS_MAX:
            self._intervals.pop(0)

    def _forget(self):
        """Drop the gaps that lie before every span still to be judged."""
        if self._timed_us is None:
            return
        since_us = self._spans[0][0] if self._spans else self._timed_us
        gaps = self._gaps
        while gaps and gaps[0].end_us <= since_us:
            gaps.pop(0)

    def _resolve(self, after_us):
        """Return the pulses due in the spans that waited for the period after them."""
        pulses = 0
        spans = self._spans
        while spans:
            span = spans.pop(0)
            times = self._due(span, after_us)
            if not times and spans and spans[0][0] == span[1]:
                # The pulse between two that make no sense may have been seen late.
                _, to_us, between = spans[0]
                whole = (span[0], to_us, span[2] + [span[1]] + between)
                times = self._due(whole, after_us)
                if times:
                    span = whole
                    spans.pop(0)
            if times:
                pulses += self._claim(span, times)
                self._note((span[1] - span[0]) // (len(times) + 1))
        return pulses

    def _mean(self):
        """Return the mean of the last intervals that are alike, and their number."""
        intervals = self._intervals
        latest_us = intervals[-1]
        total_us = 0
        count = 0
        for i in range(len(intervals) - 1, -1, -1):
            if not alike(intervals[i], latest_us):
                break
            total_us += intervals[i]
            count += 1
        return total_us // count, count

    def _due(self, span, after_us):
        """Return when the pulses between a span's ends were due, or nothing if unclear."""
        from_us, to_us, between = span
        span_us = to_us - from_us
        before_us = self._intervals[-1]
        if alike(after_us, before_us):
            times = self._even(span, (before_us + after_us) // 2)
            if times or abs(after_us - before_us) * 16 <= before_us:
                return times
        spans = self._spans
        if spans and alike(self._interval(spans[0]), self._interval(span)):
            # Two alike are rather the load's own period.
            return ()
        # The load changed at one of the pulses due: some periods of before, then of after.
        least_us = min(before_us, after_us)
        for early in range(span_us // before_us + 1):
            rest_us = span_us - early * before_us
            late = (rest_us + after_us // 2) // after_us
            if abs(rest_us - late * after_us) * 5 > least_us or early + late < 2:
                continue
            times = [from_us + before_us * k for k in range(1, early + 1)]
            times += [to_us - after_us * k for k in range(late - 1, 0, -1)]
            if early and not late:
                times.pop()
            if span_us // (early + late) >= self._interval_min_us and self._explained(
                times, between, least_us // 8
            ):
                return times
        return ()

    def _even(self, span, period_us):
        """Return when the pulses of a load that held were due, or nothing if unclear."""
        from_us, to_us, between = span
        span_us = to_us - from_us
        count = (span_us + period_us // 2) // period_us
        near = abs(span_us - count * period_us) * 5 <= period_us
        if count > _LATEST_PERIODS or period_us < _SHIFTED_US:
            period_us, known = self._mean()
            # The mean's error adds up; where it leaves two counts, the lesser.
            count = (span_us + period_us // 5) // period_us
            near = known >= count
        if count < 2 or not near or span_us // count < self._interval_min_us:
            return ()
        times = [from_us + span_us * k // count for k in range(1, count)]
        return times if self._explained(times, between, span_us // count // 8) else ()

    def _explained(self, times, between, slack_us):
        """Return whether each time due is that of a pulse seen, or lies in a gap."""
        if len(times) < len(between):
            return False
        unseen = 0
        for at_us in times:
            if not self._gap_at(at_us, slack_us):
                unseen += 1
        return unseen <= len(between)

    def _gap_at(self, at_us, slack_us):
        for gap in self._gaps:
            if gap.begin_us - slack_us <= at_us <= gap.end_us + slack_us:
                return gap
        return None

    def _claim(self, span, times):
        """Return how many of the pulses due were not counted yet."""
        from_us, to_us, between = span
        wanted = len(times) - len(between)
        pulses = 0
        slack_us = (to_us - from_us) // (len(times) + 1) // 8
        for at_us in times:
            gap = self._gap_at(at_us, slack_us)
            if not wanted:
                break
            if gap and gap.called < gap.rises:
                gap.called += 1
                wanted -= 1
                if gap.called > gap.counted:
                    pulses += 1
                    self.claimed_us = at_us
        return pulses
