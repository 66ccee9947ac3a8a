"""Edges from the virtual meter, a separate process, block by block over loopback TCP."""

import socket
import struct
import sys
from array import array

import utime

_HELLO = "<QBBBB"
_REQUEST = "<Q"
_REPLY = "<QH"
_BLOCK_US = 250000
SIGNALS = 3

# How far the current exchange is.
_NOTHING_ASKED = 0
_ASKED = 1
_ANNOUNCED = 2
_RECEIVED = 3


class MeterLink:
    """Edge source for ``World``.

    Args:
        port: TCP port of the meter process on the loopback interface.
        block_us: read ahead so far in virtual time: fewer round trips, more lost with the process.

    Attributes:
        now_us: the meter's time at connecting.
        lit: states of upper LED, lower LED and mains at that time.
    """

    def __init__(self, port, block_us=_BLOCK_US):
        self._block_us = block_us
        self._socket = socket.socket()
        self._socket.connect(socket.getaddrinfo("127.0.0.1", port)[0][-1])
        hello = bytearray(struct.calcsize(_HELLO))
        self._receive(hello)
        hello = struct.unpack(_HELLO, hello)
        self.now_us = hello[0]
        self.lit = hello[1 : 1 + SIGNALS]
        self._reached_us = self.now_us
        self._request = bytearray(struct.calcsize(_REQUEST))
        self._reply = bytearray(struct.calcsize(_REPLY))
        self._offsets = self._codes = None
        self._step = _NOTHING_ASKED

    def fetch(self, until_us):
        """Return (reached_us, edges); edges are (t_us, signal, lit) in time order.

        Raises:
            MemoryError: the firmware, which lives in the same heap, has left none. No edge is
                lost: the next call goes on where this one stopped.
        """
        # Each step takes its memory before anything has happened that cannot happen twice.
        if self._step == _NOTHING_ASKED:
            wanted_us = max(until_us, self._reached_us + self._block_us)
            struct.pack_into(_REQUEST, self._request, 0, wanted_us)
            self._socket.send(self._request)
            self._step = _ASKED
        if self._step == _ASKED:
            self._receive(self._reply)
            self._step = _ANNOUNCED
        reached_us, count = struct.unpack(_REPLY, self._reply)
        if self._step == _ANNOUNCED:
            self._offsets = array("I", bytes(4 * count))
            self._codes = bytearray(count)
            self._receive(self._offsets)
            self._receive(self._codes)
            self._step = _RECEIVED
        offsets, codes, base_us = self._offsets, self._codes, self._reached_us
        edges = [(base_us + offsets[i], codes[i] >> 1, codes[i] & 1) for i in range(count)]
        answer = reached_us, edges
        self._offsets = self._codes = None
        self._reached_us = reached_us
        self._step = _NOTHING_ASKED
        return answer

    def _receive(self, buffer):
        if not len(buffer):
            return
        size = self._socket.readinto(buffer)
        if size is None or size < len(buffer):
            # The reader's supply has gone with the meter's: wait to be switched off.
            utime.sleep(10)
            sys.exit(0)
