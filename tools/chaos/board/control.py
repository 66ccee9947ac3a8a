"""The imitated board's end of the line to the chaos run: runs under MicroPython.

Lines of JSON over loopback TCP, in lock-step: the board tells why it stands still and at which
virtual time, and waits for what is to be done and until when it runs on. While it runs at a pace
the other side may send a line of its own, ``"now"``, to have it stand still early.
"""

import json
import socket

import actions
import beats
import pace
from uselect import POLLIN, poll
from world import world

# A board that was kept waiting by the machine makes up for no more than this: what has to answer
# it was kept waiting as well.
_CATCH_UP_US = 50000


class Control:
    """The line.

    Args:
        port: of the chaos run on loopback.
    """

    def __init__(self, port):
        self._socket = socket.socket()
        self._socket.connect(socket.getaddrinfo("127.0.0.1", port)[0][-1])
        self._poll = poll()
        self._poll.register(self._socket, POLLIN)
        self._until_us = 0
        self._listens = False
        self._generation = 0
        world.at_wake = self._woken
        world.at_end = lambda code: self.report("end", code)

    def report(self, why, code=0):
        """Tell why the board stands still, and do what the answer says."""
        text = json.dumps({"why": why, "code": code, "t_us": world.now_us})
        self._socket.send(text.encode() + b"\n")
        answer = "now"
        while answer == "now":
            line = self._socket.readline()
            if not line:
                # The run has gone, and with it the board.
                raise SystemExit(0)
            answer = json.loads(line)
        self._obey(answer)

    def _obey(self, order):
        for name, *arguments in order["do"]:
            getattr(actions, name)(*arguments)
        self._generation += 1
        self._listens = order["pace"] > 0
        beats.calm(order["calm"])
        pace.start(order["pace"], _CATCH_UP_US)
        self._until_us = order["until_us"]
        if order["exact"]:
            self._until_us = 1 << 62
            generation = self._generation
            world.alarm(order["until_us"], lambda at_us: self._alarm(generation, at_us))

    def _alarm(self, generation, at_us):
        """Stand still in the middle of whatever the interpreter does."""
        if generation == self._generation:
            # The clock may have been moved on to where a block of the interpreter ends.
            now_us, world.now_us = world.now_us, at_us
            self.report("exact")
            world.now_us = now_us

    def _woken(self):
        """Stand still between two turns of the event loop."""
        if world.now_us >= self._until_us or (self._listens and self._poll.poll(0)):
            self.report("due")
