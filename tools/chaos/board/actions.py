"""What befalls the imitated board from inside, each by its name: runs under MicroPython."""

import gc
import os

import esp32
import network
import ntptime
from machine import RTC
from world import world

_FILLER = "filler{}"
_EPOCH_2000_S = 946684800
_BLOCK = 1024
_SPARE = 24 * 1024
_NEVER_US = 1 << 62
_hog = []
_spare = [bytearray(_SPARE)]


def block(us):
    """Have something block the interpreter for ``us``, such as a driver that hangs."""
    world.stall(us)


def away(on):
    """Take the network away, or bring it back."""
    network.WLAN.set_away(on)


def dns_hangs(us):
    """Have every look-up block for ``us`` and then fail; 0: names are found."""
    world.board["dns hang us"] = us


def ntp_silent(on):
    """Have the time servers not answer."""
    world.board["ntp silent until us"] = _NEVER_US if on else 0


def step_clock(seconds):
    """Set the clock off the true time by ``seconds``, as far as it was ever set."""
    RTC.set_seconds(ntptime.true_utc_s() - _EPOCH_2000_S + seconds)


def tear(kind):
    """Have the power fail in the next write to flash."""
    world.board["tear"] = kind


def fill_flash():
    """Fill the file system to the last block."""
    _untimed(_fill)


def clear_flash():
    """Give the room back."""
    _untimed(_clear)


def exhaust_nvs():
    """Leave no free page in NVS: the next boot erases it all."""
    _untimed(esp32.NVS.exhaust)


def flip_in_file(name, place, bit):
    """Flip a bit of a record's file, as worn flash does; ``place`` is in 1/1000 of its length."""
    _untimed(lambda: _flip(name, place, bit))


def take_heap(leave):
    """Take memory until no more than ``leave`` bytes are free, in holes of 1 KiB at most."""
    give_heap()
    gc.collect()
    blocks = []
    try:
        while gc.mem_free() > 3 * _BLOCK:
            blocks.append(bytearray(_BLOCK))
    except MemoryError:
        pass
    # Every other one back: what is free lies in pieces.
    blocks.reverse()
    for at in range(len(blocks)):
        if at % 2:
            blocks[at] = None
    gc.collect()
    surplus = (gc.mem_free() - leave) // _BLOCK
    try:
        for at in range(1, min(len(blocks), 2 * surplus), 2):
            blocks[at] = bytearray(_BLOCK)
    except MemoryError:
        pass
    _hog.append(blocks)
    world.at_full = _yield_heap


def give_heap():
    """Give it all back."""
    _hog.clear()
    world.at_full = None
    gc.collect()


def _yield_heap():
    """Give a block back to the imitation, whose own wants are not the firmware's; False: none."""
    for blocks in _hog:
        for at in range(len(blocks)):
            if blocks[at]:
                blocks[at] = None
                gc.collect()
                return True
    return False


def _untimed(do):
    # What a fault itself needs is not to come from what the firmware has left.
    _spare.clear()
    gc.collect()
    powered, world.powered = world.powered, False
    try:
        do()
    finally:
        world.powered = powered
    gc.collect()
    _spare.append(bytearray(_SPARE))


def _fill():
    # Files of their own: littlefs forgets what it could not write to the end.
    size = 64 * 4096
    number = 0
    while size >= 4096:
        name = _FILLER.format(number)
        try:
            with open(name, "wb") as file:
                for _ in range(size // 4096):
                    file.write(bytes(4096))
            number += 1
        except OSError:
            _remove(name)
            size //= 2


def _clear():
    for name in os.listdir():
        if name.startswith(_FILLER[:6]):
            os.remove(name)


def _remove(name):
    try:
        os.remove(name)
    except OSError:
        pass


def _flip(name, place, bit):
    try:
        with open(name, "rb") as file:
            content = bytearray(file.read())
    except OSError:
        return
    if content:
        at = place * (len(content) - 1) // 1000
        content[at] ^= 1 << bit
        try:
            with open(name, "wb") as file:
                file.write(content)
        except OSError:
            # No room for it on a full flash: what was there stays as it was.
            pass
