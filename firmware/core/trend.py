"""The power of the last two hours, as the page's chart draws it: means of 30 s in a ring."""

from array import array

SLOT_S = 30
SLOTS = 240
# What a slot holds while nothing is known.
_UNKNOWN = 0xFFFFFFFF


class Trend:
    """Means of equal slots of time, oldest first; integers only, 960 bytes.

    Args:
        slots: how many to keep.
        slot_s: length of one in s.
    """

    def __init__(self, slots=SLOTS, slot_s=SLOT_S):
        self.slot_s = slot_s
        self._ring = array("I", [_UNKNOWN] * slots)
        self._slot = None
        self._first = None
        self._sum_w = 0
        self._samples = 0

    def sample(self, now_s, power_mw):
        """Take the power at monotonic ``now_s``, in mW or None where it is unknown.

        Slots that got no sample at all read as unknown.
        """
        slot = now_s // self.slot_s
        if self._slot is None:
            self._slot = self._first = slot
        elif slot > self._slot:
            self._close(self._slot, slot)
        if power_mw is not None:
            self._sum_w += (power_mw + 500) // 1000
            self._samples += 1

    def power_w(self):
        """Return the closed slots' means in W since the start, None where unknown."""
        if self._slot is None:
            return []
        slots = len(self._ring)
        first = max(self._first, self._slot - slots)
        means = [self._ring[slot % slots] for slot in range(first, self._slot)]
        return [None if mean == _UNKNOWN else mean for mean in means]

    def age_s(self, now_s):
        """Return how long ago the last closed slot ended, in s."""
        return 0 if self._slot is None else now_s - self._slot * self.slot_s

    def _close(self, closed, slot):
        slots = len(self._ring)
        mean_w = self._sum_w // self._samples if self._samples else _UNKNOWN
        self._ring[closed % slots] = mean_w
        for empty in range(max(closed + 1, slot - slots), slot):
            self._ring[empty % slots] = _UNKNOWN
        self._slot = slot
        self._sum_w = 0
        self._samples = 0
