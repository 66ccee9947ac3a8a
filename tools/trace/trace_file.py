"""The trace file: one edge per line, everything else in comments; see docs/traces.md."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

NAME = "omnipower-trace"
VERSION = 1

UPPER = "upper"
LOWER = "lower"
COUNT = "pcnt"
LOST = "lost"
_COMMENT_KINDS = (LOWER, COUNT, LOST)


class TraceError(ValueError):
    """A trace that cannot be read; says in which line and what is accepted."""


@dataclass(frozen=True)
class Record:
    """One line.

    `kind`: UPPER or LOWER with `value` 1 for light; COUNT with the hardware's count of rises
    so far; LOST with the number of edges lost. `t_us`: since the start.
    """

    t_us: int
    kind: str
    value: int


@dataclass
class Trace:
    """A whole trace, in time order. `header`: as it stands in the first line."""

    header: dict[str, Any] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)

    def of(self, kind: str) -> list[Record]:
        return [record for record in self.records if record.kind == kind]

    @property
    def duration_us(self) -> int:
        return self.records[-1].t_us if self.records else 0

    @property
    def has_count(self) -> bool:
        """Whether the hardware counted beside."""
        return any(record.kind == COUNT for record in self.records)


def first_line(header: dict[str, Any]) -> str:
    """The line that begins a file."""
    return f"# {NAME} {VERSION} {json.dumps(header, sort_keys=True)}\n"


def line(record: Record) -> str:
    """A record as text."""
    if record.kind == UPPER:
        return f"{record.t_us} {record.value}\n"
    return f"# {record.kind} {record.t_us} {record.value}\n"


def write(file: TextIO, trace: Trace) -> None:
    """Writes a whole trace."""
    file.write(first_line(trace.header))
    for record in trace.records:
        file.write(line(record))


def read(path: Path) -> Trace:
    """Reads a file; TraceError says what is wrong with it."""
    try:
        with path.open(encoding="utf-8") as file:
            return parse(file)
    except UnicodeDecodeError as error:
        raise TraceError(f"{path}: not a text file") from error
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror}") from error
    except TraceError as error:
        raise TraceError(f"{path}: {error}") from error


def parse(lines: Iterable[str]) -> Trace:
    """Reads lines; TraceError says what is wrong with them."""
    trace = Trace()
    before_us = 0
    for record in _records(lines, trace):
        if record.t_us < before_us:
            raise TraceError(f"{record.t_us} us comes after {before_us} us; accepted: time order")
        before_us = record.t_us
        trace.records.append(record)
    return trace


def _records(lines: Iterable[str], trace: Trace) -> Iterator[Record]:
    for number, text in enumerate(lines, 1):
        words = text.split()
        if not words:
            continue
        try:
            if words[0] != "#":
                t_us, level = words
                yield _record(UPPER, t_us, level)
            elif words[1:2] == [NAME]:
                trace.header = _header(text, words)
            elif len(words) == 4 and words[1] in _COMMENT_KINDS:
                yield _record(words[1], words[2], words[3])
        except (ValueError, IndexError) as error:
            if words[0].startswith("#") and words[0] != "#":
                continue
            raise TraceError(
                f"line {number}: {text.strip()[:40]!r} is not accepted; accepted: "
                "'t_us level' with level 0 or 1, or a comment"
            ) from error


def _record(kind: str, t_us: str, value: str) -> Record:
    record = Record(int(t_us), kind, int(value))
    levels_only = kind in (UPPER, LOWER)
    if record.t_us < 0 or record.value < 0 or (levels_only and record.value > 1):
        raise ValueError
    return record


def _header(text: str, words: list[str]) -> dict[str, Any]:
    if int(words[2]) != VERSION:
        raise ValueError
    try:
        header = json.loads(text.partition(words[2])[2])
    except RecursionError as error:
        raise ValueError from error
    if not isinstance(header, dict):
        raise ValueError
    return header
