"""asyncio over virtual time: the real one's order, and sockets that are real."""

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import asyncio
import os
import sys
import time

import micropython
import scenario_asyncio

from portable import raises


def virtual(coroutine):
    """Run on a fresh board and return (result, virtual us it took)."""
    world = shims.install()
    result = asyncio.run(coroutine)
    return result, world.now_us


def test_the_same_scenario_runs_in_the_same_order_on_the_real_asyncio():
    here = scenario_asyncio.run(asyncio)
    folder = __file__.rsplit("/", 1)[0]
    with open("real.py", "w") as file:
        file.write("import sys\nsys.path.insert(0, {!r})\n".format(folder))
        file.write("import asyncio, scenario_asyncio\n")
        file.write("for line in scenario_asyncio.run(asyncio): print(line)\n")
    assert os.system("{} real.py > real.txt".format(sys.executable)) == 0
    with open("real.txt") as file:
        real = file.read().split("\n")[:-1]
    assert here == real, "\nhere {}\nreal {}".format(here, real)
    assert len(here) > 25


def test_sleeping_takes_virtual_time_and_exactly_what_was_asked():
    async def main():
        begin = time.ticks_ms()
        await asyncio.sleep_ms(1500)
        await asyncio.sleep(3600)
        return time.ticks_diff(time.ticks_ms(), begin)

    slept_ms, took_us = virtual(main())
    assert slept_ms == 3601500
    assert 3601500000 <= took_us < 3601502000


def test_tasks_wake_in_the_order_of_their_times():
    async def main():
        woken = []

        async def sleeper(ms):
            await asyncio.sleep_ms(ms)
            woken.append(ms)

        await asyncio.gather(*[sleeper(ms) for ms in (50, 10, 40, 20, 30, 0)])
        return woken

    assert virtual(main())[0] == [0, 10, 20, 30, 40, 50]


def test_a_task_that_sleeps_across_the_wrap_of_ticks_ms_wakes_in_time():
    world = shims.install()
    world.run_until((1 << 30) * 1000 - 5000)

    async def main():
        woken = []

        async def sleeper(ms):
            await asyncio.sleep_ms(ms)
            woken.append((ms, world.now_us // 1000 - (1 << 30) + 5))

        await asyncio.gather(sleeper(20), sleeper(2), sleeper(8))
        return woken

    assert asyncio.run(main()) == [(2, 2), (8, 8), (20, 20)]


def test_wait_for_times_out_cancels_and_leaves_the_rest_alone():
    async def main():
        log = []

        async def slow():
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                log.append("cancelled")
                raise

        try:
            await asyncio.wait_for_ms(slow(), 100)
        except asyncio.TimeoutError:
            log.append("timeout")
        log.append(await asyncio.wait_for(value(), 1))
        return log

    async def value():
        await asyncio.sleep_ms(1)
        return 7

    log, took_us = virtual(main())
    assert log == ["cancelled", "timeout", 7]
    assert took_us < 110000


def test_an_exception_of_a_gathered_task_is_raised():
    async def bad():
        await asyncio.sleep_ms(5)
        raise ValueError("on purpose")

    async def good():
        await asyncio.sleep_ms(10)

    async def main():
        await asyncio.gather(good(), bad())

    raises(ValueError, virtual, main())


def test_locks_are_taken_in_turn_and_events_wake_all():
    async def main():
        lock = asyncio.Lock()
        event = asyncio.Event()
        log = []

        async def worker(name):
            await event.wait()
            async with lock:
                log.append(name + " in")
                await asyncio.sleep_ms(10)
                log.append(name + " out")

        tasks = [asyncio.create_task(worker(name)) for name in "abc"]
        await asyncio.sleep_ms(100)
        assert log == []
        event.set()
        await asyncio.gather(*tasks)
        return log

    log, _ = virtual(main())
    assert log == ["a in", "a out", "b in", "b out", "c in", "c out"]


def test_a_thread_safe_flag_set_from_an_interrupt_wakes_a_task():
    from machine import Pin
    from world import Scripted

    world = shims.install(Scripted([(5000, 0, 1), (250000, 0, 0)]))
    world.wire(0, 34)

    async def main():
        flag = asyncio.ThreadSafeFlag()
        Pin(34, Pin.IN).irq(lambda pin: flag.set())
        woken = []
        for _ in range(2):
            await flag.wait()
            woken.append(world.now_us // 1000)
        return woken

    woken = asyncio.run(main())
    # The poll looks at sockets and flags every 50 ms of virtual time at the least.
    assert 5 <= woken[0] <= 60 and 250 <= woken[1] <= 310, woken


def test_streams_talk_over_a_real_loopback_socket():
    async def main():
        async def answer(reader, writer):
            line = await reader.readline()
            writer.write(b"you said " + line)
            await writer.drain()
            writer.close()
            await writer.wait_closed()

        for port in range(20000, 20100):
            try:
                server = await asyncio.start_server(answer, "127.0.0.1", port)
                break
            except OSError:
                continue
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        # Others go on while the stream waits.
        ticker = asyncio.create_task(tick())
        writer.write(b"hello\n")
        await writer.drain()
        reply = await reader.read(-1)
        writer.close()
        await writer.wait_closed()
        ticker.cancel()
        server.close()
        await server.wait_closed()
        return reply

    async def tick():
        while True:
            await asyncio.sleep_ms(10)

    assert virtual(main())[0] == b"you said hello\n"


def test_the_queue_keeps_order_and_takes_no_memory():
    from asyncio_task import Task, TaskQueue

    queue = TaskQueue()
    late, early, also_early, gone = tasks = [Task(None) for _ in range(4)]
    micropython.heap_lock()
    queue.push(late, 30)
    queue.push(gone, 20)
    queue.push(early, 10)
    queue.push(also_early, 10)
    queue.remove(gone)
    queue.remove(gone)
    micropython.heap_unlock()
    assert [queue.pop(), queue.pop(), queue.pop()] == [early, also_early, late]
    assert queue.peek() is None
    assert all(task.ph_next is None for task in tasks)
