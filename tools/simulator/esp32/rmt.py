"""``esp32.RMT``: sends a train of levels by itself, whatever the interpreter does."""

from world import world

_SOURCE_HZ = 80000000
_PULSE_MAX = 32767


class RMT:
    """A transmitting channel; see ``world.wires`` for where its pin leads."""

    PULSE_MAX = _PULSE_MAX

    def __init__(self, channel, pin=None, clock_div=8, idle_level=False, tx_carrier=None):
        if not 0 < clock_div < 256:
            raise ValueError("clock_div must be between 1 and 255")
        self._pin = pin.number
        self._clock_div = clock_div
        self._idle = 1 if idle_level else 0
        self._done_us = world.now_us
        world.drive(self._pin, world.now_us, self._idle)

    @staticmethod
    def source_freq():
        """Return the clock in Hz before the divider."""
        return _SOURCE_HZ

    def write_pulses(self, duration, data=True):
        """Begin to send levels; of the three ways only lists of both are imitated."""
        if len(duration) != len(data):
            raise ValueError("duration and data must have same length")
        at_us = max(world.now_us, self._done_us)
        for ticks, level in zip(duration, data):
            if not 0 < ticks <= _PULSE_MAX:
                raise ValueError("duration must be between 1 and PULSE_MAX")
            self._at(at_us, 1 if level else 0)
            at_us += ticks * self._clock_div * 1000000 // _SOURCE_HZ
        self._at(at_us, self._idle)
        self._done_us = at_us

    def wait_done(self, timeout=0):
        """Return whether everything was sent, after waiting up to ``timeout`` ms."""
        if timeout and world.now_us < self._done_us:
            world.run_until(min(self._done_us, world.now_us + timeout * 1000))
        return world.now_us >= self._done_us

    def _at(self, at_us, level):
        world.alarm(at_us, lambda due_us: world.drive(self._pin, due_us, level))
