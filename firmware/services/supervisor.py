"""Run services for ever: one that fails is reported and started again.

Each service is a task of its own and nothing more, since a coroutine around it would take a
quarter of a kilobyte for each. The event loop tells of a task that failed, and a look four times
a second starts it again when its pause is over.

Failure model: there may be no memory to tell why a service failed, nor to start it. Then nothing
is told, and it is tried again after the next pause.
"""

import asyncio
import sys
import time

_LOOK_MS = 250
_AGAIN_MIN_MS = 1000
# The page is to be back within 10 s of a fault's end, whatever the fault has ended.
_AGAIN_MAX_MS = 8000
# A service is a list, which takes less than an object; its task is None while it has failed.
_NAME, _START, _TASK, _SINCE_MS, _PAUSE_MS = range(5)


class Supervisor:
    """All services.

    Args:
        failures: dict that takes the last failure of each service by its name.
        print_exception: function that prints what any task has failed of.
    """

    def __init__(self, failures, print_exception=sys.print_exception):
        self._failures = failures
        self._print_exception = print_exception
        self._services = []

    def add(self, name, start):
        """Have a service run.

        Args:
            name: of the service, as reported.
            start: coroutine function without arguments; returning ends it for good.
        """
        self._services.append([name, start, None, time.ticks_ms(), 0])

    async def run(self):
        """Start all services, and those that fail again, with growing pauses in between."""
        asyncio.get_event_loop().set_exception_handler(self._failed)
        try:
            while True:
                now_ms = time.ticks_ms()
                for service in self._services:
                    if service[_TASK] is None:
                        self._start(service, now_ms)
                await asyncio.sleep_ms(_LOOK_MS)
        finally:
            for service in self._services:
                if service[_TASK] is not None:
                    service[_TASK].cancel()

    def _start(self, service, now_ms):
        if time.ticks_diff(now_ms, service[_SINCE_MS]) < service[_PAUSE_MS]:
            return
        service[_SINCE_MS] = now_ms
        try:
            service[_TASK] = asyncio.create_task(service[_START]())
        except Exception as error:
            self._note(service, error, now_ms)

    def _failed(self, loop, context):
        """Note what the event loop tells: that a task failed for which nobody waits."""
        error = context["exception"]
        for service in self._services:
            if service[_TASK] is context["future"]:
                self._note(service, error, time.ticks_ms())
                return
        self._print(error)

    def _note(self, service, error, now_ms):
        service[_TASK] = None
        pause_ms = service[_PAUSE_MS]
        if time.ticks_diff(now_ms, service[_SINCE_MS]) > _AGAIN_MAX_MS:
            # It ran well in between: what failed is something else.
            pause_ms = 0
        service[_PAUSE_MS] = min(max(pause_ms * 2, _AGAIN_MIN_MS), _AGAIN_MAX_MS)
        service[_SINCE_MS] = now_ms
        try:
            self._failures[service[_NAME]] = "{}: {}".format(type(error).__name__, error)
        except MemoryError:
            # What is not told is lost; what is not started again would be worse.
            pass
        self._print(error)

    def _print(self, error):
        try:
            self._print_exception(error)
        except MemoryError:
            pass
