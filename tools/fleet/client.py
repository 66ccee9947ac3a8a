"""Keeps one virtual reader connected, with the pauses of the firmware's own client."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import aiomqtt

from .reader import Reader

LOOK_S = 0.5
_PAUSE_MIN_S = 1.0
_PAUSE_MAX_S = 60.0
_TIMEOUT_S = 30.0
# paho tells of every lost connection; here that is what is measured.
_QUIET = logging.getLogger("tools.fleet.mqtt")
_QUIET.setLevel(logging.CRITICAL)

KEEPALIVE_S = 30


@dataclass
class Sent:
    """Everything that a broker acknowledged: (when, s; topic; payload), and what happened."""

    messages: list[tuple[float, str, str]] = field(default_factory=list)
    connections: int = 0
    failures: int = 0
    restarts: int = 0


class Client:
    """One reader's connection. `now_us`: virtual time; `restarts_at_s`: when it is reset."""

    def __init__(
        self,
        reader: Reader,
        port: int,
        now_us: Callable[[], int],
        sent: Sent,
        seed: int,
        restart_after_s: float | None,
    ) -> None:
        self.reader = reader
        self._port = port
        self._now_us = now_us
        self._sent = sent
        self._random = random.Random(f"{seed} {reader.number}")
        self._restart_at_s = None if restart_after_s is None else time.monotonic() + restart_after_s
        self._paused_s = _PAUSE_MIN_S
        # Closed from outside once the load has ended: then only the queue is emptied.
        self.ending = asyncio.Event()

    async def run(self) -> None:
        """Stay connected until everything is delivered after `ending`."""
        # A street does not switch on in one instant.
        await asyncio.sleep(self._random.random() * 2 * LOOK_S)
        while not (self.ending.is_set() and not self.reader.waiting):
            try:
                await self._connection()
            except (aiomqtt.MqttError, OSError):
                self._sent.failures += 1
                half_s = self._paused_s / 2
                await self._sleep(half_s + self._random.random() * half_s)
                self._paused_s = min(2 * self._paused_s, _PAUSE_MAX_S)

    async def _sleep(self, seconds: float) -> None:
        """The meter goes on blinking meanwhile."""
        until_s = time.monotonic() + seconds
        while (left_s := until_s - time.monotonic()) > 0:
            self._look()
            await asyncio.sleep(min(left_s, LOOK_S))

    def _look(self) -> bool:
        """Let time pass; return True when the reader was reset meanwhile."""
        if self.ending.is_set():
            return False
        now_us = self._now_us()
        self.reader.look(now_us)
        if self._restart_at_s is not None and time.monotonic() >= self._restart_at_s:
            self._restart_at_s = None
            self.reader.restart(now_us)
            self._sent.restarts += 1
            return True
        return False

    async def _connection(self) -> None:
        base = self.reader.base
        will = aiomqtt.Will(f"{base}/availability", "offline", qos=1, retain=True)
        async with aiomqtt.Client(
            "127.0.0.1",
            self._port,
            identifier=f"omnipower-{self.reader.board_id}",
            will=will,
            keepalive=KEEPALIVE_S,
            timeout=_TIMEOUT_S,
            logger=_QUIET,
        ) as client:
            self._sent.connections += 1
            self._paused_s = _PAUSE_MIN_S
            await client.subscribe(f"{base}/set/+", qos=1)
            for topic, text in self.reader.greeting(self._now_us()):
                await self._publish(client, topic, text)
            while True:
                if self._look():
                    return
                for topic, text, token in self.reader.due(self._now_us()):
                    await self._publish(client, topic, text)
                    self.reader.published(token)
                while message := self.reader.interval(self._now_us()):
                    await self._publish(client, *message, retain=False)
                    self.reader.delivered += 1
                if self.ending.is_set():
                    return
                await asyncio.sleep(LOOK_S)

    async def _publish(
        self, client: aiomqtt.Client, topic: str, text: str, retain: bool = True
    ) -> None:
        """Return once the broker has acknowledged it."""
        begun_s = time.monotonic()
        await client.publish(topic, text, qos=1, retain=retain)
        self._sent.messages.append((begun_s, topic, text))
