"""One run: broker, subscriber and readers, restarts, an outage, and what came of it."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiomqtt

from tools.simulator.broker import Broker
from tools.simulator.profile import DEFAULT_PROFILE, MINUTE_US, load_profile

from . import measure
from .client import Client, Sent
from .reader import Reader
from .subscriber import READY

ROOT = Path(__file__).parents[2]
CONFIGURATION = ROOT / "docs" / "fleet" / "mosquitto.conf"
# 2027-01-15, where a quarter-hour begins.
EPOCH_S = 1_800_000_000
_RESTART_SHARE = 0.3
_DRAIN_S = 120.0
_QUIET_S = 2.0
_SAY_EVERY_S = 5.0
# States of one reader in an hour in a real house (docs/mqtt.md), and its four intervals.
PER_READER_HOUR = 581 + 4


@dataclass(frozen=True)
class Report:
    """What a run came to."""

    readers: int
    speed: int
    loaded_s: float
    outage_s: float
    restarts: int
    connections: int
    failures: int
    acknowledged: int
    waiting: int
    intervals: measure.Intervals
    all_messages: measure.Latency
    interval_messages: measure.Latency
    broker_cpu_s: float
    broker_cpu: float
    broker_kb: int
    per_reader_hour: int = PER_READER_HOUR


def broker_lines(folder: Path) -> tuple[str, ...]:
    """The documented configuration, but for who may come in, from where, and its folders."""
    own = ("listener", "allow_anonymous", "password_file", "persistence", "log_")
    lines = [line.strip() for line in CONFIGURATION.read_text().splitlines()]
    kept = [line for line in lines if line and not line.startswith(("#", *own))]
    return (*kept, f"persistence_location {folder}/")


class MeteredBroker(Broker):
    """Adds up processor time and memory over its processes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, lines=broker_lines(folder))
        # A log of every packet would be most of its work; sessions must outlive an outage.
        text = self._config_path.read_text(encoding="utf-8")
        text = text.replace("persistence false", "persistence true").replace(
            "log_type all", "log_type error"
        )
        self._config_path.write_text(text, encoding="utf-8")
        self.cpu_s = 0.0
        self.most_kb = 0

    def stop(self) -> None:
        self._account()
        super().stop()

    def _account(self) -> None:
        if self.process is None:
            return
        try:
            stat = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return
        self.cpu_s += (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
        peak = [line for line in status.splitlines() if line.startswith("VmHWM")]
        self.most_kb = max(self.most_kb, int(peak[0].split()[1]))


async def run(
    folder: Path,
    readers: int,
    duration_s: float,
    speed: int,
    outage_s: float,
    seed: int,
    say: Callable[[str], None],
) -> Report:
    """Play it; BrokerError where mosquitto is missing."""
    asyncio.get_running_loop().set_exception_handler(_unless_disconnected)
    chance = random.Random(seed)
    broker = MeteredBroker(folder)
    broker.start()
    heard = folder / "received"
    subscriber = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tools.fleet.subscriber", str(broker.port), str(heard)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    tasks: list[asyncio.Task] = []
    try:
        assert subscriber.stdout is not None
        if (await subscriber.stdout.readline()).decode().strip() != READY:
            raise RuntimeError("the subscriber does not start")
        sent = Sent()
        clients = _clients(readers, duration_s, speed, seed, chance, broker.port, sent)
        begun_s = time.monotonic()
        tasks = [asyncio.create_task(client.run()) for client in clients]
        outage = asyncio.create_task(_outage(broker, 0.4 * duration_s, outage_s, say))
        while (past_s := time.monotonic() - begun_s) < duration_s:
            waiting = sum(client.reader.waiting for client in clients)
            say(
                f"{past_s:4.0f} s: {sent.connections} connections, {len(sent.messages)} messages, "
                f"{waiting} intervals waiting"
            )
            await asyncio.sleep(min(_SAY_EVERY_S, duration_s - past_s + 0.001))
        await outage
        loaded_s = time.monotonic() - begun_s
        acknowledged = len(sent.messages)
        for client in clients:
            client.ending.set()
        say("the load has ended; what waits is delivered")
        await asyncio.wait(tasks, timeout=_DRAIN_S)
        await _until_quiet(heard)
        broker.stop()
    finally:
        for task in tasks:
            task.cancel()
        broker.stop()
        if subscriber.returncode is None:
            subscriber.send_signal(signal.SIGTERM)
            await subscriber.wait()
    received = measure.read(heard)
    totals = {f"{one.reader.base}/interval": one.reader.closed_total for one in clients}
    just_intervals = [one for one in sent.messages if one[1].endswith("/interval")]
    return Report(
        readers,
        speed,
        loaded_s,
        outage_s,
        sent.restarts,
        sent.connections,
        sent.failures,
        acknowledged,
        sum(client.reader.waiting for client in clients),
        measure.intervals(sent.messages, received, totals),
        measure.latency(sent.messages, received),
        measure.latency(just_intervals, received),
        broker.cpu_s,
        100 * broker.cpu_s / (time.monotonic() - begun_s),
        broker.most_kb,
    )


def _unless_disconnected(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A lost connection is told to whoever waits for it, and that nobody waited is no news."""
    if not isinstance(context.get("exception"), aiomqtt.MqttError):
        loop.default_exception_handler(context)


def _clients(
    readers: int,
    duration_s: float,
    speed: int,
    seed: int,
    chance: random.Random,
    port: int,
    sent: Sent,
) -> list[Client]:
    profile = load_profile(DEFAULT_PROFILE)
    begun_s = time.monotonic()

    def now_us() -> int:
        return int((time.monotonic() - begun_s) * 1_000_000 * speed)

    clients = []
    for number in range(readers):
        start_us = chance.randrange(len(profile.minute_powers_w)) * MINUTE_US
        restarts = chance.random() < _RESTART_SHARE
        after_s = chance.uniform(0.1, 0.9) * duration_s
        reader = Reader(number, profile, start_us, EPOCH_S)
        clients.append(Client(reader, port, now_us, sent, seed, after_s if restarts else None))
    return clients


async def _outage(
    broker: Broker, after_s: float, seconds: float, say: Callable[[str], None]
) -> None:
    """End the broker in order, and start it again with what it remembers."""
    await asyncio.sleep(after_s)
    if not seconds:
        return
    say("the broker ends")
    await asyncio.to_thread(broker.stop)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(broker.start)
    say("the broker is back")


async def _until_quiet(path: Path) -> None:
    """Return when nothing has arrived for a while."""
    size, since_s = -1, time.monotonic()
    while time.monotonic() - since_s < _QUIET_S:
        await asyncio.sleep(0.2)
        if path.stat().st_size != size:
            size, since_s = path.stat().st_size, time.monotonic()
