"""``network``: a station that connects at once, to the one network there is.

That network can go away and come back; the port then joins it again by itself.

The access point cannot be joined from outside; what it serves is reached on loopback.
"""

from world import world

STA_IF = 0
AP_IF = 1
SSID = "simulated"
_SCAN_US = 2000000
# Scan, association and DHCP once the network is there again.
_REJOIN_US = 3000000
_NOT_FOUND = -202


class WLAN:
    """Wi-Fi interface."""

    IF_STA = STA_IF
    IF_AP = AP_IF
    _active = False
    _connected = False
    _ap_active = False
    _away = False
    _joined_us = 0

    def __init__(self, interface=STA_IF):
        self._interface = interface

    @classmethod
    def power_on(cls):
        """Be as after power-on; not part of the real class."""
        cls._active = cls._connected = cls._ap_active = False
        cls._joined_us = 0

    @classmethod
    def set_away(cls, away):
        """Take the network away, or bring it back; not part of the real class."""
        cls._away = away
        cls._joined_us = world.now_us + _REJOIN_US

    def active(self, on=None):
        """Return or set whether the interface is on."""
        if self._interface == AP_IF:
            if on is not None:
                WLAN._ap_active = bool(on)
            return self._ap_active
        if on is not None:
            WLAN._active = bool(on)
            WLAN._connected = WLAN._connected and WLAN._active
        return self._active

    def connect(self, ssid=None, key=None, **extra):
        """Join a network; any but ``simulated`` is out of reach."""
        if not self._active:
            raise OSError("Wifi Internal State Error")
        WLAN._connected = ssid == SSID

    def scan(self):
        """Return the networks in reach: the one there is, a neighbour's, and a hidden one."""
        if not self._active:
            raise OSError("STA must be active")
        # (ssid, bssid, channel, RSSI, security, hidden); the chip takes about 2 s over it.
        world.stall(_SCAN_US)
        return [
            (SSID.encode(), b"\x02\0\0\0\0\1", 6, -61, 3, False),
            ("Grannen på 2:an".encode(), b"\x02\0\0\0\0\2", 11, -84, 3, False),
            (b"", b"\x02\0\0\0\0\3", 1, -90, 0, True),
        ]

    def disconnect(self):
        """Leave the network."""
        WLAN._connected = False

    def isconnected(self):
        """Return True with an address on the network."""
        return WLAN._connected and not self._away and world.now_us >= self._joined_us

    def status(self, what=None):
        """Return the signal strength in dBm for ``"rssi"``."""
        return -61 if what == "rssi" else 1010

    def config(self, *names, **settings):
        """Accept settings; return the MAC address."""
        return b"\x24\x0a\xc4\x00\x00\x01" if names else None

    def ifconfig(self):
        """Return (address, netmask, gateway, DNS server)."""
        return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")


def look_up(usual_us):
    """Spend what looking up a name takes, blocking as the port does; not in the real module.

    Raises:
        OSError: not connected, or the name servers are silent.
    """
    hang_us = world.board.get("dns hang us", 0)
    world.stall(hang_us or usual_us)
    if hang_us or not WLAN().isconnected():
        raise OSError(_NOT_FOUND)


def hostname(name=None):
    """Set or return the host name."""
    return name or "omnipower"
