"""A board whose power fails at a chosen write step, in a chosen way.

Flash lies in RAM here, below the real littlefs, and NVS and RTC memory beside it. Every
page that is programmed, every sector that is erased, every NVS blob and every write of RTC
memory is one step.

At the cut, what the flash holds is kept and the program runs on, on a ghost of the board
from which nothing will be kept: so no handler and no finaliser of the firmware can have a
say in what survives.
"""

import os

import esp32
import machine

SECTOR = 4096
PAGE = 256
SECTORS = 16

# What becomes of the step at which the power fails.
NOT_DONE = "not done"
FIRST_HALF = "first half done"
SECOND_HALF = "second half done, first not"
GARBAGE = "bits flipped"
DONE = "done, and nothing after it"
KINDS = (NOT_DONE, FIRST_HALF, SECOND_HALF, GARBAGE, DONE)


class Supply:
    """Counts write steps, and cuts at one of them.

    Args:
        cut_at: number of the step at which power fails, from 0; None: never.
        kind: one of ``KINDS``.

    Attributes:
        steps: what was written, step by step, up to the cut.
        dead: whether the power has gone.
    """

    def __init__(self, cut_at=None, kind=None):
        self._cut_at = cut_at
        self._kind = kind
        self.on_cut = None
        self.steps = []
        self.dead = False

    def step(self, what, old, new, write):
        """Have ``write(bytes)`` take old content to new, or to what the cut leaves."""
        if self.dead:
            write(new)
            return
        self.steps.append(what)
        if len(self.steps) - 1 != self._cut_at:
            write(new)
            return
        size = max(len(old), len(new))
        half = size // 2
        if self._kind == FIRST_HALF:
            write(new[:half] + old[half:])
        elif self._kind == SECOND_HALF:
            write(old[:half] + new[half:])
        elif self._kind == GARBAGE:
            write(bytes([byte ^ (0x55 if k % 3 else 0x80) for k, byte in enumerate(new)]))
        elif self._kind == DONE:
            write(new)
        self.on_cut()
        self.dead = True
        write(new)


class RamFlash:
    """Block device for ``VfsLfs2``: NOR flash, in which programming only clears bits."""

    def __init__(self, supply, image=None):
        self.image = bytearray(image or b"\xff" * (SECTOR * SECTORS))
        self.supply = supply

    def readblocks(self, block, buffer, offset=0):
        start = block * SECTOR + offset
        buffer[:] = memoryview(self.image)[start : start + len(buffer)]

    def writeblocks(self, block, buffer, offset=None):
        if offset is None:
            for k in range(len(buffer) // SECTOR):
                self.ioctl(6, block + k)
        start = block * SECTOR + (offset or 0)
        for at in range(0, len(buffer), PAGE):
            page = bytes(buffer[at : at + PAGE])
            self._step("page", start + at, _and(self._bytes(start + at, len(page)), page))

    def ioctl(self, operation, argument):
        if operation == 4:
            return SECTORS
        if operation == 5:
            return SECTOR
        if operation == 6:
            self._step("sector", argument * SECTOR, b"\xff" * SECTOR)
        return 0

    def _bytes(self, start, size):
        return bytes(memoryview(self.image)[start : start + size])

    def _step(self, what, start, new):
        def write(data):
            self.image[start : start + len(data)] = data

        self.supply.step(what, self._bytes(start, len(new)), new, write)


def _and(old, new):
    if old == b"\xff" * len(old):
        return new
    both = int.from_bytes(old, "little") & int.from_bytes(new, "little")
    return both.to_bytes(len(old), "little")


class CuttableNvs(esp32.NVS):
    """NVS on the board's supply."""

    supply = None
    blobs = None
    refuse = False

    def set_blob(self, key, value):
        if self.refuse:
            raise OSError(-0x1105, "ESP_ERR_NVS_NOT_ENOUGH_SPACE")

        def write(data):
            self.blobs[key] = data

        self.supply.step("nvs", self.blobs.get(key, b""), bytes(value), write)

    def get_blob(self, key, buffer):
        data = self.blobs.get(key)
        if data is None:
            raise OSError(-0x1102, "ESP_ERR_NVS_NOT_FOUND")
        if len(data) > len(buffer):
            raise OSError(-0x110C, "ESP_ERR_NVS_INVALID_LENGTH")
        buffer[: len(data)] = data
        return len(data)


class CuttableRtc(machine.RTC):
    """RTC memory on the board's supply."""

    supply = None
    content = b""

    def memory(self, data=None):
        if data is None:
            return self.content

        def write(data):
            CuttableRtc.content = data

        self.supply.step("rtc", self.content, bytes(data), write)


def clear():
    """Unmount what a test that failed has left mounted."""
    try:
        os.umount("/crash")
    except OSError:
        pass


class Board:
    """What is left of a board between two lives.

    Attributes:
        formats: how often the file system had to be made anew because it did not mount.
    """

    def __init__(self):
        self.image = None
        self.blobs = {}
        self.rtc = b""
        self.formats = 0

    def power_on(self, supply):
        """Mount the flash at ``/crash`` and connect NVS and RTC memory."""
        supply.on_cut = self._keep
        CuttableNvs.supply = CuttableRtc.supply = supply
        CuttableNvs.blobs = dict(self.blobs)
        CuttableRtc.content = self.rtc
        self._flash = RamFlash(supply, self.image)
        try:
            volume = os.VfsLfs2(self._flash, progsize=PAGE, readsize=64)
        except OSError:
            self.formats += 1
            os.VfsLfs2.mkfs(self._flash, progsize=PAGE, readsize=64)
            volume = os.VfsLfs2(self._flash, progsize=PAGE, readsize=64)
        os.mount(volume, "/crash")

    def watch(self, supply):
        """Count the steps from here on with another supply, and return it."""
        CuttableNvs.supply = CuttableRtc.supply = self._flash.supply = supply
        return supply

    def power_off(self, keep_rtc):
        """Take down what remains; a reset keeps RTC memory, a power cut does not."""
        if not CuttableNvs.supply.dead:
            self._keep()
        os.umount("/crash")
        if not keep_rtc:
            self.rtc = b""

    def _keep(self):
        self.image = bytes(self._flash.image)
        self.blobs = dict(CuttableNvs.blobs)
        self.rtc = CuttableRtc.content
