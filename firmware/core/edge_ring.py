"""Preallocated single-producer, single-consumer ring between interrupt and task.

The producer runs in an interrupt callback: it must not allocate, and must not wait. Two
parallel arrays hold the timestamp and the level, since packing both into one word would
leave the 31-bit small integers of a 32-bit port and so allocate.
"""

from array import array

_LIT = 1
_LATE = 2


class EdgeRing:
    """Ring of (ticks_us, lit, late) records.

    Args:
        capacity: number of slots, a power of two; one stays free to tell full from empty.

    Raises:
        ValueError: ``capacity`` is not a power of two of at least 2.
    """

    def __init__(self, capacity=256):
        if capacity < 2 or capacity & (capacity - 1):
            raise ValueError("capacity: {} is not a power of two >= 2".format(capacity))
        self._ticks = array("I", bytes(4 * capacity))
        self._flags = bytearray(capacity)
        self._mask = capacity - 1
        self._head = 0
        self._tail = 0
        self.overflow = 0
        self.ticks_us = 0
        self.lit = 0
        self.late = False

    def push(self, ticks_us, lit):
        """Store one edge; called from the interrupt, allocates nothing.

        A full ring drops the edge and counts it in ``overflow``: the hardware count covers
        the loss, a corrupted order of timestamps would not be covered by anything.
        """
        head = self._head
        following = (head + 1) & self._mask
        if following == self._tail:
            self.overflow += 1
            return
        self._ticks[head] = ticks_us
        self._flags[head] = lit
        self._head = following

    def pop(self):
        """Move the oldest edge into ``ticks_us``, ``lit`` and ``late``; False when empty."""
        tail = self._tail
        if tail == self._head:
            return False
        self.ticks_us = self._ticks[tail]
        flags = self._flags[tail]
        self.lit = flags & _LIT
        self.late = bool(flags & _LATE)
        self._tail = (tail + 1) & self._mask
        return True

    def head(self):
        """Return the position the next edge will take, for ``mark_late``."""
        return self._head

    def mark_late(self, since):
        """Flag the edges stored since position ``since`` as timestamped late.

        Called after the interpreter was blocked: their callbacks were queued meanwhile, so
        the timestamps tell when the block ended, not when the light changed.
        """
        head = self._head
        # Edges before the tail are gone; starting there keeps the walk inside the ring.
        if (head - since) & self._mask > (head - self._tail) & self._mask:
            since = self._tail
        while since != head:
            self._flags[since] |= _LATE
            since = (since + 1) & self._mask

    def __len__(self):
        return (self._head - self._tail) & self._mask
