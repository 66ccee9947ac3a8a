"""How long the light was on, measured in hardware: a clock's ticks counted while it is lit.

A second pulse counter counts a reference clock that the chip makes itself, and the
photodiode's pin holds that count while it is dark. So the lit time is known also of a time in
which the interpreter was blocked: it tells a pulse from spikes, which last no time.
"""

import time

import esp32
from machine import PWM, Pin

# 250 us a tick; the int16 counter then lasts for 8.2 s of light between two looks.
_CLOCK_HZ = 4000
_LIMIT = 32767
_LOOK_MAX_MS = 8000


class LitTime:
    """Ticks of a reference clock while the light was on.

    The clock has to reach the counter: the chip reads back the pin that it drives, and where
    a port cuts that off, no tick is ever counted, which the audit notices.

    Args:
        pin: GPIO number of the photodiode.
        active_low: the comparator's output is low when lit.
        clock_pin: GPIO number that the reference clock is put out on; nothing else is on it.
        unit: PCNT unit, another than that which counts the pulses.
    """

    def __init__(self, pin, active_low, clock_pin, unit=1):
        dark = {"mode_high" if active_low else "mode_low": esp32.PCNT.HOLD}
        self._clock = PWM(Pin(clock_pin), freq=_CLOCK_HZ, duty_u16=32768)
        self._unit = esp32.PCNT(
            unit,
            pin=Pin(clock_pin),
            rising=esp32.PCNT.INCREMENT,
            mode_pin=Pin(pin),
            max=_LIMIT,
            **dark,
        )
        self._last = 0
        self._ticks: int | None = 0
        self._look_ms = time.ticks_ms()

    def start(self):
        """Begin to count from 0."""
        self._unit.init(value=0)
        self._last = 0
        self._ticks = 0
        self._look_ms = time.ticks_ms()
        self._unit.start()

    def look(self):
        """Take what was counted since the last look; to be called at every beat."""
        now_ms = time.ticks_ms()
        value = self._unit.value()
        if time.ticks_diff(now_ms, self._look_ms) > _LOOK_MAX_MS:
            # The counter may have gone round unseen.
            self._ticks = None
        elif self._ticks is not None:
            self._ticks += (value - self._last) % _LIMIT
        self._last = value
        self._look_ms = now_ms

    def take(self):
        """Return the ticks since the last ``take``, or None where they are not known."""
        ticks = self._ticks
        self._ticks = 0
        return ticks
