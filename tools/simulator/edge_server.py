"""The wire between the virtual meter and the firmware: edges, block by block.

Little endian, over TCP on loopback, one reader at a time:

    meter  -> reader  hello    <QBBBB  world time µs, levels of signals 0, 1, 2, padding
    reader -> meter   request  <Q      until, world time µs
    meter  -> reader  reply    <QH     reached µs (== until unless there was too much),
                                       number n of edges (0 to 4096), then
                      n x <I           µs after the previous reply's reached (or the hello)
                      n x <B           signal << 1 | lit

World time stands still between requests, so the edges a reader sees do not depend on the
machine's speed.
"""

from __future__ import annotations

import socket
import struct
from collections import deque
from collections.abc import Callable

from .meter import Edge, VirtualMeter
from .scenario import READER_OFF_US

HELLO = struct.Struct("<QBBBB")
REQUEST = struct.Struct("<Q")
REPLY = struct.Struct("<QH")
EDGES_MAX = 4_096
# Offsets are 32 bits wide.
BLOCK_MAX_US = 2**32 - 1

# From a reset to the first pulse the firmware can see.
BOOT_US = 1_500_000
# The reader saves every 10 s: pulses of the last 10 s, and of a block on its way, are
# what it can lose when it is killed.
UNSAVED_US = 11_000_000
SEND_PATIENCE_S = 10.0


def pack_reply(previous_us: int, reached_us: int, edges: list[Edge]) -> bytes:
    """One reply; `previous_us` is what the offsets count from."""
    count = len(edges)
    offsets = struct.pack(f"<{count}I", *(t_us - previous_us for t_us, _, _ in edges))
    codes = bytes(signal << 1 | lit for _, signal, lit in edges)
    return REPLY.pack(reached_us, count) + offsets + codes


class EdgeServer:
    """Serves one reader after the other; each call of `serve` does at most one thing.

    `report` is told "reader_connected", "reader_disconnected" and "reader_power_off",
    each before the reader can know.
    """

    def __init__(
        self, meter: VirtualMeter, report: Callable[[str], None], pulses_while_reader_off: int = 0
    ) -> None:
        self.pulses_while_reader_off = pulses_while_reader_off
        # How long the next reader stays without power, beside the time that a boot takes.
        self.off_us = 0
        self._meter = meter
        self._report = report
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._reader: socket.socket | None = None
        self._readers_seen = 0
        self._request = b""
        self._previous_us = meter.now_us
        # (end of a block, pulses in it), those of the last UNSAVED_US.
        self._recent: deque[tuple[int, int]] = deque()
        # Sent with the last reply; a reader that ends may not have come to them.
        self.pulses_in_last_block = 0

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    @property
    def connected(self) -> bool:
        return self._reader is not None

    @property
    def pulses_unsaved_at_most(self) -> int:
        """Pulses the reader may not have saved yet."""
        horizon_us = self._meter.now_us - UNSAVED_US
        while self._recent and self._recent[0][0] < horizon_us:
            self._recent.popleft()
        return sum(pulses for _, pulses in self._recent)

    def serve(self, patience_s: float) -> None:
        """Accepts a reader or answers one request; waits for it up to `patience_s`."""
        if self._reader is None:
            self._listener.settimeout(patience_s)
            try:
                reader, _ = self._listener.accept()
            except TimeoutError:
                return
            self._welcome(reader)
            return
        try:
            self._reader.settimeout(patience_s)
            received = self._reader.recv(REQUEST.size - len(self._request))
            if not received:
                self._drop("reader_disconnected")
                return
            self._request += received
            if len(self._request) == REQUEST.size:
                (until_us,) = REQUEST.unpack(self._request)
                self._request = b""
                self._answer(until_us)
        except TimeoutError:
            return
        except OSError:
            self._drop("reader_disconnected")

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._listener.close()

    def _welcome(self, reader: socket.socket) -> None:
        reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader.settimeout(SEND_PATIENCE_S)
        if self._readers_seen:
            self._pass_unseen(BOOT_US + self.off_us)
            self.off_us = 0
        self._readers_seen += 1
        self._recent.clear()
        self.pulses_in_last_block = 0
        self._reader = reader
        self._request = b""
        self._previous_us = self._meter.now_us
        self._report("reader_connected")
        try:
            reader.sendall(HELLO.pack(self._meter.now_us, *self._meter.levels(), 0))
        except OSError:
            self._drop("reader_disconnected")

    def _answer(self, until_us: int) -> None:
        meter = self._meter
        reader_off_us = meter.next_reader_off_us
        target_us = min(until_us, reader_off_us, self._previous_us + BLOCK_MAX_US)
        pulses_before = meter.pulses
        edges = meter.advance(target_us, EDGES_MAX)
        self.pulses_in_last_block = meter.pulses - pulses_before
        if self.pulses_in_last_block:
            self._recent.append((meter.now_us, self.pulses_in_last_block))
        if meter.now_us >= reader_off_us:
            self._drop("reader_power_off")
            self._pass_unseen(READER_OFF_US)
            return
        assert self._reader is not None
        self._reader.settimeout(SEND_PATIENCE_S)
        try:
            self._reader.sendall(pack_reply(self._previous_us, meter.now_us, edges))
        except TimeoutError:
            # Half a reply may have gone out: this reader cannot be served any more.
            self._drop("reader_disconnected")
            return
        self._previous_us = meter.now_us

    def _drop(self, event: str) -> None:
        self._report(event)
        assert self._reader is not None
        self._reader.close()
        self._reader = None

    def _pass_unseen(self, duration_us: int) -> None:
        """Time goes on while nobody looks: the meter counts, the reader does not."""
        pulses_before = self._meter.pulses
        self._meter.advance(self._meter.now_us + duration_us)
        self.pulses_while_reader_off += self._meter.pulses - pulses_before
