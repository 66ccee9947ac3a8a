"""Task and TaskQueue of ``asyncio`` in Python, since the C ones read the real clock.

Same contract as MicroPython's ``extmod/asyncio/task.py``. The queue is a sorted list linked
through the tasks instead of a pairing heap, which a handful of tasks does not notice; like
that one it takes no memory, so an event loop goes on where there is none.
"""

import time

from world import TICKS_PERIOD

_HALF = TICKS_PERIOD >> 1
_MASK = TICKS_PERIOD - 1


class TaskQueue:
    """Tasks in the order of their keys; equal keys first come, first served."""

    def __init__(self):
        self._first = None

    def peek(self):
        """Return the first task without taking it, or None."""
        return self._first

    def push(self, task, key=None):
        """Queue a task at ``key`` in ticks ms, by default now."""
        # What it waited for is past: the event loop throws whatever stands here.
        task.data = None
        if key is None:
            key = time.ticks_ms()
        task.ph_key = key
        before = None
        after = self._first
        # As ``ticks_diff``, without a call for each task that is passed.
        base = _HALF - key
        while after is not None and (after.ph_key + base & _MASK) <= _HALF:
            before = after
            after = after.ph_next
        task.ph_next = after
        if before is None:
            self._first = task
        else:
            before.ph_next = task

    def pop(self):
        """Take the first task."""
        task = self._first
        self._first = task.ph_next
        task.ph_next = None
        return task

    def remove(self, task):
        """Take a task out from wherever it stands; one that is not there is left alone."""
        if self._first is task:
            self._first = task.ph_next
        else:
            before = self._first
            while before is not None and before.ph_next is not task:
                before = before.ph_next
            if before is None:
                return
            before.ph_next = task.ph_next
        task.ph_next = None


class Task:
    """A coroutine and what it waits for."""

    def __init__(self, coro, globals=None):
        self.coro = coro
        self.data = None
        # True: running; None: finished, not awaited; False: finished and awaited;
        # a TaskQueue: running, with tasks waiting for it; a callable: see asyncio.core.
        self.state = True
        self.ph_key = 0
        self.ph_next = None

    def __iter__(self):
        if not self.state:
            self.state = False
        elif self.state is True:
            self.state = TaskQueue()
        elif type(self.state) is not TaskQueue:
            raise RuntimeError("can't wait")
        return self

    def __next__(self):
        if not self.state:
            raise self.data
        from asyncio import core

        self.state.push(core.cur_task)
        core.cur_task.data = self

    def done(self):
        """Return True when the coroutine has ended."""
        return not self.state

    def cancel(self):
        """Have CancelledError raised in the coroutine; False when it has ended."""
        from asyncio import core

        if not self.state:
            return False
        if self is core.cur_task:
            raise RuntimeError("can't cancel self")
        task = self
        while isinstance(task.data, Task):
            task = task.data
        if hasattr(task.data, "remove"):
            task.data.remove(task)
            core._task_queue.push(task)
        elif core.ticks_diff(task.ph_key, core.ticks()) > 0:
            core._task_queue.remove(task)
            core._task_queue.push(task)
        task.data = core.CancelledError
        return True
