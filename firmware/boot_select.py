"""Chooses which of two copies of the application runs, and goes back from one that fails.

The application lives twice, in directories ``a`` and ``b``. ``slot.json`` says which one is
in force; it is replaced by a rename, so it is always either the old or the new. A version
newly put in force has three boots to show that it stays up. If it never does, the one before
it takes over again.

A directory counts only while it holds a manifest, which is written last and removed first: a
copy that was interrupted does not exist.

Byte code lies there deflated, and is inflated while it is imported: see ``Packed``.

This file lies on the board beside the two directories, and ``main.py`` there only calls
``run``. It must not need anything that a version of the application brings along.
"""

import json
import os
import sys

SLOTS = ("a", "b")
STATE = "slot.json"
MANIFEST = "manifest.json"
# Boots that a new version has to be confirmed in.
ATTEMPTS_MAX = 3
# Where the application in force appears for import.
MOUNTED = "/app"
# Where its byte code may lie as well, to be run in place: in a ROMFS image, which MicroPython
# has mounted if it knows of one.
ROM = "/rom/app"

# What hangs before its own watchdog runs is reset by this one; it cannot be stopped, only
# be given another time by the application's.
_WATCHDOG_MS = 120000
# Left for a person to press Ctrl-C before an application that failed is started again.
_CRASH_PAUSE_S = 10


def other(slot):
    """Return the other of the two slots."""
    return SLOTS[1 - SLOTS.index(slot)]


def parse(text):
    """Return the state that ``slot.json`` holds, or None for anything that is not one.

    The state is a dict: ``slot`` in force; ``confirmed``, whether it has stayed up;
    ``attempts``, boots since it was put in force, counted until confirmed; ``failed``, the
    slot that was given up last, or None.
    """
    try:
        state = json.loads(text)
        valid = (
            state["slot"] in SLOTS
            and state["confirmed"] in (True, False)
            and type(state["attempts"]) is int
            and state["attempts"] >= 0
            and (state["failed"] is None or state["failed"] in SLOTS)
        )
    except (ValueError, TypeError, KeyError, RuntimeError):
        return None
    return state if valid else None


def put_in_force(slot):
    """Return the state right after a new version was put in force."""
    return {"slot": slot, "confirmed": False, "attempts": 0, "failed": None}


def confirmed(slot, failed=None):
    """Return the state of a version that has stayed up."""
    return {"slot": slot, "confirmed": True, "attempts": 0, "failed": failed}


def target(state, whole):
    """Return the slot that a new version goes into: never the one to fall back to.

    Args:
        state: as ``parse`` returns it, or None.
        whole: the slots that hold a manifest.
    """
    if state is None:
        return SLOTS[0] if SLOTS[0] not in whole else SLOTS[1]
    if state["confirmed"] or other(state["slot"]) not in whole:
        return other(state["slot"])
    # Not confirmed: the other one is the last that is known to work.
    return state["slot"]


def choose(state, whole):
    """Return (slot to start or None, state to store before that or None if unchanged).

    Args:
        state: as ``parse`` returns it, or None where the file is missing or broken.
        whole: the slots that hold a manifest.
    """
    if not whole:
        return None, None
    if state is None:
        slot = SLOTS[0] if SLOTS[0] in whole else SLOTS[1]
        return slot, confirmed(slot)
    slot = state["slot"]
    spare = other(slot)
    if slot not in whole:
        return spare, confirmed(spare, slot)
    if state["confirmed"]:
        # Not a byte is written at an ordinary boot.
        return slot, None
    if state["attempts"] < ATTEMPTS_MAX:
        counted = dict(state)
        counted["attempts"] += 1
        return slot, counted
    if spare in whole:
        return spare, confirmed(spare, slot)
    # Nothing to go back to: trying on is all there is.
    return slot, None


def forgiven(state):
    """Return the state after a person has stopped the application, or None if unchanged.

    That boot has shown nothing, and must not count as one that failed.
    """
    if state is None or state["confirmed"] or not state["attempts"]:
        return None
    fewer = dict(state)
    fewer["attempts"] -= 1
    return fewer


def _exists(path):
    try:
        os.stat(path)
    except OSError:
        return False
    return True


def whole_slots():
    """Return the slots that hold a manifest, and so a whole application."""
    return [slot for slot in SLOTS if _exists(slot + "/" + MANIFEST)]


def read_state():
    """Return the stored state, or None."""
    try:
        with open(STATE) as file:
            return parse(file.read())
    except (OSError, ValueError):
        return None


def write_state(state):
    """Replace the stored state. Raises OSError when the file system refuses."""
    with open(STATE + ".tmp", "w") as file:
        file.write(json.dumps(state))
    os.rename(STATE + ".tmp", STATE)


def confirm():
    """Let the version that runs stay in force; return True when it was on probation."""
    state = read_state()
    if state is None or state["confirmed"]:
        return False
    write_state(confirmed(state["slot"], state["failed"]))
    return True


def failed_slot():
    """Return the slot that was given up before this boot, or None; asked again, None."""
    state = read_state()
    if state is None or not state["failed"]:
        return None
    failed = state["failed"]
    state["failed"] = None
    write_state(state)
    return failed


class Packed:
    """A directory as MicroPython's importer sees it: deflated byte code comes out inflated.

    Zlib's first byte is none that byte code begins with, so byte code as it is may lie there too.

    Args:
        folder: the directory.
    """

    def __init__(self, folder):
        self._folder = folder

    def mount(self, readonly, mkfs):
        """Accept; there is nothing to prepare."""

    def umount(self):
        """Accept; there is nothing to close."""

    def stat(self, path):
        """Return what ``os.stat`` does. Raises OSError."""
        return os.stat(self._folder + path)

    def open(self, path, mode):
        """Return a stream to read. Raises OSError."""
        import deflate

        file = open(self._folder + path, "rb")  # noqa: SIM115 - the importer closes it
        first = file.read(1)
        file.seek(0)
        if path.endswith(".mpy") and first and first[0] & 0x0F == 8:
            return deflate.DeflateIO(file, deflate.ZLIB, 0, True)
        return file


def in_rom(folder):
    """Return whether the image in ROM is of the version that a directory holds, file by file."""
    try:
        with open(ROM + "/" + MANIFEST) as rom, open(folder + "/" + MANIFEST) as file:
            return json.load(rom) == json.load(file)
    except (OSError, ValueError, MemoryError):
        return False


def mount(folder):
    """Make what a directory and its ``lib`` hold importable, before anything else.

    Where the same lies in ROM, it is imported from there: its byte code takes no heap then.
    """
    import vfs

    if MOUNTED in sys.path:
        vfs.umount(MOUNTED)
    else:
        sys.path[0:0] = [MOUNTED, MOUNTED + "/lib"]
    vfs.mount(Packed(ROM if in_rom(folder) else folder), MOUNTED)


def run():
    """Start the application; what it raises ends in a reset, unless a person pressed Ctrl-C."""
    import machine

    slot, state = choose(read_state(), whole_slots())
    if slot is None:
        print("boot_select: no application here; copy one: python -m tools deploy")
        return
    if state is not None:
        try:
            write_state(state)
        except OSError as error:
            # A full flash must not keep the reader from counting.
            print("boot_select: slot.json:", error)
    if not (state or {}).get("confirmed", True):
        machine.WDT(timeout=_WATCHDOG_MS)
    mount(slot)
    try:
        __import__("main").main(slot + "/")
    except KeyboardInterrupt:
        fewer = forgiven(read_state())
        if fewer is not None:
            write_state(fewer)
        raise
    except BaseException as error:
        sys.print_exception(error)
    import time

    print("boot_select: the application in", slot, "ended; reset follows")
    time.sleep(_CRASH_PAUSE_S)
    machine.reset()
