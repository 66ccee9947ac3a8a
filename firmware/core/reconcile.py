"""Audit the hardware count against the interrupt handler, and count what it missed.

``Pin.irq`` callbacks come late and get dropped while the interpreter is blocked; the pulse
counter in hardware misses nothing, but counts bounce and lamp flicker as well. So the
filter's verdicts stand wherever the handler saw every edge in time. Where it did not, the
hardware count tells how many rises went by, and the neighbourhood tells what they were:

* clean neighbourhood: every rise without a verdict was a pulse;
* bouncing edges: one pulse for certain, more as far as the period before and after the
  gap calls for them;
* lamp light or line noise: only pulses that the period calls for (`core.rhythm`).

Where the hardware tells how long it was lit as well, that comes first: pulses have one width,
spikes have next to none, and a lamp's flashes come in step (`core.light_budget`).

A pulse counted so has no time of its own. It is spread over the gap, never timed.
"""

from core.light_budget import LampLight, LightBudget
from core.pulse_filter import ACCEPTED, DOUBTS, REJECTS
from core.rhythm import Rhythm

# A neighbourhood is noisy for this many pulses after the last sign of noise, which fade
# only when it is so long ago: at a high load sixteen pulses are no time without a spike.
_MEMORY_PULSES = 16
_MEMORY_US = 300000000
# So long after a block it is known whether a lamp was switched on in it; or whether one that had
# shone before still did.
_LAMP_TELLS_US = 120000
_LAMP_MEMORY_US = 1000000
# A lamp that flashed so long before a time shone at it.
_FLASH_US = 20000


class _Doubt:
    """A time in which light went by without a verdict, until it is decided what it was.

    Attributes:
        from_us, now_us: when.
        last_us: the earliest time that the last pulse counted before can have had.
        accepted, excess: pulses seen in it, and rises beside.
        least: pulses that the rises in excess were, by the neighbourhood.
        light: (least, most) of them by the lit time, or None.
        ticks: lit time, where a lamp shone when it began; else None.
        rises: of light beside the pulses seen: no more pulses than these.
    """

    def __init__(self, from_us, now_us, last_us, accepted, rises):
        self.from_us = from_us
        self.now_us = now_us
        self.last_us = last_us
        self.accepted = accepted
        self.rises = rises
        self.excess = self.least = 0
        self.light = self.ticks = None


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
        self._lesson = None, 0
        self._lamp_light = LampLight()
        self._doubt = None
        self._late_judged = 0
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
        self._lamp_light.flash(self._filter)
        doubt = self._doubt
        if doubt:
            tells_us = _LAMP_TELLS_US if doubt.ticks is None else _LAMP_MEMORY_US
            if now_us - doubt.now_us >= tells_us or self._in_step(doubt):
                pulses = self._resolve(doubt)
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
        late = self._filter.late_judged != self._late_judged
        # An odd edge: one was lost, whatever both counts add up to.
        unsure = lost or late or records & 1 or not sound
        from_us = self._settled_us
        lamp = ticks is not None and self._lamp_light.shone(from_us, from_us - _FLASH_US)
        told = ticks is not None and not self._lamp(from_us)
        light = None
        lesson = None, 0
        if told:
            if unsure or rejected:
                light = self.light.pulses(ticks, accepted, risen - accepted)
            # A pulse in two pieces, of which two callbacks were lost and the counter missed a
            # rise of its bounce, looks as if every edge was there; its light does not.
            if not unsure and not (light and light[0]):
                # A lamp's first flash may have joined a pulse, which the next ones tell.
                self.light.learn(*self._lesson)
                lesson = ticks, accepted
        self._lesson = lesson
        width = self.light.width()
        if lamp and not unsure and (width or not accepted):
            self._lamp_light.learn(from_us, now_us, ticks, accepted, width)
        self._filter.lit_known = width and (told or lamp)
        self._late_judged = self._filter.late_judged
        self._remember(now_us, accepted, rejected, records, sound)
        last_us = self._counted_us
        if accepted:
            self._counted_us = max(self._counted_us, self._start_us)
        # Light for more than was accepted is in doubt, even where all edges seem to be there.
        gap = not sound and excess > 0
        lamp = lamp and unsure
        if gap or lamp or (light and light[0]):
            if self._doubt:
                # Two blocks running: there is no waiting any longer.
                pulses += self._resolve(self._doubt)
            doubt = self._doubt = _Doubt(from_us, now_us, last_us, accepted, risen - accepted)
            doubt.excess = excess
            doubt.least = self._least(accepted, excess) if gap else 0
            doubt.light = light
            doubt.ticks = ticks if lamp else None
            if not light and (not lamp or self._in_step(doubt)):
                pulses += self._resolve(doubt)
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

    def _in_step(self, doubt):
        """Return whether a lamp is known to have shone all through a doubt."""
        return doubt.ticks is not None and self._lamp_light.shone(
            doubt.from_us, doubt.now_us - _FLASH_US
        )

    def _resolve(self, doubt):
        """Return the pulses that went by for certain, and leave the rest to the rhythm."""
        self._doubt = None
        pulses = doubt.least
        rises = doubt.excess
        if doubt.light:
            # A lamp that was switched on in it has filled it with flashes.
            pulses, rises = (0, rises) if self._lamp(doubt.from_us) else doubt.light
        if self._in_step(doubt):
            light = self._lamp_light.pulses(doubt, self.light.width())
            if light:
                pulses, rises = light
        if pulses:
            interval_us = self._filter.interval_min_us
            room = (doubt.now_us - doubt.last_us) // interval_us - doubt.accepted
            pulses = max(0, min(pulses, room))
            counted_us = doubt.last_us + (doubt.accepted + pulses) * interval_us
            self._counted_us = max(self._counted_us, counted_us)
            self._filter.forbid_before(self._counted_us)
            self.missed_us = (doubt.from_us, doubt.now_us)
        if rises > 0:
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
        """Return whether a lamp flashed since, or not long before ``from_us``."""
        return self._filter.lamp_us >= from_us - _LAMP_MEMORY_US

    def _least(self, accepted, excess):
        """Return how many pulses the rises in excess were at least, by the neighbourhood."""
        if not self._noise and not self._bounce:
            return excess
        # Where only pulses make light, light without a verdict was one pulse at least.
        return 1 if not self._noise and not accepted else 0
