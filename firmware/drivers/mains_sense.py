"""The optional mains-sense input of a reader that has a battery of its own."""

from machine import Pin


class MainsSense:
    """Whether mains is present.

    Args:
        pin: GPIO number, or None where nothing is connected.
        active_low: the input is low when mains is present.
    """

    def __init__(self, pin, active_low):
        self._pin = None if pin is None else Pin(pin, Pin.IN)
        self._inverted = 1 if active_low else 0

    def present(self):
        """Return True or False, or None where there is no input."""
        if self._pin is None:
            return None
        return bool(self._pin.value() ^ self._inverted)
