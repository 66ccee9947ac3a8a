"""Set the clock from NTP; until then everything runs without one."""

import asyncio

_FIRST_TRY_MS = 3000
_RETRY_MS = 60000
_AGAIN_MS = 6 * 3600 * 1000


class TimeSync:
    """Asks for the time after start and every six hours.

    Args:
        set_clock: function of a server name that sets the clock; raises OSError.
        connected: function that tells whether there is a network.
        server: NTP server.
        quiet: coroutine function that waits for a quiet moment; the lookup blocks.
        on_set: called after the clock was set.
    """

    def __init__(self, set_clock, connected, server, quiet, on_set):
        self._set_clock = set_clock
        self._connected = connected
        self._server = server
        self._quiet = quiet
        self._on_set = on_set
        self.error = None

    async def run(self):
        """Keep the clock set for ever."""
        wait_ms = _FIRST_TRY_MS
        while True:
            await asyncio.sleep_ms(wait_ms)
            wait_ms = _FIRST_TRY_MS
            if not self._connected():
                continue
            await self._quiet(2000)
            try:
                self._set_clock(self._server)
                self.error = None
                wait_ms = _AGAIN_MS
            except OSError as error:
                self.error = "time.server {}: {}".format(self._server, error)
                wait_ms = _RETRY_MS
                continue
            self._on_set()
