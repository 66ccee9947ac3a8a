"""What the board prints while capturing, turned into records of a trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tools.board.stored_config import core

from .trace_file import COUNT, LOST, LOWER, UPPER, Record

_LEDS = (UPPER, LOWER)


class CaptureStream:
    """Takes bytes as they come in; gives records to `on_record`, in time order."""

    def __init__(self, on_record: Callable[[Record], None]) -> None:
        self._on_record = on_record
        self._pending = b""
        self._clock: Any = None
        self._period = 1 << 30
        # Edges wait for the time line of their batch, which dates them.
        self._edges: list[tuple[int, str, int]] = []
        self._lost = 0
        self._last_us = 0
        self.problem = ""

    def feed(self, data: bytes) -> None:
        """Takes the next bytes."""
        self._pending += data.replace(b"\x04", b"")
        while b"\n" in self._pending:
            text, _, self._pending = self._pending.partition(b"\n")
            self._line(text.decode("utf-8", "replace").split())

    def _line(self, words: list[str]) -> None:
        try:
            if words[:1] == ["period"]:
                period = int(words[1])
                if period < 2 or period & (period - 1):
                    raise ValueError
                self._period = period
            elif words[:1] == ["e"]:
                ticks, led, lit = map(int, words[1:4])
                if led not in (0, 1) or lit not in (0, 1):
                    raise ValueError
                self._edges.append((ticks, _LEDS[led], lit))
            elif words[:1] == ["t"]:
                self._batch(*map(int, words[1:5]))
        except (ValueError, IndexError, TypeError):
            # A line that the cable has mangled; the counts will tell.
            self.problem = " ".join(words)[:80]

    def _batch(self, ticks_us: int, ticks_ms: int, count: int, lost: int) -> None:
        if self._clock is None:
            self._clock = core("ticks").MonotonicClock(ticks_us, ticks_ms, self._period)
        now_us = self._clock.update(ticks_us, ticks_ms)
        for ticks, led, lit in sorted(
            ((self._clock.at(ticks), led, lit) for ticks, led, lit in self._edges),
            key=lambda edge: edge[0],
        ):
            # The same level twice is kept: it tells that an edge between was lost.
            self._give(ticks, led, lit)
        self._edges.clear()
        if count >= 0:
            self._give(now_us, COUNT, count)
        if lost > self._lost:
            self._give(now_us, LOST, lost - self._lost)
            self._lost = lost

    def _give(self, t_us: int, kind: str, value: int) -> None:
        self._last_us = max(self._last_us, t_us)
        self._on_record(Record(self._last_us, kind, value))
