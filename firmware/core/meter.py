"""The straight line from edges to register and power: ring, filter, audit, register, power.

Nothing here knows where the edges come from or who reads the result, so the same object
runs on the chip, on a recorded trace and in the tests.
"""

from core.energy import Register
from core.power import PowerMeter
from core.pulse_filter import ACCEPTED, PENDING, PulseFilter, interval_min_us
from core.reconcile import Reconciler


def power_max_w(fuse_a, phases):
    """Return what the main fuse admits at nominal voltage, 230 V, in W."""
    return phases * fuse_a * 230


class Meter:
    """Count pulses from an edge ring and a hardware count.

    Args:
        settings: validated configuration, see ``core.config``.
        ring: the ``EdgeRing`` the interrupt handler fills.
        clock: the ``MonotonicClock`` that dates the ring's ticks.
        hardware: whether a hardware count will be passed to ``beat``.

    Attributes:
        beyond: pulses in the register that began at the mark or later, see ``mark``.
    """

    def __init__(self, settings, ring, clock, hardware):
        imp_per_kwh = settings["meter.imp_per_kwh"]
        fuse_a = settings["meter.fuse_a"]
        phases = settings["meter.phases"]
        self.ring = ring
        self.clock = clock
        self.hardware = hardware
        self.register = Register(imp_per_kwh)
        self.filter = PulseFilter(
            settings["pulse.width_min_ms"] * 1000,
            settings["pulse.width_max_ms"] * 1000,
            settings["pulse.debounce_us"],
            interval_min_us(imp_per_kwh, fuse_a, phases),
        )
        self.reconciler = Reconciler(self.filter, clock.now_us, hardware)
        self.power = PowerMeter(
            imp_per_kwh, power_max_w(fuse_a, phases), settings["power.silence_s"] * 1000000
        )
        self.last_pulse_us = None
        self.beyond = 0
        self._mark_us: int | None = None
        self._timed_us = clock.now_us
        self._interval_us = 0
        self._audited_us = clock.now_us
        self._known_us = clock.now_us

    def drain(self):
        """Judge every edge in the ring; return the number of pulses accepted."""
        ring = self.ring
        pulses = 0
        while ring.pop():
            verdict = self.filter.edge(self.clock.at(ring.ticks_us), ring.lit, ring.late)
            if verdict != PENDING:
                pulses += self._judged(verdict)
        return pulses

    def tick(self, now_us, lit):
        """Let time pass for the filter; return the number of pulses accepted, 0 or 1."""
        return self._judged(self.filter.tick(now_us, lit))

    def beat_done(self, now_us):
        """Note how far pulses are known, at the end of a beat that began at ``now_us``."""
        self._known_us = self.filter.known_us(now_us)

    def power_now(self, now_us):
        """Return (power_mw or None, age_us or None, quality) at monotonic ``now_us``."""
        return self.power.read(now_us, min(now_us, self._known_us))

    def settled(self):
        """Return True when no edge waits and no candidate is open: time to audit."""
        return not len(self.ring) and self.filter.idle()

    def decided(self):
        """Return True when every light so far is known to have been a pulse or none."""
        return self.settled() and not self.reconciler.waits()

    def mark(self, t_us):
        """Tell pulses that begin at monotonic ``t_us``, now or later, from those before.

        They are counted in ``beyond`` until the next mark: a pulse is known only when its
        light is over, and one whose callbacks were lost later still.
        """
        self._mark_us = t_us
        self.beyond = 0

    def knows_all_before_mark(self):
        """Return True when the register holds every pulse that began before the mark."""
        return self._mark_us is None or (self._audited_us >= self._mark_us and self.decided())

    def audit(self, now_us, rises=None, ticks=None):
        """Reconcile with the hardware's rising edges and lit time; return the pulses added."""
        pulses = self.reconciler.settle(now_us, rises, ticks)
        self._audited_us = now_us
        if pulses:
            self.register.add(pulses)
            self._note_beyond(pulses, self._about(*self.reconciler.missed_us))
            self.power.missed(pulses, now_us, self.reconciler.missed_us[1])
            self.last_pulse_us = now_us
        return pulses

    def _judged(self, verdict):
        if verdict != ACCEPTED:
            return 0
        start_us = self.filter.start_us
        self.register.add(1)
        at_us = start_us
        if self.filter.start_late:
            at_us = self._about(self.filter.dark_us, start_us)
        else:
            self._interval_us = start_us - self._timed_us
            self._timed_us = start_us
        self._note_beyond(1, at_us)
        self.power.pulse(start_us)
        self.reconciler.accepted(start_us, self.filter.start_late)
        self.last_pulse_us = start_us
        return 1

    def _about(self, from_us, to_us):
        """Return when a pulse was that began in between: when it was due, or in the middle."""
        due_us = self._timed_us + self._interval_us
        return due_us if from_us <= due_us <= to_us else (from_us + to_us) // 2

    def _note_beyond(self, pulses, at_us):
        if self._mark_us is not None and at_us >= self._mark_us:
            self.beyond += pulses
