"""Stay on the Wi-Fi network; nothing else waits for it."""

import asyncio

_LOOK_MS = 2000
_RETRY_MIN_MS = 10000
_RETRY_MAX_MS = 120000


class Connection:
    """Joins, and joins again with growing patience.

    Args:
        wifi: the driver.
        ssid, password: the network; an empty ssid keeps the radio off.
    """

    def __init__(self, wifi, ssid, password):
        self._wifi = wifi
        self._ssid = ssid
        self._password = password
        self.error = None

    async def run(self):
        """Keep the connection up for ever."""
        if not self._ssid:
            return
        retry_ms = _RETRY_MIN_MS
        while True:
            if self._wifi.connected():
                self.error = None
                retry_ms = _RETRY_MIN_MS
                await asyncio.sleep_ms(_LOOK_MS)
                continue
            try:
                self._wifi.join(self._ssid, self._password)
            except OSError as error:
                self.error = str(error)
            for _ in range(retry_ms // _LOOK_MS):
                await asyncio.sleep_ms(_LOOK_MS)
                if self._wifi.connected():
                    break
            retry_ms = min(retry_ms * 2, _RETRY_MAX_MS)
