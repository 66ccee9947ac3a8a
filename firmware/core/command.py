"""Commands from outside: text in, one line of an answer out, nothing changed on bad input."""

from core.energy import format_kwh, parse_kwh
from core.entity import APPLY_LOWER, PRESS

PAYLOAD_MAX = 32
_NAMES = ("reading", "apply", APPLY_LOWER)


class Commands:
    """Setting the register takes two steps, so that a slip of the finger sets nothing.

    Args:
        set_reading: function of a reading in kWh, and of whether it may be below the
            register's, that sets the register; raises ValueError.

    Attributes:
        reading: the reading that ``apply`` will set, or None.
    """

    def __init__(self, set_reading):
        self._set_reading = set_reading
        self.reading = None

    def run(self, name, payload):
        """Obey a command and return one line on what came of it.

        Args:
            name: ``reading``, with a reading in kWh, then ``apply``, with ``PRESS``; or
                ``apply_lower`` for one below the register's.
            payload: bytes as received.
        """
        if name not in _NAMES:
            return "error: no such command; accepted: " + ", ".join(_NAMES)
        if len(payload) > PAYLOAD_MAX:
            return self.oversized(name, len(payload))
        try:
            text = str(payload, "utf-8")
            return self._reading(text) if name == "reading" else self._apply(name, text)
        except UnicodeError:
            return "error: {}: not text in UTF-8".format(name)
        except ValueError as error:
            return "error: {}".format(error)

    def oversized(self, name, length):
        """Return the line that refuses a payload of ``length`` bytes."""
        return "error: {}: {} bytes; accepted: up to {}".format(name, length, PAYLOAD_MAX)

    def _reading(self, text):
        self.reading = format_kwh(parse_kwh(text.strip()))
        return "ok: {} kWh is set when applied".format(self.reading)

    def _apply(self, name, text):
        if text != PRESS:
            raise ValueError("{}: {!r}; accepted: {}".format(name, text[:20], PRESS))
        if self.reading is None:
            raise ValueError("{}: no reading was given; accepted: after a reading".format(name))
        self._set_reading(self.reading, name == APPLY_LOWER)
        reading, self.reading = self.reading, None
        return "ok: the register is set to {} kWh".format(reading)
