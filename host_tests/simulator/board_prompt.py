"""The imitated board with a prompt: runs under ``micropython -i``, below ``pty_board.py``.

Boots as the port does: mounts the flash, runs ``main.py`` if there is one, and when that ends
or is interrupted, leaves a person (or mpremote) at the prompt.

Arguments: the repository's root, the folder that holds what outlives a reset, the reset's
cause, virtual seconds per second, bytes of PSRAM.
"""

import os
import sys

import utime

ROOT, STATE_DIR, CAUSE, SPEED, PSRAM = sys.argv[1:6]
sys.path[:] = ["", ".frozen", ROOT + "/tools/simulator/esp32"]

import shims

world = shims.install(None, 0, STATE_DIR)

import flash
import machine
import pace

machine.set_reset_cause(CAUSE)
# Formatting an empty flash takes no time that anything could depend on.
world.powered = False
device = flash.FileFlash(STATE_DIR + "/flash.img", 512)
try:
    volume = os.VfsLfs2(device, progsize=256, readsize=64)
except OSError:
    os.VfsLfs2.mkfs(device, progsize=256, readsize=64)
    volume = os.VfsLfs2(device, progsize=256, readsize=64)
os.mount(volume, "/flash")
os.chdir("/flash")
pace.start(float(SPEED))
world.powered = True
# The chip's own memory is in pieces, that outside of it is not.
world.memory_regions = [113840, 15072, 113840] + [int(PSRAM)] * (PSRAM != "0")
# The BOOT button has a pull-up, and nobody presses it.
world.levels[0] = 1
# The wire that the self-test asks for.
world.wires[25] = 34
if "main.py" in os.listdir():
    with open("main.py") as file:
        source = file.read()
    try:
        exec(compile(source, "main.py", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        # With -i the interpreter would go on to its prompt: the other side ends it instead.
        print("\x1ereset", end.args[0] if end.args else 0)
        while True:
            utime.sleep(1)
