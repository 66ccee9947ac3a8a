"""Put the imitated modules in front of the interpreter's own."""

import sys


def install(source=None, now_us=0, state_dir="."):
    """Start a fresh world and make ``time``, ``select`` and ``asyncio`` run on it.

    Must be called before anything imports ``asyncio``: it binds the clock when imported.
    """
    import world

    world.world.reset(source, now_us)
    world.world.state_dir = state_dir
    for name in ("time", "select", "machine", "esp32", "network", "ntptime"):
        __import__(name)
    import asyncio_task
    import micropython_esp32

    # Built into the interpreter, so only an entry made by hand comes first.
    sys.modules["_asyncio"] = asyncio_task
    sys.modules["micropython"] = micropython_esp32
    return world.world
