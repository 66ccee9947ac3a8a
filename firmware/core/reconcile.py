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
from core.pulse_filter import ACCEPTED, DOUBTS, REJECTS
from core.rhythm import Rhythm

# A neighbourhood is noisy for this many pulses after the last sign of noise, which fade
# only when it is so long ago: at a high load sixteen pulses are no time without a spike.
_MEMORY_PULSES = 16
_MEMORY_US = 300000000
# So long after a block it is known whether a lamp was switched on in it: by so many flashes,
# each so soon after the last. Where one shone lately, light tells nothing for certain.
_LAMP_TELLS_US = 120000
_LAMP_FLASHES = 3
_LAMP_PAUSE_US = 1000000
_LAMP_MEMORY_US = 5000000


class _Doubt:
    """A time in which light went by without a verdict, until it is decided what it was.

    Attributes:
        from_us, now_us: when.
        last_us: the earliest time that the last pulse counted before can have had.
        accepted, excess: pulses seen in it, and rises beside.
        least: pulses that the rises in excess were, by the neighbourhood.
        light: (least, most) of them by the lit time, or None.
    """

    def __init__(self, from_us, now_us, last_us, accepted, excess):
        self.from_us = from_us
        self.now_us = now_us
        self.last_us = last_us
        self.accepted = accepted
        self.excess = excess
        self.least = 0
        self.light = None


class Reconciler:
    """Decide how many pulses the handler missed.

    Args:
        pulse_filter: the ``PulseFilter`` whose verdicts are audited.
        start_us: monotonic time at which both counts began.
        hardware: whether there is a hardware count; without one the filter's own doubtful
            candidates are all there is to go by.

    Attributes:
        missed: pulses counted on the hardware's word.
        missed_us: (from, to) between which the last of them were, monotonic.
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
        self._doubt = None
        self._late_judged = 0
        self._flashes = 0
        self._flashes_before = 0
        self._flash_us = start_us
        self._lamp_us: int | None = None
        self.missed = 0
        self.missed_us = (start_us, start_us)
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
        pulses = 0
        self._note_flashes(now_us)
        if self._doubt and now_us - self._doubt.now_us >= _LAMP_TELLS_US:
            pulses = self._resolve(self._doubt)
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
        # Callbacks that candidates were judged without, for sure, leave nothing in doubt.
        sound = lost <= self._filter.mended - self._mended and not doubts
        self._edges = self._filter.edges
        self._verdicts[:] = self._filter.counts
        self._mended = self._filter.mended
        self.edges_lost += lost
        light = None
        told = ticks is not None and not self._lamp(self._settled_us)
        if told and rejected < _LAMP_FLASHES:
            late = self._filter.late_judged != self._late_judged
            # An odd edge: one was lost, whatever both counts add up to.
            if lost or late or records & 1 or not sound:
                light = self.light.pulses(ticks, accepted, risen - accepted)
            elif not rejected:
                self.light.learn(ticks, accepted)
        self._filter.lit_known = told and self.light.known()
        self._late_judged = self._filter.late_judged
        self._remember(now_us, accepted, rejected, records, sound)
        last_us = self._counted_us
        if accepted:
            self._counted_us = max(self._counted_us, self._start_us)
        # Light for more than was accepted is in doubt, even where all edges seem to be there.
        gap = not sound and excess > 0
        if gap or (light and light[0]):
            if self._doubt:
                # Two blocks running: there is no waiting any longer.
                pulses += self._resolve(self._doubt)
            self._doubt = _Doubt(self._settled_us, now_us, last_us, accepted, excess)
            self._doubt.least = self._least(accepted, excess) if gap else 0
            self._doubt.light = light
            if not light:
                pulses += self._resolve(self._doubt)
        if not self._doubt:
            due = self._rhythm.due()
            if due:
                pulses += due
                self.missed_us = (self._rhythm.claimed_us, self._rhythm.claimed_us)
        self._settled_us = now_us
        self.missed += pulses
        return pulses

    def waits(self):
        """Return True while it is not known yet what the light of a while ago was."""
        return self._doubt is not None

    def _resolve(self, doubt):
        """Return the pulses that went by for certain, and leave the rest to the rhythm."""
        self._doubt = None
        pulses = doubt.least
        rises = doubt.excess
        if doubt.light:
            # A lamp that was switched on in it has filled it with flashes.
            pulses, rises = (0, rises) if self._lamp(doubt.from_us) else doubt.light
        if pulses:
            interval_us = self._filter.interval_min_us
            room = (doubt.now_us - doubt.last_us) // interval_us - doubt.accepted
            pulses = max(0, min(pulses, room))
            counted_us = doubt.last_us + (doubt.accepted + pulses) * interval_us
            self._counted_us = max(self._counted_us, counted_us)
            self._filter.forbid_before(self._counted_us)
            self.missed_us = (doubt.from_us, doubt.now_us)
        self._rhythm.gap(doubt.from_us, doubt.now_us, rises, pulses)
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

    def _lamp(self, from_us):
        """Return whether a lamp was seen since, or not long before ``from_us``."""
        return self._lamp_us is not None and self._lamp_us >= from_us - _LAMP_MEMORY_US

    def _note_flashes(self, now_us):
        # By their width, not as flicker: at a high load there are few between two pulses.
        flashes = self._filter.flashes - self._flashes_before
        if not flashes:
            return
        self._flashes_before = self._filter.flashes
        if now_us - self._flash_us > _LAMP_PAUSE_US:
            self._flashes = 0
        self._flashes += flashes
        self._flash_us = now_us
        if self._flashes >= _LAMP_FLASHES:
            self._lamp_us = now_us

    def _least(self, accepted, excess):
        """Return how many pulses the rises in excess were at least, by the neighbourhood."""
        if not self._noise and not self._bounce:
            return excess
        # Where only pulses make light, light without a verdict was one pulse at least.
        return 1 if not self._noise and not accepted else 0
