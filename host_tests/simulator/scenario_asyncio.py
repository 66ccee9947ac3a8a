"""A scenario of tasks whose order is compared between two implementations of asyncio."""


def run(asyncio):
    """Run it and return what happened, in order."""
    log = []
    asyncio.run(_main(asyncio, log))
    return log


async def _main(asyncio, log):
    await _equal_times(asyncio, log)
    await _different_times(asyncio, log)
    await _cancellation(asyncio, log)
    await _synchronisation(asyncio, log)


async def _equal_times(asyncio, log):
    async def step(name):
        for k in range(3):
            log.append("{}{}".format(name, k))
            await asyncio.sleep_ms(0)

    await asyncio.gather(*[step(name) for name in "abcde"])


async def _different_times(asyncio, log):
    # Far enough apart for the real clock not to matter.
    async def sleeper(ms):
        await asyncio.sleep_ms(ms)
        log.append("slept {}".format(ms))

    await asyncio.gather(*[sleeper(ms) for ms in (120, 40, 160, 80)])


async def _cancellation(asyncio, log):
    async def stubborn():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            log.append("cancelled")
            await asyncio.sleep_ms(0)
            log.append("cleaned up")
            raise

    async def parent(task):
        try:
            await task
        except asyncio.CancelledError:
            log.append("child was cancelled")

    inner = asyncio.create_task(stubborn())
    outer = asyncio.create_task(parent(inner))
    await asyncio.sleep_ms(20)
    log.append("cancel {}".format(outer.cancel()))
    await outer
    log.append("done {} {} {}".format(inner.done(), outer.done(), inner.cancel()))
    try:
        await asyncio.wait_for_ms(_endless(asyncio), 30)
    except asyncio.TimeoutError:
        log.append("timeout")
    results = await asyncio.gather(_failing(asyncio), _value(asyncio), return_exceptions=True)
    log.append("{} {}".format(type(results[0]).__name__, results[1]))


async def _failing(asyncio):
    await asyncio.sleep_ms(0)
    raise ValueError


async def _endless(asyncio):
    await asyncio.sleep(60)


async def _value(asyncio):
    await asyncio.sleep_ms(10)
    return 7


async def _synchronisation(asyncio, log):
    event = asyncio.Event()
    lock = asyncio.Lock()

    async def waiter(name):
        await event.wait()
        async with lock:
            log.append("lock " + name)
            await asyncio.sleep_ms(0)

    tasks = [asyncio.create_task(waiter(name)) for name in "xyz"]
    await asyncio.sleep_ms(10)
    tasks[1].cancel()
    event.set()
    log.append("set")
    for task in tasks:
        try:
            await task
        except asyncio.CancelledError:
            log.append("y gone")
