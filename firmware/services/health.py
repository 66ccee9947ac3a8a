"""Feed the watchdog only while metering makes progress, and keep the heap tidy."""

import asyncio

from services import on_demand

# DNS and TLS can block for seconds; the hardware resets what hangs for longer than this.
WATCHDOG_MS = 30000
_FEED_MS = 5000
_COLLECT_EVERY = 6


class Health:
    """Watches the beat.

    Args:
        beats: function that returns how many beats metering has made.
        feed: function that feeds the watchdog.
        collect: function that collects garbage.
        quiet: coroutine function that waits for a quiet moment.
    """

    def __init__(self, beats, feed, collect, quiet):
        self._beats = beats
        self._feed = feed
        self._collect = collect
        self._quiet = quiet

    async def run(self):
        """Feed for ever, as long as there is progress to show."""
        before = -1
        rounds = 0
        while True:
            beats = self._beats()
            if beats != before:
                before = beats
                self._feed()
            await asyncio.sleep_ms(_FEED_MS)
            rounds += 1
            if rounds % _COLLECT_EVERY == 0:
                # By itself: who waits here for a quiet moment cannot feed between two that block.
                asyncio.create_task(self._tidy())  # noqa: RUF006 - MicroPython keeps its tasks

    async def _tidy(self):
        await self._quiet(1000)
        on_demand.forget()
        self._collect()
