"""The hardware pulse counter: counts rises of light whatever the interpreter does."""

import esp32
from machine import Pin

# int16 counter that returns to 0 on reaching this; 22 min apart at 24 pulses a second.
_LIMIT = 32767
# The glitch filter's most: 1023 ticks of 80 MHz, 12.8 us (ESP32 Technical Reference Manual,
# chapter PCNT). It keeps line spikes out; it is no debounce.
_FILTER_TICKS = 1023


def available():
    """Return True where the chip has the counter (the C3 has none)."""
    return hasattr(esp32, "PCNT")


class PulseCount:
    """Rises of light since the start, as an integer that does not wrap.

    Args:
        pin: GPIO number.
        active_low: the comparator's output is low when lit.
        unit: PCNT unit, 0...7 on the ESP32.
    """

    def __init__(self, pin, active_low, unit=0):
        rises = {"falling" if active_low else "rising": esp32.PCNT.INCREMENT}
        # No lower limit: it never counts down, and newer ports refuse the 0 of older ones.
        self._unit = esp32.PCNT(
            unit, pin=Pin(pin, Pin.IN), filter=_FILTER_TICKS, max=_LIMIT, **rises
        )
        self._last = 0
        self._total = 0

    def start(self):
        """Begin to count from 0."""
        self._unit.init(value=0)
        self._last = 0
        self._total = 0
        self._unit.start()

    def total(self):
        """Return rises since ``start``; to be called at least every 32767 of them."""
        value = self._unit.value()
        self._total += (value - self._last) % _LIMIT
        self._last = value
        return self._total
