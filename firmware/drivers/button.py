"""The board's BOOT button."""

from machine import Pin


class Button:
    """A push button to ground.

    Args:
        pin: GPIO number; 0 is the BOOT button.
    """

    def __init__(self, pin):
        self._pin = Pin(pin, Pin.IN, Pin.PULL_UP)

    def pressed(self):
        """Return True while it is held down."""
        return not self._pin.value()
