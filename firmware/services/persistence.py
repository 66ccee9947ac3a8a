"""Keep the register and the events through resets and power cuts.

Failure model: power may go at any instant. Then at most the pulses since the last save are
lost. A reset that keeps RTC memory loses none. A store that fails is reported, and the
others go on.
"""

import asyncio
import time

from core import event_log, register_record
from core.journal import Journal

LOOK_MS = 100


class Persistence:
    """Loads at boot, saves when something changed.

    Writing flash blocks the interrupt callbacks for tens of ms. So a save is made right
    after a pulse, when the next is furthest away, as soon as the last save is old enough;
    only where no further pulse comes it is made without one.

    Args:
        register: ``core.energy.Register``.
        events: ``core.event_log.EventLog``.
        durable: stores that outlive a power cut.
        quick: stores that outlive a reset.
        save_s: longest time from a pulse to its save.
    """

    def __init__(self, register, events, durable, quick, save_s):
        self._register = register
        self._durable = durable
        self._events = events
        self._save_ms = save_s * 1000
        self._spacing_ms = save_s * 800
        self.register_journal = Journal("register", register_record.KIND, durable, quick)
        self.event_journal = Journal("events", event_log.KIND, durable)
        self._saved_ms = time.ticks_ms()
        self._unsaved_ms = None
        self._event_waits = False
        self._memory_error = None
        self._due = False
        self.problems = []

    def load(self):
        """Restore register and events; return True when a register was found."""
        found = False
        payload = self.register_journal.load()
        if payload is not None:
            try:
                register_record.unpack_into(self._register, payload)
                found = True
            except ValueError as error:
                # Whole, yet not understood: another version's. The next save would bury it.
                self.problems.append("{}; kept as register_old".format(error))
                Journal("register_old", register_record.KIND, self._durable).save(payload)
        payload = self.event_journal.load()
        if payload is not None:
            try:
                self._events.unpack(payload)
            except ValueError as error:
                self.problems.append(str(error))
        return found

    def pulsed(self):
        """Take note that the register moved: into RTC memory at once, to flash when due."""
        self.register_journal.checkpoint(register_record.pack(self._register))
        now_ms = time.ticks_ms()
        if self._unsaved_ms is None:
            self._unsaved_ms = now_ms
        if time.ticks_diff(now_ms, self._saved_ms) >= self._spacing_ms:
            self._due = True

    def save(self):
        """Write the register to every store now."""
        saved = self.register_journal.save(register_record.pack(self._register))
        self._saved_ms = time.ticks_ms()
        # A save that failed everywhere is tried again after the usual time.
        self._unsaved_ms = None if saved else self._saved_ms

    def urge(self):
        """Have events saved, and the register with them, at the next look."""
        self._event_waits = True
        self._due = True

    def saves(self):
        """Return completed saves of the register since boot."""
        return self.register_journal.saves

    def errors(self):
        """Return one line per store that failed last time, and per record not understood."""
        lines = list(self.problems)
        if self._memory_error:
            lines.append("memory: {}".format(self._memory_error))
        for journal in (self.register_journal, self.event_journal):
            for store, error in journal.errors.items():
                lines.append("{}: {}".format(store, error))
        return lines

    async def run(self):
        """Save for ever."""
        while True:
            await asyncio.sleep_ms(LOOK_MS)
            self.look()

    def look(self):
        """Save what is due."""
        due = self._due or self._overdue()
        self._due = False
        if self._event_waits:
            self._attempt(self._save_events)
        if due:
            self._attempt(self.save)

    def _save_events(self):
        self.event_journal.save(self._events.pack())
        self._event_waits = False

    def _attempt(self, save):
        try:
            save()
            self._memory_error = None
        except MemoryError as error:
            # It stays due, and is tried again at the next look: a service that ends is
            # started again after a pause in which nothing would be saved.
            self._memory_error = error

    def _overdue(self):
        waiting = self._unsaved_ms
        if waiting is None:
            return False
        return time.ticks_diff(time.ticks_ms(), waiting) >= self._save_ms - LOOK_MS
