"""The photodiode over the lower LED: its level, and how often it changed."""

from machine import Pin


class LedSense:
    """Level of a slow light, with a count of edges that tells lamp flicker from it.

    Args:
        pin: GPIO number.
        active_low: the comparator's output is low when lit.
    """

    def __init__(self, pin, active_low):
        self._pin = Pin(pin, Pin.IN)
        self._inverted = 1 if active_low else 0
        self._edges = 0
        self._callback = self._edge

    def start(self):
        """Begin to count edges."""
        self._pin.irq(self._callback, Pin.IRQ_RISING | Pin.IRQ_FALLING)

    def lit(self):
        """Return True when the photodiode sees light now."""
        return bool(self._pin.value() ^ self._inverted)

    def edges(self):
        """Return the edges since the last call."""
        edges = self._edges
        self._edges = 0
        return edges

    def _edge(self, _):
        self._edges += 1
