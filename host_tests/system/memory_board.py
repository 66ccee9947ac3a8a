"""Boot the byte-compiled firmware on the imitated board, and tell every hour how full the heap is.

    micropython -X heapsize=BYTES memory_board.py REPOSITORY BOOT.JSON COMPILED [board]

COMPILED is the folder of the byte-compiled application, or a ROMFS image of it. This interpreter
has no flash that it could address, so an image lies in its heap, as part of the imitated board.

Prints ``heap HOUR USED`` in bytes, after a collection; hour -1 is before the firmware is
imported, so it is what the imitation itself takes, and hour 0 after. With ``board`` it ends
before the firmware.
"""

import gc
import os
import sys

_HOUR_US = 3600000000
_DIRECTORY = 0x4000
# The imitation's modules that nothing needs until the firmware asks for them.
_LATE = ("asyncio", "esp32", "network", "ntptime", "socket")


def _tell(hour):
    gc.collect()
    gc.collect()
    print("heap", hour, gc.mem_alloc())


def run(repository, boot_file, compiled, rest):
    """Make the board, then run the firmware on it."""
    sys.path.insert(0, repository + "/tools/simulator")
    import boot

    image = not os.stat(compiled)[0] & _DIRECTORY
    if image:
        # First, while there is an unbroken piece of that size.
        boot.mount_rom(compiled)
        # Beside the image is what lies beside the slots on a board.
        sys.path.append(compiled.rsplit("/", 1)[0])
    boot.prepare(boot_file, boot.ROM + "/app" if image else compiled)
    from world import world

    for name in _LATE:
        __import__(name)
    _tell(-1)
    if rest:
        return

    def hourly(at_us):
        _tell((at_us - world.boot_us) // _HOUR_US)
        world.alarm(at_us + _HOUR_US, hourly)

    world.alarm(world.boot_us + _HOUR_US, hourly)
    import main

    _tell(0)
    main.main()


run(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
