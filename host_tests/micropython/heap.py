"""Measure what a function takes from the heap.

Without a collection, before or meanwhile: it would hide what was taken, and the wasm32
interpreter's collector frees what is still in use.
"""

import gc

import micropython


def growth(function, argument):
    """Return the bytes that ``function(argument)`` leaves on the heap."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        # Both readings are small ints: taking them costs nothing.
        before = gc.mem_alloc()
        function(argument)
        return gc.mem_alloc() - before
    finally:
        if enabled:
            gc.enable()


def locked(function, argument):
    """Run ``function(argument)`` with the heap locked; return the exception it raised."""
    micropython.heap_lock()
    try:
        function(argument)
    except MemoryError as error:
        return error
    finally:
        micropython.heap_unlock()
    return None
