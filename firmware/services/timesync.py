"""Set the clock from NTP; until then everything runs without one.

Counting, power and the length of intervals go by monotonic ticks, which no setting of the
clock moves. The clock only names things. Comparing the two from synchronization to
synchronization tells how the board's crystal drifts.
"""

import asyncio

_FIRST_TRY_MS = 3000
_NEXT_SERVER_MS = 5000
_RETRY_MS = 60000
_AGAIN_MS = 6 * 3600 * 1000
# The clock counts whole seconds, so below this nothing can be said of drift.
_DRIFT_MIN_S = 6 * 3600
# No crystal is this bad: a server was wrong, now or before.
_DRIFT_MAX_PPM = 500


def servers(text):
    """Return the list of servers that a comma-separated text names."""
    return [name.strip() for name in text.split(",") if name.strip()]


class TimeSync:
    """Asks for the time after start and every six hours, one server after the other.

    Args:
        set_clock: function of a server name that sets the clock; raises OSError.
        connected: function that tells whether there is a network.
        server: NTP servers, separated by commas; the next is asked when one fails.
        quiet: coroutine function that waits for a quiet moment; the lookup blocks.
        on_set: called after the clock was set.
        utc_s: function that returns seconds since 1970, or None.
        uptime_s: function that returns monotonic seconds since boot.

    Attributes:
        error: of the last attempt, or None.
        syncs: since boot.
        step_s: by how much the last synchronization moved the clock, or None for the first.
        drift_ppm: how much faster UTC runs than the board's ticks, in parts per million,
            since the first synchronization; None until six hours lie between.
        server: that answered last.
    """

    def __init__(self, set_clock, connected, server, quiet, on_set, utc_s=None, uptime_s=None):
        self._set_clock = set_clock
        self._connected = connected
        self._servers = servers(server)
        self._quiet = quiet
        self._on_set = on_set
        self._utc_s = utc_s
        self._uptime_s = uptime_s
        self._next = 0
        self._first = None
        self._last_uptime_s = None
        self.error = None
        self.syncs = 0
        self.step_s = None
        self.drift_ppm = None
        self.server = None

    async def run(self):
        """Keep the clock set for ever."""
        wait_ms = _FIRST_TRY_MS
        while True:
            await asyncio.sleep_ms(wait_ms)
            wait_ms = _FIRST_TRY_MS
            if not self._connected():
                continue
            await self._quiet(2000)
            wait_ms = self._ask()

    def _ask(self):
        """Ask the next server; return how long to wait before asking again."""
        server = self._servers[self._next]
        before_s = self._utc_s() if self._utc_s else None
        asked_s = self._uptime_s() if self._uptime_s else 0
        try:
            self._set_clock(server)
        except OSError as error:
            self.error = "time.server {}: {}".format(server, error)
            self._next = (self._next + 1) % len(self._servers)
            # One after the other and not all at once: each lookup blocks for seconds.
            return _NEXT_SERVER_MS if self._next else _RETRY_MS
        self.error = None
        self.server = server
        self.syncs += 1
        if self._utc_s and self._uptime_s:
            self._note(before_s, asked_s, self._utc_s(), self._uptime_s())
        self._on_set()
        return _AGAIN_MS

    def _note(self, before_s, asked_s, utc_s, uptime_s):
        self._last_uptime_s = uptime_s
        if utc_s is None:
            self.error = "time.server {}: answered with a time before 2024".format(self.server)
            return
        self.step_s = None if before_s is None else utc_s - before_s - (uptime_s - asked_s)
        if self._first is None:
            self._first = utc_s, uptime_s
            return
        elapsed_s = uptime_s - self._first[1]
        if elapsed_s < _DRIFT_MIN_S:
            return
        drift_ppm = (utc_s - self._first[0] - elapsed_s) * 1000000 // elapsed_s
        if abs(drift_ppm) > _DRIFT_MAX_PPM:
            self._first = utc_s, uptime_s
            self.drift_ppm = None
        else:
            self.drift_ppm = drift_ppm

    def status(self):
        """Return what the status tells of the clock."""
        age_s = None
        if self._last_uptime_s is not None:
            age_s = self._uptime_s() - self._last_uptime_s
        return {
            "server": self.server,
            "syncs": self.syncs,
            "age_s": age_s,
            "step_s": self.step_s,
            "drift_ppm": self.drift_ppm,
            "error": self.error,
        }
