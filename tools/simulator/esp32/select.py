"""``select`` over virtual time: real sockets, but waiting moves the virtual clock."""

import pace
from uselect import POLLERR, POLLHUP, POLLIN, POLLOUT
from uselect import poll as _poll
from world import world

__all__ = ("POLLERR", "POLLHUP", "POLLIN", "POLLOUT", "poll")

# Looked at real sockets at least so often in virtual time.
_STEP_US = 50000


class poll:
    """A poll set whose time-outs are virtual ms."""

    def __init__(self):
        self._real = _poll()

    def register(self, stream, events=POLLIN | POLLOUT):
        """Watch a stream."""
        self._real.register(stream, events)

    def unregister(self, stream):
        """Stop watching a stream."""
        self._real.unregister(stream)

    def modify(self, stream, events):
        """Change what a stream is watched for."""
        self._real.modify(stream, events)

    def ipoll(self, timeout_ms=-1, flags=0):
        """Return an iterator over what became ready, like ``poll``."""
        return iter(self.poll(timeout_ms))

    def poll(self, timeout_ms=-1):
        """Wait up to ``timeout_ms`` of virtual time and return [(stream, events), ...]."""
        until_us = None if timeout_ms < 0 else world.now_us + timeout_ms * 1000
        while True:
            ready = self._real.poll(0)
            if ready or (until_us is not None and world.now_us >= until_us):
                break
            step_us = world.now_us + _STEP_US
            world.run_until(step_us if until_us is None else min(step_us, until_us))
            wait_ms = pace.ahead_ms()
            if wait_ms > 0:
                ready = self._real.poll(wait_ms)
                if ready:
                    break
        world.python_runs()
        return ready
