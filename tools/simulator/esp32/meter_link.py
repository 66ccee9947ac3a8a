"""Edges from the virtual meter, a separate process, block by block over loopback TCP."""

import socket
import struct
import sys
from array import array

import utime

_HELLO = "<QBBBB"
_REPLY = "<QH"
_BLOCK_US = 250000
SIGNALS = 3


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
        hello = struct.unpack(_HELLO, self._read(struct.calcsize(_HELLO)))
        self.now_us = hello[0]
        self.lit = hello[1 : 1 + SIGNALS]
        self._reached_us = self.now_us

    def fetch(self, until_us):
        """Return (reached_us, edges); edges are (t_us, signal, lit) in time order."""
        self._socket.send(struct.pack("<Q", max(until_us, self._reached_us + self._block_us)))
        reached_us, count = struct.unpack(_REPLY, self._read(struct.calcsize(_REPLY)))
        offsets = array("I", self._read(4 * count))
        codes = self._read(count)
        base_us = self._reached_us
        self._reached_us = reached_us
        return reached_us, [
            (base_us + offsets[i], codes[i] >> 1, codes[i] & 1) for i in range(count)
        ]

    def _read(self, size):
        data = b""
        while len(data) < size:
            part = self._socket.recv(size - len(data))
            if not part:
                # The reader's supply has gone with the meter's: wait to be switched off.
                utime.sleep(10)
                sys.exit(0)
            data += part
        return data
