"""Audit the hardware count against the interrupt handler, and count what it missed.

``Pin.irq`` callbacks come late and get dropped while the interpreter is blocked; the pulse
counter in hardware misses nothing, but counts bounce and lamp flicker as well. So the
filter's verdicts stand wherever the handler saw every edge in time. Where it did not, the
hardware count tells how many rises went by, and the neighbourhood tells what they were:

* clean neighbourhood: every rise without a verdict was a pulse;
* bouncing edges: one pulse for certain, more as far as the period before and after the
  gap calls for them;
* lamp light or line noise: only pulses that the period calls for (`core.rhythm`).

Where the hardware tells how long it was lit as well, that comes first, but for lamp light:
pulses have one width, and spikes have next to none (`core.light_budget`).

A pulse counted so has no time of its own. It is spread over the gap, never timed.
"""

from core.light_budget import LightBudget
from core.pulse_filter import ACCEPTED, DOUBTS, FLICKER, REJECTS, TOO_LONG
from core.rhythm import Rhythm

# A neighbourhood is noisy for this many pulses after the last sign of noise, which fade
# only when it is so long ago: at a high load sixteen pulses are no time without a spike.
_MEMORY_PULSES = 16
_MEMORY_US = 300000000
# So long after a gap it is known whether a lamp shone in it, and whether one did before.
_LAMP_TELLS_US = 120000
_LAMP_BEFORE_US = 1000000
_LAMP_FLASHES = 3


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
        light: ``LightBudget``, known where the hardware measures how long it is lit.
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
        self.light = LightBudget()
        self._ticks: int | None = 0
        self._gap_us = None
        self._flashes = 0
        self._flash_us = start_us
        self.missed = 0
        self.edges_lost = 0

    def accepted(self, start_us, late=False):
        """Take the start of a pulse that the filter accepted; ``late``: it is not exact."""
        self._start_us = start_us
        self._rhythm.pulse(start_us, late)

    def settle(self, now_us, rises=None, ticks=None):
        """Compare both counts and return the pulses to add, 0 or more.

        To be called when the light is off, every edge has been judged, and ``rises`` did
        not move meanwhile: then both counts speak of the same light.

        Args:
            now_us: monotonic time.
            rises: rising edges the hardware has counted since the start, or None.
            ticks: how long it was lit since the last call, in ticks of the hardware's
                reference clock, or None where that is not known.
        """
        self._ticks = None if ticks is None or self._ticks is None else self._ticks + ticks
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
        # Callbacks that candidates were judged without, for sure, leave nothing in doubt.
        sound = lost <= self._filter.mended - self._mended and not doubts
        gap = not sound and excess > 0
        lamp = self._lamp(now_us)
        if gap and not lamp and self._ticks is not None and self.light.known():
            if self._gap_us is None:
                self._gap_us = now_us
            if now_us - self._gap_us < _LAMP_TELLS_US:
                return 0
        self.edges_lost += lost
        if rises is not None:
            self._rises = rises
        self._note_flashes(now_us)
        self._edges = self._filter.edges
        self._verdicts[:] = self._filter.counts
        self._mended = self._filter.mended
        self._remember(now_us, accepted, rejected, records, sound)
        pulses = 0
        open_rises = excess
        if gap:
            pulses, open_rises = self._decide(accepted, excess, rejected, lamp)
        elif sound and not rejected and not lamp:
            self.light.learn(self._ticks, accepted)
        self._ticks = 0
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
            self._rhythm.gap(self._settled_us, self._gap_us or now_us, open_rises, pulses)
            self._gap_us = None
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

    def _lamp(self, now_us):
        """Return whether a lamp shone just before what is to be settled, or in it."""
        flashes = self._since(FLICKER) + self._since(TOO_LONG)
        if self._flash_us >= self._settled_us - _LAMP_BEFORE_US:
            flashes += self._flashes
        return flashes >= _LAMP_FLASHES

    def _note_flashes(self, now_us):
        flashes = self._since(FLICKER) + self._since(TOO_LONG)
        if not flashes:
            return
        if now_us - self._flash_us > _LAMP_BEFORE_US:
            self._flashes = 0
        self._flashes += flashes
        self._flash_us = now_us

    def _decide(self, accepted, excess, rejected, lamp):
        """Return (pulses for certain, rises among which the period may call for more)."""
        if not lamp and self._ticks is not None:
            found = self.light.pulses(self._ticks, accepted, excess, rejected)
            if found:
                return found
        if not self._noise and not self._bounce:
            return excess, excess
        # Where only pulses make light, light without a verdict was one pulse at least.
        return (1 if not self._noise and not accepted else 0), excess
