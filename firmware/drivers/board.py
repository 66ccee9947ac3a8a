"""The board itself: why it started, its watchdog, its memory."""

import binascii
import gc

import machine

_CAUSES = {
    machine.PWRON_RESET: "power_on",
    machine.HARD_RESET: "hard",
    machine.WDT_RESET: "watchdog",
    machine.DEEPSLEEP_RESET: "deepsleep",
    machine.SOFT_RESET: "soft",
}


def reset_cause():
    """Return one of ``core.event_log.RESET_CAUSES``. A brown-out cannot be told from a power-on."""
    return _CAUSES.get(machine.reset_cause(), "unknown")


def unique_id():
    """Return hex digits that no other board has: its MAC address."""
    return str(binascii.hexlify(machine.unique_id()), "ascii")


def watchdog(timeout_ms):
    """Start the watchdog and return the function that feeds it. It cannot be stopped."""
    return machine.WDT(timeout=timeout_ms).feed


def has_pin(number):
    """Return True where the chip has that GPIO."""
    try:
        machine.Pin(number)
    except ValueError:
        return False
    return True


# Garbage is collected after so many bytes were taken from the heap, or so large a part of what is
# free, whichever is more. Collected only when the heap is full, it leaves what stays spread all
# over the heap, and then no piece of a few kB is to be had although there is room.
_COLLECT_BYTES = 4096
_COLLECT_PART = 4
_COLLECT_PART_EARLY = 64

_live_bytes = None


def heap_bytes():
    """Return (used, free, live) bytes; live is what the last `collect` left, or None."""
    return gc.mem_alloc(), gc.mem_free(), _live_bytes


def collect_early():
    """Have garbage collected after every few kB until the first `collect`.

    For a start, when much is made that stays: it lies close together then. In a large heap it
    does anyway, and a collection takes long.
    """
    _collect_after(_COLLECT_PART_EARLY)


def collect():
    """Collect garbage now, at a time of one's own choosing, and then when some has come together.

    That is a quarter of what is free now: the smaller the heap, the sooner.
    """
    global _live_bytes
    gc.collect()
    _live_bytes = gc.mem_alloc()
    _collect_after(_COLLECT_PART)


def _collect_after(part):
    gc.threshold(max(_COLLECT_BYTES, gc.mem_free() // part))


def restart():
    """Reset the chip; does not return."""
    machine.reset()
