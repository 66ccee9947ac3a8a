"""Store and forward: every closed interval is delivered once it is acknowledged, in order.

The queue is the history on flash and a mark in it: the number of the next interval to be
delivered. An outage of Wi-Fi, broker or power only makes the mark stand still.

Failure model: whatever ``publish`` does (fails, hangs, raises), the interval is tried again
until it is acknowledged. After a power cut between acknowledgement and mark one interval is
sent a second time, with the same id. What the flash dropped before it could be delivered is
counted as lost.
"""

import asyncio
import json
import struct
import time

from core import history
from core.journal import Journal

KIND = 5
TOPIC = "interval"
_LOOK_MS = 1000
_ANSWER_LOOK_MS = 50
_RETRY_MIN_MS = 2000
_RETRY_MAX_MS = 60000
# Delivered within this time after its end an interval is not late.
_LATE_S = 120
# An interval without a date waits this long for the clock, then goes as it is.
_CLOCK_WAIT_S = 3600
# The file's copy of the mark is only needed when NVS is erased: it may lag behind.
_FILE_EVERY = 32


class Outbox:
    """Delivers the history through ``publish``.

    Args:
        history_: ``services.history.History``.
        publish: coroutine function of (topic suffix, payload bytes) that returns True when
            the other side has acknowledged.
        connected: function that tells whether it is worth trying.
        durable: slow durable stores for the mark.
        quick: fast durable stores for the mark, written at every delivery.
        utc_s: function that returns seconds since 1970, or None.
        uptime_s: function that returns seconds since boot.
        boot: number of this start.
        timeout_s: how long ``publish`` may take.
        pace_ms: pause between two deliveries of a backlog, which leaves the loop to others.

    Attributes:
        delivered: since boot.
        lost: dropped from flash before they could be delivered, since boot.
        error: of the last attempt, or None.
    """

    def __init__(
        self,
        history_,
        publish,
        connected,
        durable,
        quick,
        utc_s,
        uptime_s,
        timeout_s=30,
        pace_ms=200,
    ):
        self._history = history_
        self._publish = publish
        self._connected = connected
        self._journal = Journal("outbox", KIND, durable, quick)
        self._utc_s = utc_s
        self._uptime_s = uptime_s
        self._timeout_s = timeout_s
        self._pace_ms = pace_ms
        self._boot = 0
        self._next = 0
        self._unsaved = 0
        self.delivered = 0
        self.lost = 0
        self.error = None

    def restore(self, boot):
        """Continue from the mark; call it when the history is restored."""
        self._boot = boot & 0xFFFF
        payload = self._journal.load()
        if payload is not None and len(payload) == 4:
            self._next = struct.unpack("<I", payload)[0]
        # A mark beyond the history is that of a history that was erased.
        self._next = min(self._next, self._history.store.next_sequence())

    def waiting(self):
        """Return how many intervals on flash are not delivered yet."""
        store = self._history.store
        return store.next_sequence() - max(self._next, store.first_sequence())

    def status(self):
        """Return what the status tells of the queue."""
        return {
            "waiting": self.waiting(),
            "delivered": self.delivered,
            "lost": self.lost,
            "error": self.error,
        }

    async def run(self):
        """Deliver for ever."""
        retry_ms = _RETRY_MIN_MS
        while True:
            record = self._due() if self._connected() else None
            if record is None:
                await asyncio.sleep_ms(_LOOK_MS)
                continue
            if await self._deliver(record):
                retry_ms = _RETRY_MIN_MS
                await asyncio.sleep_ms(self._pace_ms)
            else:
                await asyncio.sleep_ms(retry_ms)
                retry_ms = min(retry_ms * 2, _RETRY_MAX_MS)

    def _due(self):
        """Return the record to be delivered now, or None."""
        store = self._history.store
        if self._next >= store.next_sequence():
            if self._unsaved:
                self._mark(True)
            return None
        first = store.first_sequence()
        if self._next < first:
            self.lost += first - self._next
            self._next = first
        record = store.after(self._next)
        if record is None:
            # Nothing legible is left of them.
            self.lost += store.next_sequence() - self._next
            self._next = store.next_sequence()
            return None
        if record.sequence > self._next:
            self.lost += record.sequence - self._next
            self._next = record.sequence
        return None if self._may_be_dated(record) else record

    def _may_be_dated(self, record):
        """Return True while it pays to wait for the clock, which would give a date."""
        if not record.flags & history.UNDATED or record.boot != self._boot:
            return False
        if self._history.dates.start_s(record) is not None:
            return False
        return self._uptime_s() - record.start - record.covered_s < _CLOCK_WAIT_S

    async def _deliver(self, record):
        start_s = self._history.dates.start_s(record)
        late = self._is_late(record, start_s)
        body = history.interval_json(record, start_s, self._history.worth, late)
        try:
            acknowledged = await self._acknowledged(json.dumps(body).encode())
        except MemoryError as error:
            acknowledged = False
            self.error = "memory: {}".format(error)
        if not acknowledged:
            return False
        self.delivered += 1
        self._next = record.sequence + 1
        self._unsaved += 1
        self._mark(self._unsaved >= _FILE_EVERY)
        return True

    async def _acknowledged(self, payload):
        # asyncio has a function for this, in a module that takes memory for good once it is used.
        answer = []
        task = asyncio.create_task(self._ask(payload, answer))
        asked_ms = time.ticks_ms()
        try:
            while not answer:
                await asyncio.sleep_ms(_ANSWER_LOOK_MS)
                if time.ticks_diff(time.ticks_ms(), asked_ms) >= self._timeout_s * 1000:
                    self.error = "no acknowledgement for {} s".format(self._timeout_s)
                    return False
        finally:
            task.cancel()
        self.error = None if answer[0] is True else answer[0] or "not acknowledged"
        return answer[0] is True

    async def _ask(self, payload, answer):
        """Publish; append whether that was acknowledged, or what went wrong."""
        try:
            answer.append(bool(await self._publish(TOPIC, payload)))
        except Exception as error:
            # Whatever the network made of it, the interval is still on flash.
            answer.append("{}: {}".format(type(error).__name__, error))

    def _is_late(self, record, start_s):
        utc_s = self._utc_s()
        if record.sequence + 1 < self._history.store.next_sequence():
            return True
        if start_s is None or utc_s is None:
            return False
        return utc_s - (start_s + history.QUARTER_S) > _LATE_S

    def _mark(self, everywhere):
        payload = struct.pack("<I", self._next)
        if everywhere:
            self._journal.save(payload)
            self._unsaved = 0
        else:
            self._journal.checkpoint(payload)
