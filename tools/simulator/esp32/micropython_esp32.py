"""``micropython`` as the ESP32 port has it; stands in for the built-in one."""

from micropython import const, heap_lock, heap_unlock, mem_info, opt_level, qstr_info, stack_use
from world import world

__all__ = (
    "alloc_emergency_exception_buf",
    "const",
    "heap_lock",
    "heap_unlock",
    "mem_info",
    "opt_level",
    "qstr_info",
    "schedule",
    "stack_use",
)


def alloc_emergency_exception_buf(size):
    """Accept the buffer; this interpreter always has one."""


def schedule(function, argument):
    """Queue a callback behind the interrupts' own.

    Raises:
        RuntimeError: the queue is full.
    """
    if not world.schedule(function, argument):
        raise RuntimeError("schedule queue full")
