"""``ntptime`` over the virtual clock: blocks like the real one, for DNS and the answer."""

import flash
import network
import utime
from machine import RTC
from world import world

host = "pool.ntp.org"
_LOOKUP_US = 300000
# The real module's own time-out for the answer.
_ANSWER_US = 1000000
_TIMED_OUT = 116
_EPOCH_2000_S = 946684800
_FILE = "/true_time.txt"


def settime():
    """Set the RTC to the true UTC.

    That is the host's at the board's first question, and goes on with virtual time: else a
    run faster than life would see its clock set back by hours at every synchronization.
    It never falls behind the host's, so a board that was put away for a night wakes today.

    Raises:
        OSError: not connected, a host name that does not resolve, or no answer while the
            servers are silent (a fault of the run's, until a virtual time).
    """
    network.look_up(_LOOKUP_US)
    if host.endswith(".invalid"):
        raise OSError(-202)
    if world.now_us < world.board.get("ntp silent until us", 0):
        world.stall(_ANSWER_US)
        raise OSError(_TIMED_OUT)
    RTC.set_seconds(true_utc_s() - _EPOCH_2000_S)


def true_utc_s():
    """Return the true time, seconds since 1970; not part of the real module."""
    if "utc at 0" not in world.board:
        world.board["utc at 0"] = _utc_at_0()
    return world.board["utc at 0"] + world.now_us // 1000000


def _utc_at_0():
    """Return the UTC at virtual time 0, kept for the board's later starts."""
    now_s = world.now_us // 1000000
    utc_at_0 = int(utime.time()) - now_s
    path = world.state_dir + _FILE
    try:
        with open(path) as file:
            utc_at_0 = max(utc_at_0, int(file.read()))
    except (OSError, ValueError):
        pass
    flash.replace(path, str(utc_at_0))
    return utc_at_0
