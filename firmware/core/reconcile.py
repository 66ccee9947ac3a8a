"""Audit the hardware count against the interrupt handler, and count what it missed.

``Pin.irq`` callbacks come late and get dropped while the interpreter is blocked; the pulse
counter in hardware misses nothing, but counts bounce and lamp flicker as well. So the
filter's verdicts stand wherever the handler saw every edge in time. Where it did not, the
hardware count tells how many rises went by, and the neighbourhood tells what they were:

* clean neighbourhood: every rise without a verdict was a pulse;
* bouncing edges: one pulse for certain, more as far as the period before and after the
  gap calls for them;
* lamp light or line noise: only pulses that the period calls for (`core.rhythm`).

A pulse counted so has no time of its own. It is spread over the gap, never timed.
"""

from core.pulse_filter import ACCEPTED, DOUBTS, REJECTS
from core.rhythm import Rhythm

# A neighbourhood is noisy for this many pulses after the last sign of noise, which fade
# only when it is so long ago: at a high load sixteen pulses are no time without a spike.
_MEMORY_PULSES = 16
_MEMORY_US = 300000000


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
        self._mended = 0
        self._verdicts = list(pulse_filter.counts)
        self._start_us = None
        self._rhythm = Rhythm(pulse_filter.interval_min_us)
        self._noise = 0
        self._noise_us = start_us
        self._bounce = 0
        self.missed = 0
        self.edges_lost = 0

    def accepted(self, start_us, late=False):
        """Take the start of a pulse that the filter accepted; ``late``: it is not exact."""
        self._start_us = start_us
        self._rhythm.pulse(start_us, late)

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

        # Callbacks that candidates were judged without, for sure, leave nothing in doubt.
        sound = lost <= self._filter.mended - self._mended and not doubts
        self._mended = self._filter.mended
        self._remember(now_us, accepted, rejected, records, sound)
        pulses = 0
        gap = not sound and excess > 0
        if gap:
            pulses = self._decide(accepted, excess)
        last_us = self._counted_us
        if accepted:
            self._counted_us = max(self._counted_us, self._start_us)
        if pulses:
            interval_us = self._filter.interval_min_us
            room = (now_us - last_us) // interval_us - accepted
            pulses = max(0, min(pulses, room))
            self._counted_us = max(self._counted_us, last_us + (accepted + pulses) * interval_us)
            self._filter.forbid_before(self._counted_us)
        if gap:
            self._rhythm.gap(self._settled_us, now_us, excess, pulses)
        pulses += self._rhythm.due()
        self._settled_us = now_us
        self.missed += pulses
        return pulses

    def _since(self, verdict):
        return self._filter.counts[verdict] - self._verdicts[verdict]

    def _remember(self, now_us, accepted, rejected, records, sound):
        if rejected:
            self._noise = _MEMORY_PULSES
            self._noise_us = now_us
        elif now_us - self._noise_us >= _MEMORY_US:
            self._noise = max(0, self._noise - accepted)
        if not sound or rejected or not accepted:
            return
        if records > 2 * accepted:
            self._bounce = _MEMORY_PULSES
        else:
            self._bounce = max(0, self._bounce - accepted)

    def _decide(self, accepted, excess):
        if not self._noise and not self._bounce:
            return excess
        # Where only pulses make light, light without a verdict was one pulse at least.
        return 1 if not self._noise and not accepted else 0
