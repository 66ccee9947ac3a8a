"""A meter's light, the chip's ticks and counter, and the reader's beat, in true time."""

from core import config
from core.edge_ring import EdgeRing
from core.meter import Meter
from core.ticks import MonotonicClock

MS = 1000
S = 1000000
BEAT = 47 * MS
PERIOD = 1 << 30


def settings(**changed):
    """Return the default settings, with ``meter_fuse_a=35`` for ``meter.fuse_a`` and so on."""
    values = config.defaults()
    for name, value in changed.items():
        section, _, field = name.partition("_")
        key = section + "." + field
        assert key in values, key
        values[key] = value
    return values


def interval_us(watt, imp=1000):
    return 3600 * 1000 * S // (imp * watt)


class Bench:
    """A ``Meter`` on a beat.

    Args:
        boot_us: what the chip's tick counter shows in the beginning.
        hardware: whether there is a hardware count.
        values: settings, or None for the defaults.
    """

    def __init__(self, boot_us=0, hardware=True, values=None, capacity=256):
        self.true_us = boot_us
        self.clock = MonotonicClock(*self._ticks(boot_us))
        self.meter = Meter(values or settings(), EdgeRing(capacity), self.clock, hardware)
        self.hardware = hardware
        self.lit = 0
        self.rises = 0
        # Called with (now_us, power_mw) after each beat.
        self.on_read = None
        self._beat_us = boot_us + BEAT

    def _ticks(self, true_us):
        return true_us % PERIOD, true_us // MS % PERIOD

    def advance(self, to_us, beats=True):
        """Let true time pass, with its beats or with a blocked interpreter."""
        while beats and self._beat_us <= to_us:
            self.true_us = self._beat_us
            self._beat_us += BEAT
            self.beat()
        self.true_us = max(self.true_us, to_us)
        self._beat_us = max(self._beat_us, to_us + (0 if beats else BEAT))

    def skip(self, to_us, beats=5):
        """Let true time pass in which nothing happens, with a few beats at either end."""
        self.advance(self.true_us + beats * BEAT)
        self.advance(max(self.true_us, to_us - beats * BEAT), beats=False)
        self.advance(to_us)

    def beat(self):
        meter = self.meter
        rises = self.rises if self.hardware else None
        now_us = self.clock.update(*self._ticks(self.true_us))
        meter.drain()
        meter.tick(now_us, self.lit)
        if meter.settled():
            meter.audit(now_us, rises)
        meter.beat_done(now_us)
        if self.on_read:
            self.on_read(now_us, meter.power_now(now_us)[0])

    def change(self, t_us, lit, seen=True):
        """Change the light at a true time; the interrupt's callback may be lost."""
        if lit and not self.lit:
            self.rises += 1
        self.lit = lit
        if seen:
            self.meter.ring.push(t_us % PERIOD, lit)

    def flash(self, start_us, width_us=30 * MS, seen=True):
        """Let the LED, or a disturbance, shine once."""
        self.advance(start_us)
        self.change(start_us, 1, seen)
        if width_us > 20 * BEAT:
            self.skip(start_us + width_us)
        self.advance(start_us + width_us)
        self.change(start_us + width_us, 0, seen)

    def train(self, start_us, period_us, count, width_us=30 * MS):
        """Let a steady load pulse; long pauses are passed over with few beats."""
        for k in range(count):
            at_us = start_us + k * period_us
            if at_us - self.true_us > 20 * BEAT:
                self.skip(at_us)
            self.flash(at_us, width_us)
        self.settle()

    def settle(self):
        """Let half a second pass in the dark."""
        self.advance(self.true_us + 500 * MS)

    @property
    def total(self):
        return self.meter.register.total

    def power_mw(self):
        return self.meter.power_now(self.clock.now_us)[0]
