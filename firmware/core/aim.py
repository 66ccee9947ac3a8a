"""Does a photodiode look at its LED? Plain verdicts for someone who moves it about.

The sensors are comparators: there is no brightness to show. What there is, is how much of
the time they see light, how long the flashes last, how evenly they come, and what was
rejected for which reason.
"""

from core.pulse_filter import ACCEPTED, FLICKER, REJECTS, TOO_LONG, TOO_SHORT

GOOD = "good"
WAITING = "waiting"
NO_PULSES = "no_pulses"
LAMP = "lamp"
STEADY_LIGHT = "steady_light"
INVERTED = "inverted"
WIDTH = "width"
NOISE = "noise"
DARK = "dark"
LIT = "lit"

BUCKETS = 30
_BUCKET_US = 1000000
# The bar shows the last seconds, the verdict a longer stretch: a house at 200 W blinks
# every 18 s.
_LEVEL_BUCKETS = 2
_LAMP_BUCKETS = 3
_LAMP_FLASHES = 10
_PULSES_TO_PRAISE = 3
_INTERVALS = 5


class Window:
    """Sums over the last seconds, in buckets of 1 s: lit samples, samples, and more."""

    def __init__(self, fields):
        self._fields = fields
        self._buckets = [[0] * fields]
        self._until_us = None
        self.full = False

    def at(self, now_us):
        """Return the bucket of ``now_us`` to add to."""
        if self._until_us is None or now_us - self._until_us > BUCKETS * _BUCKET_US:
            # Nobody has looked for long: what was then says nothing of now.
            self._buckets = [[0] * self._fields]
            self._until_us = now_us + _BUCKET_US
            self.full = False
        while now_us >= self._until_us:
            self._buckets.append([0] * self._fields)
            self._until_us += _BUCKET_US
            if len(self._buckets) > BUCKETS:
                self._buckets.pop(0)
                self.full = True
        return self._buckets[-1]

    def sums(self, buckets=BUCKETS):
        """Return the sum of each field over the last buckets."""
        last = self._buckets[-buckets:]
        return [sum([bucket[i] for bucket in last]) for i in range(self._fields)]


class UpperAim:
    """The photodiode over the upper LED, sampled every few ten ms while someone looks."""

    def __init__(self):
        self._window = Window(6)
        self._counts = None
        self._pulse_us = None
        self._intervals = []
        self._width_us = None
        self._stuck = False

    def sample(self, now_us, lit, counts, pulse_us, width_us, stuck):
        """Take one sample.

        Args:
            now_us: monotonic time.
            lit: light now.
            counts: the filter's candidates by verdict.
            pulse_us: start of the last pulse, or None.
            width_us: its lit time.
            stuck: light has stood for long.
        """
        bucket = self._window.at(now_us)
        before = self._counts or counts
        bucket[0] += 1 if lit else 0
        bucket[1] += 1
        bucket[2] += counts[ACCEPTED] - before[ACCEPTED]
        bucket[3] += counts[FLICKER] - before[FLICKER]
        bucket[4] += sum([counts[reason] - before[reason] for reason in (TOO_SHORT, TOO_LONG)])
        bucket[5] += sum([counts[reason] - before[reason] for reason in REJECTS])
        single = counts[ACCEPTED] - before[ACCEPTED] == 1
        if counts[ACCEPTED] != before[ACCEPTED]:
            self._width_us = width_us
            if single and self._pulse_us is not None and pulse_us > self._pulse_us:
                self._intervals.append(pulse_us - self._pulse_us)
                if len(self._intervals) > _INTERVALS:
                    self._intervals.pop(0)
            self._pulse_us = pulse_us
        self._counts = list(counts)
        self._stuck = stuck

    def report(self):
        """Return verdict and figures as a JSON-ready dict."""
        _, _, pulses, _, _, rejected = self._window.sums()
        intervals = self._intervals
        even = 100 * min(intervals) // max(intervals) if len(intervals) > 1 else None
        return {
            "verdict": self.verdict(),
            "lit_percent": _percent(self._window),
            "pulses": pulses,
            "rejected": rejected,
            "width_us": self._width_us,
            "interval_ms": intervals[-1] // 1000 if intervals else None,
            "stability_percent": even,
        }

    def verdict(self):
        """Return the one word that a person acts on."""
        lit, samples, pulses, _, misfits, rejected = self._window.sums()
        flashes = self._window.sums(_LAMP_BUCKETS)[3]
        if flashes >= _LAMP_FLASHES:
            return LAMP
        if misfits and 2 * lit > samples:
            # Dark for as long as a pulse is lit, and lit else: the wrong way round.
            return INVERTED
        if self._stuck:
            return STEADY_LIGHT
        if pulses >= _PULSES_TO_PRAISE:
            return NOISE if rejected > pulses else GOOD
        if misfits >= _PULSES_TO_PRAISE:
            return WIDTH
        return NO_PULSES if self._window.full and not pulses else WAITING


class LowerAim:
    """The photodiode over the lower LED, which is dark except while the breaker is open."""

    def __init__(self):
        self._window = Window(2)
        self._fault = None

    def sample(self, now_us, lit, fault):
        """Take one sample; ``fault`` is what ``core.supply`` makes of the sensor, or None."""
        bucket = self._window.at(now_us)
        bucket[0] += 1 if lit else 0
        bucket[1] += 1
        self._fault = fault

    def report(self):
        """Return verdict and figure as a JSON-ready dict."""
        lit_percent = _percent(self._window)
        if self._fault == "lower_flicker":
            verdict = LAMP
        elif self._fault == "lower_stuck_on":
            verdict = STEADY_LIGHT
        else:
            verdict = LIT if lit_percent >= 10 else DARK
        return {"verdict": verdict, "lit_percent": lit_percent}


def _percent(window):
    sums = window.sums(_LEVEL_BUCKETS)
    return 100 * sums[0] // sums[1] if sums[1] else 0
