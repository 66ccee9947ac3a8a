"""The last 64 events: what changed, when in UTC, after how long, at which reading."""

import struct

KIND = 2
CAPACITY = 64
_FORMAT = "<IHIBBIQ"
_SIZE = struct.calcsize(_FORMAT)

BOOT = "boot"
SUPPLY = "supply"
FAULT = "fault"
REGISTER_SET = "register_set"
CONFIG = "config"
UPDATE = "update"
RECONNECT = "reconnect"
NAMES = (BOOT, SUPPLY, FAULT, REGISTER_SET, CONFIG, UPDATE, RECONNECT)
# Values of a boot event; a brown-out cannot be told from a power-on.
RESET_CAUSES = ("unknown", "power_on", "hard", "watchdog", "deepsleep", "soft")
# Values of an update event: what became of the version that was on probation.
UPDATES = ("confirmed", "rolled_back")

CLOCK_NOT_SET = "clock not set"


class EventLog:
    """Ring of events, oldest first.

    An event made before the clock was set gets its UTC once it is, as long as the reader
    has not been restarted in between.

    Args:
        boot: number of this start, 0...65535, told apart from earlier ones by it.
    """

    def __init__(self, boot=0):
        self._events = []
        self.boot = boot

    def __len__(self):
        return len(self._events)

    def add(self, kind, value, utc_s, uptime_s, duration_s, reading_wh):
        """Append an event and drop the oldest beyond 64.

        Args:
            kind: one of ``NAMES``.
            value: what it came to, 0...255; the kind gives the meaning.
            utc_s: seconds since 1970, or None where the clock is not set.
            uptime_s: seconds since boot.
            duration_s: how long the state before had lasted.
            reading_wh: the register's reading.
        """
        event = (
            utc_s or 0,
            self.boot & 0xFFFF,
            uptime_s & 0xFFFFFFFF,
            NAMES.index(kind),
            value,
            min(duration_s, 0xFFFFFFFF),
            reading_wh,
        )
        self._events.append(event)
        if len(self._events) > CAPACITY:
            self._events.pop(0)

    def date(self, utc_s, uptime_s):
        """Give this boot's undated events their UTC; return how many got one."""
        dated = 0
        for i, event in enumerate(self._events):
            # Later than now is no event of this start, whatever its number says.
            if not event[0] and event[1] == self.boot & 0xFFFF and event[2] <= uptime_s:
                self._events[i] = (utc_s - (uptime_s - event[2]),) + event[1:]
                dated += 1
        return dated

    def events(self):
        """Yield events as dicts, oldest first."""
        for utc_s, boot, uptime_s, kind, value, duration_s, reading_wh in self._events:
            yield {
                "kind": NAMES[kind],
                "value": value,
                "utc_s": utc_s or None,
                "boot": boot,
                "uptime_s": uptime_s,
                "duration_s": duration_s,
                "reading_wh": reading_wh,
            }

    def pack(self):
        """Return the log as journal payload."""
        return struct.pack("<H", self.boot & 0xFFFF) + b"".join(
            [struct.pack(_FORMAT, *event) for event in self._events]
        )

    def unpack(self, payload):
        """Replace the log by a payload's, and count this boot up from the stored one.

        Raises:
            ValueError: not a whole number of events, or an unknown kind; nothing changed.
        """
        if len(payload) < 2 or (len(payload) - 2) % _SIZE:
            raise ValueError("event log: {} bytes".format(len(payload)))
        events = []
        for i in range(2, len(payload), _SIZE):
            event = struct.unpack(_FORMAT, payload[i : i + _SIZE])
            if event[3] >= len(NAMES):
                raise ValueError("event log: unknown kind {}".format(event[3]))
            events.append(event)
        self._events = events[-CAPACITY:]
        self.boot = (struct.unpack("<H", payload[:2])[0] + 1) & 0xFFFF
