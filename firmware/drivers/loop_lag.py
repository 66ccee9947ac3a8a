"""Find the times in which the interpreter was blocked, and flag the edges taken then.

The event loop is either waiting for work or working. While it waits, callbacks run at
once; only while it works can C code (flash, DNS, TLS, garbage collection) hold them back.
So the loop's own waiting is timed, and whatever was stored in the ring during a long bout
of work, or a wait that came back late, is flagged as late.
"""

import time
from asyncio import core  # type: ignore[attr-defined]  # MicroPython's own

# Shorter bouts cannot distort a pulse beyond what the width limits take.
_LATE_US = 3000


class LoopLag:
    """Flags late edges in a ring.

    Args:
        ring: the ``EdgeRing``.

    Attributes:
        longest_us: longest bout of work since the last ``take_longest_us``.
    """

    def __init__(self, ring):
        self._ring = ring
        self._queue = core._io_queue
        self._wait = type(self._queue).wait_io_event
        self._awake_us = time.ticks_us()
        self._since = ring.head()
        self.longest_us = 0

    def start(self):
        """Time the waits of the event loop that is running now."""
        queue = core._io_queue
        # The class's own: what stands in the object may be this one, from an earlier run.
        self._wait = type(queue).wait_io_event
        self._queue = queue
        queue.wait_io_event = self._timed_wait
        self._awake_us = time.ticks_us()
        self._since = self._ring.head()

    def mark(self):
        """Flag the edges of the present bout of work if it has been long.

        To be called before the ring is drained: the flag must be there when it is read.
        """
        worked_us = time.ticks_diff(time.ticks_us(), self._awake_us)
        if worked_us > self.longest_us:
            self.longest_us = worked_us
        if worked_us > _LATE_US:
            self._ring.mark_late(self._since)

    def take_longest_us(self):
        """Return the longest bout in us since the last call."""
        longest_us = self.longest_us
        self.longest_us = 0
        return longest_us

    def _timed_wait(self, timeout_ms):
        self.mark()
        since = self._ring.head()
        begin_us = time.ticks_us()
        self._wait(self._queue, timeout_ms)
        self._awake_us = time.ticks_us()
        if timeout_ms >= 0:
            over_us = time.ticks_diff(self._awake_us, begin_us) - timeout_ms * 1000
            if over_us > _LATE_US:
                self._ring.mark_late(since)
        self._since = self._ring.head()
