"""Flash memory: a block device in a file, and the time that programming and erasing take.

Real littlefs runs on top. Erasing a 4 KiB sector blocks the interpreter for some 45 ms and
programming a page for 0.4 ms (typical figures of the W25Q32 data sheet, Winbond, 2019).
"""

import os

from world import world

SECTOR = 4096
_ERASE_US = 45000
_PROGRAM_US = 400
_PAGE = 256
# Made once: erasing a real chip takes no memory of the interpreter's.
_ERASED = b"\xff" * SECTOR


def programmed(area, size):
    """Spend the time of an append-only write of ``size`` bytes in an area such as NVS."""
    name = "programmed " + area
    before = world.board.get(name, 0)
    world.board[name] = before + size
    stall_us = _PROGRAM_US * ((size + _PAGE - 1) // _PAGE)
    if before // SECTOR != (before + size) // SECTOR:
        stall_us += _ERASE_US
    world.stall(stall_us)


def replace(path, text):
    """Replace a file of the host whole: the imitation must not tear where flash does not."""
    with open(path + ".new", "w") as file:
        file.write(text)
    os.rename(path + ".new", path)


class FileFlash:
    """Block device for ``VfsLfs2`` in a file of the host.

    Args:
        path: the image; made and blank where it is missing.
        sectors: size in sectors of 4 KiB.
    """

    def __init__(self, path, sectors=128):
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
        self._file.seek(block * SECTOR + (offset or 0))
        self._file.write(buffer)
        world.stall(stall_us)

    def ioctl(self, operation, argument):
        """Answer the block protocol: 4 count, 5 size, 6 erase; the rest needs nothing."""
        if operation == 4:
            return self.sectors
        if operation == 5:
            return SECTOR
        if operation == 6:
            self._file.seek(argument * SECTOR)
            self._file.write(_ERASED)
            world.stall(_ERASE_US)
        return 0
