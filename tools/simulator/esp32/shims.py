"""Put the imitated modules in front of the interpreter's own."""

import sys


def install(source=None, now_us=0, state_dir="."):
    """Start a fresh world and make ``time``, ``select`` and ``asyncio`` run on it.

    Must be called before anything imports ``asyncio``: it binds the clock when imported.
    Called again it is a power-on: flash stays, all else is forgotten.

    Args:
        source: edge source, see ``world``.
        now_us: virtual time at which the board starts.
        state_dir: folder of the host for what outlives the process.
    """
    import world

    world.world.reset(source, now_us)
    world.world.state_dir = state_dir
    for name in ("time", "select", "socket", "machine", "esp32", "network", "ntptime"):
        __import__(name)
    import asyncio_task
    import esp32
    import machine
    import micropython_esp32
    import network

    core = sys.modules.get("asyncio.core")
    if core and core.TaskQueue is not asyncio_task.TaskQueue:
        raise RuntimeError("asyncio was imported before the shims were installed")
    machine.set_reset_cause("power_on")
    esp32.NVS.forget()
    network.WLAN.power_on()

    # Built into the interpreter, so only an entry made by hand comes first.
    sys.modules["_asyncio"] = asyncio_task
    sys.modules["micropython"] = micropython_esp32
    return world.world
