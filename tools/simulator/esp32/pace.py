"""Hold virtual time to wall time times a speed; without a speed it runs free."""

import utime
from world import world

_speed = 0
_wall_us = 0
_virtual_us = 0
_catch_up_us = 0
# Shorter waits cost more than they are worth.
_LEAST_MS = 2


def start(speed, catch_up_us=1000000):
    """Begin pacing at ``speed`` virtual seconds per wall second; 0 runs free.

    A machine too slow for the speed makes up for no more than ``catch_up_us`` of wall time.
    """
    global _speed, _wall_us, _virtual_us, _catch_up_us
    _speed = speed
    _catch_up_us = catch_up_us
    _wall_us = utime.ticks_us()
    _virtual_us = world.now_us


def ahead_ms():
    """Return how many wall ms virtual time is ahead, 0 when it is not or runs free."""
    global _wall_us, _virtual_us
    if not _speed:
        return 0
    wall_us = utime.ticks_diff(utime.ticks_us(), _wall_us)
    virtual_us = int((world.now_us - _virtual_us) / _speed)
    ahead_us = virtual_us - wall_us
    if ahead_us < -_catch_up_us:
        # A machine too slow for the speed asked for must not race when it catches breath.
        _wall_us = utime.ticks_add(_wall_us, -ahead_us)
    return ahead_us // 1000 if ahead_us >= _LEAST_MS * 1000 else 0
