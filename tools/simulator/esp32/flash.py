"""Flash memory: a block device in a file, and the time that programming and erasing take.

Real littlefs runs on top. Erasing a 4 KiB sector blocks the interpreter for some 45 ms and
programming a page for 0.4 ms (typical figures of the W25Q32 data sheet, Winbond, 2019).
"""

import json
import os

from world import world

SECTOR = 4096
_ERASE_US = 45000
_PROGRAM_US = 400
_PAGE = 256
# Exit code of a board whose power failed; nobody sees it where the process is killed at once.
EXIT_POWER_CUT = 7
# What becomes of a step at which the power fails, in ``world.board["tear"]``.
NOT_DONE = "not done"
FIRST_HALF = "first half done"
GARBAGE = "bits undecided"
# Made once: erasing a real chip takes no memory of the interpreter's.
_ERASED = b"\xff" * SECTOR


def torn(old, new):
    """Return what a step leaves, ``old`` being there and ``new`` written; ends where power fails.

    Programming and erasing take their time, cell by cell, so a cut leaves anything between.
    """
    tear = world.board.get("tear")
    if tear is None or not world.powered:
        return new
    if tear == NOT_DONE:
        return old
    half = len(new) // 2
    if tear == FIRST_HALF:
        return new[:half] + old[half:]
    undecided = bytes([byte & 0x55 | was & 0xAA for byte, was in zip(new[half:], old[half:])])
    return new[:half] + undecided


def tears():
    """End the board at once if the power fails at this step."""
    if world.powered and world.board.get("tear") is not None:
        world.end(EXIT_POWER_CUT)


def programmed(area, size):
    """Spend the time of an append-only write of ``size`` bytes in an area such as NVS."""
    name = "programmed " + area
    before = world.board.get(name, 0)
    world.board[name] = before + size
    stall_us = _PROGRAM_US * ((size + _PAGE - 1) // _PAGE)
    if before // SECTOR != (before + size) // SECTOR:
        stall_us += _ERASE_US
    world.stall(stall_us)


def replace(path, content):
    """Replace a file of the host whole: the imitation must not tear where flash does not.

    Args:
        path: the file.
        content: text, or what is written as JSON.
    """
    with open(path + ".new", "w") as file:
        if isinstance(content, str):
            file.write(content)
        else:
            _dump(content, file)
    os.rename(path + ".new", path)


def _dump(value, file):
    try:
        file.write(json.dumps(value))
    except MemoryError:
        # Slower, but the chip's own writing takes no memory of the interpreter's.
        file.seek(0)
        json.dump(value, file)


class FileFlash:
    """Block device for ``VfsLfs2`` in a file of the host.

    Args:
        path: the image; made and blank where it is missing.
        sectors: size in sectors of 4 KiB.
    """

    def __init__(self, path, sectors=256):
        self.sectors = sectors
        try:
            self._file = open(path, "r+b")
        except OSError:
            self._file = open(path, "w+b")
            for _ in range(sectors):
                self._file.write(_ERASED)

    def readblocks(self, block, buffer, offset=0):
        """Fill ``buffer`` from a block."""
        self._file.seek(block * SECTOR + offset)
        self._file.readinto(buffer)

    def writeblocks(self, block, buffer, offset=None):
        """Program a buffer; without an offset the sectors are erased first."""
        stall_us = _PROGRAM_US * ((len(buffer) + _PAGE - 1) // _PAGE)
        if offset is None:
            stall_us += _ERASE_US * (len(buffer) // SECTOR)
        self._program(block * SECTOR + (offset or 0), buffer)
        world.stall(stall_us)

    def ioctl(self, operation, argument):
        """Answer the block protocol: 4 count, 5 size, 6 erase; the rest needs nothing."""
        if operation == 4:
            return self.sectors
        if operation == 5:
            return SECTOR
        if operation == 6:
            self._program(argument * SECTOR, _ERASED)
            world.stall(_ERASE_US)
        return 0

    def _program(self, at, new):
        if "tear" in world.board:
            self._file.seek(at)
            new = torn(self._file.read(len(new)), bytes(new))
        self._file.seek(at)
        self._file.write(new)
        tears()
