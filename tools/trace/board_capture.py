"""Runs on the board, at its prompt: prints every edge of two photodiodes until stopped.

Lines: ``e TICKS LED LIT`` for an edge, LED 0 upper, 1 lower; ``t TICKS_US TICKS_MS COUNT
LOST`` after every batch, COUNT -1 where there is no counter, or where it moved meanwhile.
"""

import time
from array import array

from machine import Pin

_SLOTS = 512
_BATCH_MS = 200


class _Capture:
    """Two photodiodes, one ring. Pins None: no such photodiode."""

    def __init__(self, upper, upper_low, lower, lower_low):
        self.ticks = array("I", bytes(4 * _SLOTS))
        self.what = bytearray(_SLOTS)
        self.head = self.tail = self.lost = 0
        self.count = None
        self.upper = self._watch(upper, upper_low, 0)
        self._watch(lower, lower_low, 2)
        self.low = upper_low
        try:
            import esp32

            rises = {"falling" if upper_low else "rising": esp32.PCNT.INCREMENT}
            self.count = esp32.PCNT(0, pin=Pin(upper, Pin.IN), filter=1023, max=32767, **rises)
            self.count.init(value=0)
            self.count.start()
        except (ImportError, AttributeError):
            pass
        self.total = self.last = 0

    def _watch(self, number, low, led):
        if number is None:
            return None
        pin = Pin(number, Pin.IN)
        value, ticks_us, inverted = pin.value, time.ticks_us, 1 if low else 0
        # The level to begin with is an edge, too.
        self._push(ticks_us(), led | (value() ^ inverted))
        push = self._push
        pin.irq(lambda _: push(ticks_us(), led | (value() ^ inverted)))
        return pin

    def _push(self, ticks, what):
        head = self.head
        following = (head + 1) % _SLOTS
        if following == self.tail:
            self.lost += 1
            return
        self.ticks[head] = ticks
        self.what[head] = what
        self.head = following

    def rises(self):
        """Return the rises counted so far, or -1."""
        if self.count is None:
            return -1
        value = self.count.value()
        self.total += (value - self.last) % 32767
        self.last = value
        return self.total

    def batch(self):
        """Print what has come since the last one."""
        while self.tail != self.head:
            what = self.what[self.tail]
            print("e", self.ticks[self.tail], what >> 1, what & 1)
            self.tail = (self.tail + 1) % _SLOTS
        before = self.rises()
        now_us, now_ms = time.ticks_us(), time.ticks_ms()
        dark = not self.upper.value() ^ (1 if self.low else 0)
        # Only in the dark, with nothing waiting, do count and edges speak of the same light.
        steady = dark and self.tail == self.head and self.rises() == before
        print("t", now_us, now_ms, before if steady else -1, self.lost)


def capture(upper, upper_low, lower, lower_low, seconds):
    """Print edges for so many seconds; 0: until Ctrl-C."""
    print("period", time.ticks_add(0, -1) + 1)
    print("t", time.ticks_us(), time.ticks_ms(), -1, 0)
    captured = _Capture(upper, upper_low, lower, lower_low)
    batches = 0
    while not seconds or batches * _BATCH_MS < seconds * 1000:
        time.sleep_ms(_BATCH_MS)
        captured.batch()
        batches += 1
        if batches % 25 == 0:
            _feed()


def _feed():
    """Put the application's watchdog off."""
    try:
        import machine

        machine.WDT(timeout=600000).feed()
    except (ImportError, AttributeError, ValueError):
        pass
