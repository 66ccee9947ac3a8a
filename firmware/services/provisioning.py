"""Set-up: an access point with a captive portal, at first boot or when someone asks for it.

Failure model: while it is open, whoever is near can change everything, as someone with a
screwdriver could. So it opens only on a reader that knows no network, on a long press of
its button, or at its owner's command, and closes by itself.
"""

import asyncio
import time

from services import on_demand

DNS_PORT = 53
OPEN_S = 900
_LONG_PRESS_MS = 3000
_LOOK_MS = 100


class Provisioning:
    """Opens and closes set-up.

    Args:
        wifi: the driver.
        ssid: name of the access point.
        configured: whether a network is configured; without one it stays open.
        pressed: function that tells whether the button is held.
        dns_port: where the captive portal's name server listens.

    Attributes:
        address: one's own address in the access point's network, or None.
        error: what does not work, or None.
    """

    def __init__(self, wifi, ssid, configured, pressed, dns_port=DNS_PORT):
        self._wifi = wifi
        self.ssid = ssid
        self.configured = configured
        self._pressed = pressed
        self._dns_port = dns_port
        self._wanted = not configured
        self._since_ms = time.ticks_ms()
        self._held_ms = None
        self.address = None
        self.error = None

    def is_open(self):
        """Return whether the access point is open."""
        return self.address is not None

    def open(self):
        """Ask for set-up to be opened, for 15 min."""
        self._wanted = True
        self._since_ms = time.ticks_ms()

    def close(self):
        """Ask for it to be closed; a reader without a network keeps it open."""
        self._wanted = not self.configured

    def scan(self):
        """Return the networks in reach, see ``drivers.wifi``."""
        return self._wifi.scan()

    def body(self):
        """Return what the status says of set-up."""
        return {
            "open": self.is_open(),
            "ssid": self.ssid,
            "address": self.address,
            "error": self.error,
        }

    async def run(self):
        """Watch the button, and serve set-up while it is open, for ever."""
        while True:
            self._watch_button()
            if self._wanted:
                try:
                    await self._serve()
                finally:
                    self.address = None
                    self._wifi.close_access_point()
            await asyncio.sleep_ms(_LOOK_MS)

    async def _serve(self):
        """Keep it open while it is wanted."""
        self.address = self._wifi.open_access_point(self.ssid)
        portal = on_demand.need("services.portal")
        server = None
        try:
            server = portal.listening(self._dns_port)
            self.error = None
        except OSError as error:
            # Without it phones do not find the page by themselves; its address still works.
            self.error = "dns: port {}: {}".format(self._dns_port, error)
        address = bytes([int(part) for part in self.address.split(".")])
        try:
            while self._wanted:
                if server:
                    portal.answer(server, address)
                self._watch_button()
                if time.ticks_diff(time.ticks_ms(), self._since_ms) > OPEN_S * 1000:
                    self.close()
                await asyncio.sleep_ms(_LOOK_MS)
        finally:
            if server:
                server.close()

    def _watch_button(self):
        now_ms = time.ticks_ms()
        if not self._pressed():
            self._held_ms = None
        elif self._held_ms is None:
            self._held_ms = now_ms
        elif time.ticks_diff(now_ms, self._held_ms) >= _LONG_PRESS_MS:
            self._held_ms = now_ms
            self.open()
