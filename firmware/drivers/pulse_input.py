"""The photodiode over the upper LED: every edge into the ring, from the interrupt."""

import time

from machine import Pin


class PulseInput:
    """Timestamp and level of every edge, and nothing else.

    The callback is soft (there is no other on this port): it may run late, and is lost
    when eight callbacks wait already. It allocates nothing.

    Args:
        pin: GPIO number.
        active_low: the comparator's output is low when lit.
        ring: the ``EdgeRing`` to fill.
    """

    def __init__(self, pin, active_low, ring):
        self._pin = Pin(pin, Pin.IN)
        self._inverted = 1 if active_low else 0
        # Bound once: looking a method up in the callback would allocate.
        self._push = ring.push
        self._ticks_us = time.ticks_us
        self._value = self._pin.value
        self._callback = self._edge

    def start(self):
        """Begin to take edges."""
        self._pin.irq(self._callback, Pin.IRQ_RISING | Pin.IRQ_FALLING)

    def lit(self):
        """Return 1 when the photodiode sees light now."""
        return self._value() ^ self._inverted

    def _edge(self, _):
        self._push(self._ticks_us(), self._value() ^ self._inverted)
