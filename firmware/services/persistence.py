"""Keep the register and the events through resets and power cuts.

Failure model: power may go at any instant. Then at most the pulses since the last save are
lost. A reset that keeps RTC memory loses none. A store that fails is reported, and the
others go on.
"""

import asyncio

from core import event_log, register_record
from core.journal import Journal

# Time within the save period left for a quiet moment between two pulses to come.
_QUIET_MS = 2000


class Persistence:
    """Loads at boot, saves when something changed.

    Args:
        register: ``core.energy.Register``.
        events: ``core.event_log.EventLog``.
        durable: stores that outlive a power cut.
        quick: stores that outlive a reset.
        save_s: longest time between a pulse and its save.
        quiet: coroutine function of a time-out in ms that waits for a quiet moment.
    """

    def __init__(self, register, events, durable, quick, save_s, quiet):
        self._register = register
        self._events = events
        self._save_ms = save_s * 1000
        self._quiet = quiet
        self.register_journal = Journal("register", register_record.KIND, durable, quick)
        self.event_journal = Journal("events", event_log.KIND, durable)
        self._saved = None
        self._urgent = asyncio.Event()
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
                self.problems.append(str(error))
        payload = self.event_journal.load()
        if payload is not None:
            try:
                self._events.unpack(payload)
            except ValueError as error:
                self.problems.append(str(error))
        if found:
            self._saved = self._register.total
        return found

    def checkpoint(self):
        """Put the register into RTC memory; cheap enough for every beat with a pulse."""
        self.register_journal.checkpoint(register_record.pack(self._register))

    def save(self):
        """Write the register to every store now."""
        total = self._register.total
        if self.register_journal.save(register_record.pack(self._register)):
            self._saved = total

    def save_events(self):
        """Write events and register to every store now."""
        self.event_journal.save(self._events.pack())
        self.save()

    def urge(self):
        """Have an event saved as soon as the loop comes to it."""
        self._urgent.set()

    def saves(self):
        """Return completed saves of the register since boot."""
        return self.register_journal.saves

    def errors(self):
        """Return one line per store that failed last time, and per record not understood."""
        lines = list(self.problems)
        for journal in (self.register_journal, self.event_journal):
            for store, error in journal.errors.items():
                lines.append("{}: {}".format(store, error))
        return lines

    async def run(self):
        """Save for ever."""
        while True:
            try:
                await asyncio.wait_for_ms(
                    self._urgent.wait(), max(self._save_ms - _QUIET_MS, self._save_ms // 2)
                )
                self._urgent.clear()
                self.save_events()
            except asyncio.TimeoutError:
                if self._register.total != self._saved:
                    await self._quiet(min(_QUIET_MS, self._save_ms // 2))
                    self.save()
