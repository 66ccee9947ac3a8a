"""Turn what happens into dated events."""

from core import event_log
from core.supply import FAULTS, HINTS, STATES, UNKNOWN


class Logbook:
    """Writes events and has them saved.

    Args:
        events: ``core.event_log.EventLog``.
        register: ``core.energy.Register``.
        supply: ``core.supply.Supply``.
        uptime_s: function that returns seconds since boot.
        utc_s: function that returns seconds since 1970, or None.
        urge: called after an event to have it saved soon.
    """

    def __init__(self, events, register, supply, uptime_s, utc_s, urge):
        self._events = events
        self._register = register
        self._supply = supply
        self._uptime_s = uptime_s
        self._utc_s = utc_s
        self._urge = urge

    def write(self, kind, value=0, duration_s=0):
        """Append an event that happens now."""
        self._events.add(
            kind,
            value,
            self._utc_s(),
            self._uptime_s(),
            duration_s,
            self._register.reading_wh(),
        )
        self._urge()

    def supply_changed(self, state, fault, reconnect, lasted_s):
        """Log a change of supply; the arguments are what was before."""
        if self._supply.state != state:
            self.write(event_log.SUPPLY, STATES.index(self._supply.state), lasted_s)
        if self._supply.fault != fault:
            self.write(event_log.FAULT, FAULTS.index(self._supply.fault or FAULTS[0]))
        hint = self._supply.reconnect
        # Not known any more is what every closing says already.
        if hint not in (reconnect, UNKNOWN):
            self.write(event_log.RECONNECT, HINTS.index(hint), lasted_s)

    def clock_set(self):
        """Date the events that were made before the clock was set."""
        if self._events.date(self._utc_s(), self._uptime_s()):
            self._urge()
