"""Without memory for a moment: what can be saved is, and the rest soon after."""

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import asyncio
import os
import time
from asyncio import core

import usocket
from uselect import POLLIN, poll

from core.energy import Register
from core.event_log import EventLog
from services.persistence import Persistence
from services.supervisor import Supervisor
from services.web_limits import Door


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


class Site:
    """An application that answers every request alike."""

    async def handle_request(self, reader, writer):
        await writer.awrite(b"HTTP/1.0 200 OK\r\n")
        await writer.awrite(b"\r\n")


async def status_line(port):
    """Ask for the page as a browser does, and return the first line of the answer, or b""."""
    client = usocket.socket()
    try:
        client.connect(usocket.getaddrinfo("127.0.0.1", port)[0][-1])
        client.send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        ready = poll()
        ready.register(client, POLLIN)
        for _ in range(10):
            await asyncio.sleep_ms(100)
            if ready.poll(0):
                return client.recv(15)
    except OSError:
        pass  # Nobody listens.
    finally:
        client.close()
    return b""


def free_port():
    """Return a port that nobody listens on."""
    while True:
        port = 20000 + int.from_bytes(os.urandom(2), "big") % 12000
        probe = usocket.socket()
        try:
            probe.bind(usocket.getaddrinfo("0.0.0.0", port)[0][-1])
            return port
        except OSError:
            continue
        finally:
            probe.close()


def short_of_memory(*arguments):
    raise MemoryError("memory allocation failed, allocating 64 bytes")


def supervised(start, print_exception=lambda error: None):
    services = Supervisor({}, print_exception)
    services.add("it", start)
    return services.run()


def keep_site(port):
    return supervised(lambda: Door(Site(), 10).run(port))


async def test_the_page_is_back_within_10_s_of_a_time_without_memory_to_let_anyone_in():
    # It may be missed while waiting for somebody, or when somebody has come.
    for owner, name in ((core._io_queue, "queue_read"), (asyncio, "StreamReader")):
        port = free_port()
        task = asyncio.create_task(keep_site(port))
        await asyncio.sleep_ms(100)
        assert await status_line(port) == b"HTTP/1.1 200 OK"
        kept = getattr(owner, name)
        setattr(owner, name, short_of_memory)
        for _ in range(3):
            await asyncio.sleep_ms(3000)
            assert await status_line(port) == b""
        setattr(owner, name, kept)
        await asyncio.sleep_ms(8500)
        assert await status_line(port) == b"HTTP/1.1 200 OK", name
        task.cancel()
        await asyncio.sleep_ms(100)


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
        task = asyncio.create_task(supervised(service.run))
        await asyncio.sleep_ms(10 * lasting_ms + 600000)
        task.cancel()
        starts = service.starts
        pauses = [starts[i + 1] - starts[i] - lasting_ms for i in range(len(starts) - 1)]
        assert longest_ms <= max(pauses) < longest_ms + 300, pauses
        assert pauses[0] < 1300, pauses


async def test_a_failure_that_there_is_no_memory_to_tell_of_starts_the_service_again():
    service = Failing(0)
    task = asyncio.create_task(supervised(service.run, short_of_memory))
    await asyncio.sleep_ms(4000)
    assert not task.done()
    assert len(service.starts) >= 2
    task.cancel()


async def test_a_service_that_finds_no_memory_to_start_is_started_later():
    service = Failing(3600000)
    attempts = []

    def start():
        attempts.append(time.ticks_ms())
        if len(attempts) < 4:
            short_of_memory()
        return service.run()

    task = asyncio.create_task(supervised(start))
    await asyncio.sleep_ms(20000)
    assert len(attempts) == 4
    assert len(service.starts) == 1
    task.cancel()


async def test_a_service_that_returns_has_ended_for_good():
    starts = []

    async def once():
        starts.append(1)

    task = asyncio.create_task(supervised(once))
    await asyncio.sleep_ms(60000)
    assert len(starts) == 1
    task.cancel()
