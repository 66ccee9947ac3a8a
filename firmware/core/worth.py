"""What pulses are worth: at the meter constant in force when each of them was counted.

A constant corrected later, or another meter, must not restate what is past. All totals are
those of the register, in pulses of the reader's life.
"""

from core.energy import TOTAL_MAX
from core.journal import pack_all, unpack_all

KIND = 7
_CHANGES_MAX = 16


class Worth:
    """Knows from which total on which meter constant was in force."""

    def __init__(self):
        self._changes = []

    def change(self, total, imp_per_kwh):
        """Note the constant in force from ``total`` on; return False if it was before."""
        if not self._changes:
            # As far as anybody knows it has always been.
            total = 0
        elif self._changes[-1][1] == imp_per_kwh:
            return False
        self._changes = self._changes[-_CHANGES_MAX:] + [(total, imp_per_kwh)]
        return True

    def of(self, total, pulses, per_kwh):
        """Return what pulses are worth, as whole units.

        As a difference of truncated readings, so that any sum of it is exact to one unit.

        Args:
            total: the register's pulses at their end.
            pulses: how many, up to ``total``.
            per_kwh: the unit: 1000 for Wh, 3600000 for Ws, a constant for its pulses.
        """
        return self._reading(total, per_kwh) - self._reading(total - pulses, per_kwh)

    def _reading(self, total, per_kwh):
        reading = 0
        begin, imp = 0, self._changes[0][1]
        for changed, next_imp in self._changes[1:]:
            if changed >= total:
                break
            reading += (changed - begin) * per_kwh // imp
            begin, imp = changed, next_imp
        return reading + (total - begin) * per_kwh // imp

    def pack(self):
        """Return all as journal payload."""
        return pack_all("<QI", self._changes)

    def unpack(self, payload):
        """Replace all by a payload's.

        Raises:
            ValueError: not whole rows, no constants, or totals out of order; nothing changed.
        """
        changes = unpack_all("<QI", payload)
        before = 0
        for total, imp_per_kwh in changes:
            if not before <= total <= TOTAL_MAX or not 1 <= imp_per_kwh <= 100000:
                raise ValueError("record of constants: values contradict each other")
            before = total
        self._changes = changes
