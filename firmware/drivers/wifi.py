"""Wi-Fi: a station in one network, and an access point for set-up."""

import network


class Wifi:
    """Joins one network.

    Args:
        hostname: name on the network.
    """

    def __init__(self, hostname):
        network.hostname(hostname)
        self._station = network.WLAN(network.STA_IF)
        self._access_point = network.WLAN(network.AP_IF)

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

    def scan(self):
        """Return [(name, rssi_dbm, secure), ...], strongest first; blocks for some seconds.

        Raises:
            OSError: the radio refuses, such as while it is connecting.
        """
        self._station.active(True)
        found = {}
        for entry in self._station.scan():
            try:
                ssid = entry[0].decode()
            except UnicodeError:
                continue
            if ssid and (ssid not in found or entry[3] > found[ssid][0]):
                found[ssid] = (entry[3], entry[4] != 0)
        names = sorted(found, key=lambda ssid: -found[ssid][0])
        return [(ssid, found[ssid][0], found[ssid][1]) for ssid in names]

    def open_access_point(self, ssid):
        """Open a network of one's own, without a passphrase, and return one's address in it."""
        self._access_point.active(True)
        self._access_point.config(ssid=ssid, security=0)
        return self._access_point.ifconfig()[0]

    def close_access_point(self):
        """Close it."""
        self._access_point.active(False)
