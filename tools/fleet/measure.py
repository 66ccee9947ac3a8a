"""What was sent against what arrived: losses, repetitions, latency."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tools import interval_chain

Message = tuple[float, str, str]  # when, s; topic; payload


@dataclass(frozen=True)
class Intervals:
    """`published` and acknowledged, `received` once at least, `lost`, received `again`.

    `broken`: readers whose intervals do not chain to their register.
    """

    published: int
    received: int
    lost: int
    again: int
    late: int
    broken: int


@dataclass(frozen=True)
class Latency:
    """Of `count` messages, ms."""

    count: int
    p50_ms: float
    p99_ms: float
    most_ms: float


def read(path: Path) -> list[Message]:
    """What the subscriber wrote down; a last line cut short is left out."""
    messages = []
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            when, topic, text = line[:-1].split(" ", 2)
            messages.append((float(when), topic, text))
    return messages


def intervals(
    sent: Iterable[Message], received: Iterable[Message], totals: dict[str, int]
) -> Intervals:
    """Compare the intervals; `totals`: pulses of each reader's register that are in closed ones."""
    out = {_key(topic, text) for _, topic, text in sent if topic.endswith("/interval")}
    arrived: dict[tuple[str, str], dict] = {}
    count = 0
    for _, topic, text in received:
        if topic.endswith("/interval"):
            count += 1
            arrived[_key(topic, text)] = json.loads(text)
    chains: dict[str, list[dict]] = defaultdict(list)
    for (topic, _), body in arrived.items():
        chains[topic].append(body)
    broken = sum(not _chained(chains[topic], total) for topic, total in totals.items())
    return Intervals(
        len(out),
        len(arrived),
        len(out - arrived.keys()),
        count - len(arrived),
        sum(body["backfill"] for body in arrived.values()),
        broken,
    )


def _key(topic: str, text: str) -> tuple[str, str]:
    return topic, json.loads(text)["id"]


def _chained(bodies: list[dict], total: int) -> bool:
    """Whether each begins where the one before ends, from 0 to the reader's register."""
    end, _, faults = interval_chain.check(sorted(bodies, key=lambda body: body["id"]))
    return not faults and end == total


def latency(sent: Iterable[Message], received: Iterable[Message]) -> Latency:
    """From the call that publishes to the subscriber, for what was acknowledged."""
    waiting: dict[tuple[str, str], deque[float]] = defaultdict(deque)
    for when, topic, text in sent:
        waiting[topic, text].append(when)
    took = []
    for when, topic, text in received:
        begun = waiting.get((topic, text))
        if begun and begun[0] <= when:
            took.append(1_000 * (when - begun.popleft()))
    took.sort()
    return Latency(len(took), _share(took, 50), _share(took, 99), took[-1] if took else 0.0)


def _share(values: list[float], percent: int) -> float:
    return values[min(len(values) - 1, len(values) * percent // 100)] if values else 0.0
