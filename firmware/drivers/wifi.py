"""The Wi-Fi station."""

import network


class Wifi:
    """Joins one network.

    Args:
        hostname: name on the network.
    """

    def __init__(self, hostname):
        network.hostname(hostname)
        self._station = network.WLAN(network.STA_IF)

    def join(self, ssid, password):
        """Begin to connect; ``connected`` tells when it has. Raises OSError."""
        self._station.active(True)
        self._station.connect(ssid, password)

    def connected(self):
        """Return True with an address on the network."""
        return self._station.isconnected()

    def rssi_dbm(self):
        """Return the signal strength in dBm, or None when not connected."""
        if not self.connected():
            return None
        try:
            return self._station.status("rssi")
        except (OSError, ValueError):
            return None
