"""Without memory for a moment: what can be saved is, and the rest soon after."""

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import asyncio
import time

from core.energy import Register
from core.event_log import EventLog
from services.persistence import Persistence
from services.supervisor import keep


class Store:
    """A store in memory that notes what was written."""

    name = "store"

    def __init__(self):
        self.blobs = {}

    def read(self, key):
        return self.blobs.get(key)

    def write(self, key, blob):
        self.blobs[key] = blob


class Events(EventLog):
    """An event log that finds no memory to be packed in, so many times."""

    failures = 0

    def pack(self):
        if self.failures:
            self.failures -= 1
            raise MemoryError("memory allocation failed, allocating 1624 bytes")
        return super().pack()


class Failing:
    """A service that fails whenever it has run for a while."""

    def __init__(self, lasting_ms):
        self.starts = []
        self._lasting_ms = lasting_ms

    async def run(self):
        self.starts.append(time.ticks_ms())
        await asyncio.sleep_ms(self._lasting_ms)
        raise OSError("once in a while")


async def test_a_register_is_saved_although_the_events_find_no_memory():
    store = Store()
    register = Register(1000)
    events = Events()
    persistence = Persistence(register, events, (store,), (), 10)
    events.failures = 1000
    task = asyncio.create_task(persistence.run())
    persistence.urge()
    register.add(7)
    persistence.pulsed()
    await asyncio.sleep_ms(10500)
    assert persistence.saves() >= 1
    assert "events" not in store.blobs
    events.failures = 0
    await asyncio.sleep_ms(1000)
    assert "events" in store.blobs
    task.cancel()


async def test_a_save_that_found_no_memory_is_made_at_the_next_look():
    store = Store()
    register = Register(1000)
    persistence = Persistence(register, EventLog(), (store,), (), 10)
    save = persistence.save
    failures = []

    def short_of_memory():
        if len(failures) < 3:
            failures.append(1)
            raise MemoryError("memory allocation failed, allocating 64 bytes")
        save()

    persistence.save = short_of_memory
    task = asyncio.create_task(persistence.run())
    register.add(1)
    persistence.pulsed()
    await asyncio.sleep_ms(10000)
    assert "memory" in "".join(persistence.errors())
    await asyncio.sleep_ms(1500)
    assert persistence.saves() == 1
    assert persistence.errors() == []
    task.cancel()


async def test_pauses_grow_only_with_failures_in_a_row():
    # The longest must leave time for the start within the 10 s in which the page is to be back.
    for lasting_ms, longest_ms in ((0, 8000), (300000, 1000)):
        service = Failing(lasting_ms)
        task = asyncio.create_task(keep("it", service.run, {}, lambda error: None))
        await asyncio.sleep_ms(10 * lasting_ms + 600000)
        task.cancel()
        starts = service.starts
        pauses = [starts[i + 1] - starts[i] - lasting_ms for i in range(len(starts) - 1)]
        assert longest_ms <= max(pauses) < longest_ms + 100, pauses
        assert pauses[0] < 1100, pauses
