"""How much an input makes a target do, in lines of Python: unlike time, the same everywhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from .targets import Target


class TooMuchError(AssertionError):
    """An input that takes more work than its length explains."""


def limit(target: Target, data: bytes) -> int:
    """The most lines that an input may take."""
    base, per_byte = target.work
    return base + per_byte * len(data)


def fewest(function: Callable[[bytes], None], inputs: Iterable[bytes]) -> list[bytes]:
    """Of some inputs, shortest first, those that go from a line to a line as none before did."""
    seen: set[tuple[str, int, int]] = set()
    kept = []
    for data in sorted(inputs, key=lambda data: (len(data), data)):
        before = len(seen)
        _trace(function, data, seen)
        if len(seen) > before:
            kept.append(data)
    return kept


def _trace(function: Callable[[bytes], None], data: bytes, seen: set[tuple[str, int, int]]) -> None:
    def enter(_frame: FrameType, _event: str, _argument: Any) -> Any:
        last = 0

        def step(frame: FrameType, event: str, _argument: Any) -> Any:
            nonlocal last
            if event == "line":
                seen.add((frame.f_code.co_filename, last, frame.f_lineno))
                last = frame.f_lineno
            return step

        return step

    _traced(enter, function, data)


def _traced(tracer: Any, function: Callable[[bytes], None], data: bytes) -> None:
    """Run an input under a trace function, and put the one before back."""
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        function(data)
    finally:
        sys.settrace(before)


def run(target: Target, function: Callable[[bytes], None], data: bytes) -> int:
    """Run an input and return the lines executed; TooMuchError beyond the limit."""
    most = limit(target, data)
    lines = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal lines
        if event == "line":
            lines += 1
            if lines > most:
                raise TooMuchError(f"more than {most} lines for {len(data)} bytes")
        return count

    _traced(count, function, data)
    return lines
