"""What core modules take from MicroPython's `micropython`, for running them on CPython."""


def const(value):
    """Return the value: only MicroPython's compiler can do more with it."""
    return value


def _unchanged(function):
    return function


native = viper = _unchanged
