"""``ntptime`` over the virtual clock: blocks like the real one, for DNS and the answer."""

import network
import utime
from machine import RTC
from world import world

host = "pool.ntp.org"
_LOOKUP_US = 300000
_EPOCH_2000_S = 946684800


def settime():
    """Set the RTC to the host's UTC.

    Raises:
        OSError: not connected, or a host name that does not resolve.
    """
    world.stall(_LOOKUP_US)
    if not network.WLAN().isconnected() or host.endswith(".invalid"):
        raise OSError(-202)
    RTC.set_seconds(int(utime.time()) - _EPOCH_2000_S)
