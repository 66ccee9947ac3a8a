"""Which states are due to be published: on change, and never a flood.

Home Assistant keeps every state change in its database. So power counts as changed only beyond
a deadband and at most once a second, energy at most every few seconds, and what merely helps
to find faults once a minute.
"""

from core import entity

POWER_MS = 1000
SLOW_MS = 60000


class Pacing:
    """Remembers what was published when.

    Args:
        deadband_w: a change of power below this many W waits until a minute has passed.
        energy_s: least time between two readings, s.
    """

    def __init__(self, deadband_w, energy_s):
        self._deadband_w = deadband_w
        self._energy_ms = energy_s * 1000
        self._sent = {}

    def forget(self):
        """Have everything published anew, as after a restart of the broker."""
        self._sent = {}

    def due(self, status):
        """Yield (entity, text) of each state to be published now.

        Args:
            status: the status, or the part of it that is to be looked at; ``uptime_ms`` is
                the time.
        """
        now_ms = status["uptime_ms"]
        for row in entity.ENTITIES:
            if entity.present(row, status):
                text = entity.text(row, status)
                if self._is_due(row, text, now_ms):
                    yield row, text

    def published(self, row, text, now_ms):
        """Note that a state has arrived."""
        self._sent[row[0]] = (text, now_ms)

    def _is_due(self, row, text, now_ms):
        before = self._sent.get(row[0])
        if before is None:
            return True
        if before[0] == text:
            return False
        waited_ms = now_ms - before[1]
        pace = row[2]
        if pace == entity.AT_ONCE:
            return True
        if pace == entity.ENERGY:
            return waited_ms >= self._energy_ms
        if pace == entity.SLOW or waited_ms >= SLOW_MS:
            return waited_ms >= SLOW_MS
        return waited_ms >= POWER_MS and self._moved(before[0], text)

    def _moved(self, before, text):
        # From and to "unknown" and zero there is always something to tell.
        if entity.UNKNOWN_TEXT in (before, text) or text == "0":
            return True
        return abs(float(text) - float(before)) >= self._deadband_w
