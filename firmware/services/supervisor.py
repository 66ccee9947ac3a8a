"""Run a service for ever: one that fails is reported and started again."""

import asyncio
import sys
import time

_AGAIN_MIN_MS = 1000
# The page is to be back within 10 s of a fault's end, whatever the fault has ended.
_AGAIN_MAX_MS = 8000


async def keep(name, start, failures, print_exception=sys.print_exception):
    """Await ``start()`` again and again, with growing pauses after failures in a row.

    Args:
        name: the service, as reported.
        start: coroutine function without arguments; returning ends it for good.
        failures: dict that takes the last failure of the service.
    """
    pause_ms = _AGAIN_MIN_MS
    while True:
        started_ms = time.ticks_ms()
        try:
            await start()
            return
        except Exception as error:
            try:
                failures[name] = "{}: {}".format(type(error).__name__, error)
                print_exception(error)
            except MemoryError:
                # What is not told is lost; what is not started again would be worse.
                pass
        if time.ticks_diff(time.ticks_ms(), started_ms) > _AGAIN_MAX_MS:
            # It ran well in between: what failed is something else.
            pause_ms = _AGAIN_MIN_MS
        await asyncio.sleep_ms(pause_ms)
        pause_ms = min(pause_ms * 2, _AGAIN_MAX_MS)
