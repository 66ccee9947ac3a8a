"""A subscriber in a process of its own: writes down what arrives, and when.

python -m tools.fleet.subscriber PORT FILE
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time
from pathlib import Path

import aiomqtt

IDENTIFIER = "fleet-subscriber"
_QUIET = logging.getLogger("tools.fleet.mqtt")
_QUIET.setLevel(logging.CRITICAL)
READY = "ready"


async def listen(port: int, path: Path, ended: asyncio.Event) -> None:
    """Subscribe to all readers with a session that outlives connections."""
    with path.open("w", encoding="utf-8", buffering=1) as file:
        while not ended.is_set():
            try:
                async with aiomqtt.Client(
                    "127.0.0.1",
                    port,
                    identifier=IDENTIFIER,
                    clean_session=False,
                    logger=_QUIET,
                ) as client:
                    await client.subscribe("omnipower/#", qos=1)
                    print(READY, flush=True)
                    async for message in client.messages:
                        now_s = time.monotonic()
                        text = bytes(message.payload or b"").decode()
                        if not message.retain:
                            file.write(f"{now_s:.6f} {message.topic} {text}\n")
            except (aiomqtt.MqttError, OSError):
                await asyncio.sleep(0.2)


async def _main() -> None:
    ended = asyncio.Event()
    task = asyncio.create_task(listen(int(sys.argv[1]), Path(sys.argv[2]), ended))
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        pass


if __name__ == "__main__":
    asyncio.run(_main())
