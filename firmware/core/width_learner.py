"""Learn how long this meter's LED is lit, and propose the limits between which a flash is a pulse.

Pulse widths differ between meters from 2 to 100 ms, and the limits that are configured may be
wrong for this one. So every flash is looked at, whatever the filter said of it.
"""

WANTED = 20

IDLE = "idle"
LEARNING = "learning"
READY = "ready"
UNSTEADY = "unsteady"

_SHORTEST_US = 1500
_LONGEST_US = 1000000
# Lamps on 50 and 60 Hz mains; a meter's pulses are further apart.
_FLICKER_US = (7000, 12000)
# So many of a hundred flashes must have about the same width.
_AGREEING_PERCENT = 80


class WidthLearner:
    """Collects flashes, then proposes.

    Args:
        wanted: how many flashes to learn from.

    Attributes:
        state: ``idle``, ``learning``, ``ready`` or ``unsteady``.
        width_us: the typical lit time when ready, else None.
        width_min_ms, width_max_ms: the proposal when ready, else None.
    """

    def __init__(self, wanted=WANTED):
        self.wanted = wanted
        self._widths = []
        self._last_us = None
        self._clear(IDLE)

    def start(self):
        """Begin anew."""
        self._widths = []
        self._last_us = None
        self._clear(LEARNING)

    def add(self, start_us, width_us):
        """Take a flash by its start and lit time in us."""
        last_us = self._last_us
        self._last_us = start_us
        if self.state != LEARNING or not _SHORTEST_US <= width_us <= _LONGEST_US:
            return
        if last_us is not None and _FLICKER_US[0] <= start_us - last_us <= _FLICKER_US[1]:
            return
        self._widths.append(width_us)
        if len(self._widths) >= self.wanted:
            self._conclude()

    def report(self):
        """Return state, progress and proposal as a JSON-ready dict."""
        return {
            "state": self.state,
            "pulses": len(self._widths),
            "wanted": self.wanted,
            "width_us": self.width_us,
            "width_min_ms": self.width_min_ms,
            "width_max_ms": self.width_max_ms,
        }

    def _clear(self, state):
        self.state = state
        self.width_us = None
        self.width_min_ms = None
        self.width_max_ms = None

    def _conclude(self):
        widths = sorted(self._widths)
        typical_us = widths[len(widths) // 2]
        # Bounce can make a flash of 2 ms twice as long.
        near = [width for width in widths if typical_us <= 2 * width <= 4 * typical_us]
        if 100 * len(near) < _AGREEING_PERCENT * len(widths):
            self._clear(UNSTEADY)
            return
        self.state = READY
        self.width_us = typical_us
        # The comparator's threshold wanders with the light, and late callbacks stretch.
        self.width_min_ms = max(1, typical_us // 2000)
        self.width_max_ms = min(2000, (5 * typical_us // 2 + 10000) // 1000)
