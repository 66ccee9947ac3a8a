"""Modules that are needed now and then: imported when they are, forgotten when they are not.

What a reader does once a week need not lie in its memory all week: set-up, updates, the
configuration's schema. Such a module must be one that it does not matter to import twice: it
keeps no state in its globals, and nobody asks whether something is of a class of its.

Failure model: there may be no memory for it. Then the import raises MemoryError, leaves nothing
behind, and whoever asked refuses what was asked of it; counting goes on.
"""

import sys
import time

_KEPT_MS = 30000
_OURS = ("core", "services", "drivers")

# name of a module that was asked for -> [when last, names of what it was the first to import]
_held: dict[str, list] = {}


def need(name):
    """Return a module by its name, such as ``core.config``; also marks it as used now.

    Raises:
        MemoryError: there is no room for it now.
    """
    now_ms = time.ticks_ms()
    held = _held.get(name)
    if held is not None and name in sys.modules:
        held[0] = now_ms
        return sys.modules[name]
    before = set(sys.modules)
    try:
        __import__(name)
    except BaseException:
        # A module that stopped half-way must not pass for a whole one the next time.
        for one in _fresh(before):
            _drop(one)
        raise
    _held[name] = [now_ms, _fresh(before)]
    return sys.modules[name]


def forget(idle_ms=_KEPT_MS):
    """Forget what nobody has needed for so long; what still runs keeps what it runs on."""
    now_ms = time.ticks_ms()
    for name in list(_held):
        if time.ticks_diff(now_ms, _held[name][0]) >= idle_ms:
            for one in _held.pop(name)[1]:
                _drop(one)


def _fresh(before):
    """Return the names of modules of ours that came since."""
    return [name for name in sys.modules if name not in before and name.partition(".")[0] in _OURS]


def _drop(name):
    module = sys.modules.pop(name, None)
    package, _, leaf = name.rpartition(".")
    names = getattr(sys.modules.get(package), "__dict__", {})
    if names.get(leaf) is module:
        names.pop(leaf, None)
