"""What a portable test needs beyond bare `assert`, the same on every interpreter.

pytest cannot be imported under MicroPython, so its two indispensable helpers
are here in the few lines that run everywhere.
"""


class SkipTest(Exception):
    """Raise with a reason, in a test or at module level; the reason is always printed."""


def raises(expected, function, *arguments):
    """Call `function`, demand that it raises `expected` and return that exception."""
    try:
        function(*arguments)
    except expected as error:
        return error
    raise AssertionError(f"{expected.__name__} was not raised")
