"""Runs one portable test file; this is the part that executes inside the interpreter.

Every outcome is one line starting with RECORD, a character no test prints by
accident. All other output belongs to the test whose `start` came last, so
a traceback needs no quoting and survives a crash of the interpreter.
"""

import sys

import portable

RECORD = "\x1e"


def run(paths, module_name, names):
    """Import `module_name` with `paths` first in sys.path and run its tests `names`."""
    sys.path[:0] = paths
    implementation = sys.implementation
    version = ".".join([str(part) for part in implementation.version[:2]])
    _record("interpreter", f"{implementation.name} {version}")
    outcome, reason = _attempt(lambda: __import__(module_name))
    if outcome != "passed":
        # The module's own traceback is already printed, before the first `start`.
        for name in names:
            _record("start", name)
            _record(outcome, name, reason or "the test module could not be imported")
        return
    module = sys.modules[module_name]
    for name in names:
        _record("start", name)
        outcome, reason = _attempt(lambda name=name: _call(getattr(module, name)))
        _record(outcome, name, reason)


def _call(test):
    awaitable = test()
    # An `async def test_...` gives a coroutine, which MicroPython makes of a generator.
    if hasattr(awaitable, "send"):
        import asyncio

        asyncio.run(awaitable)


def _attempt(function):
    """Return ("passed" | "skipped" | "failed", reason)."""
    try:
        function()
    except portable.SkipTest as skip:
        return "skipped", str(skip) or "no reason given"
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a test that calls sys.exit() has failed too
        _print_traceback(error)
        return "failed", ""
    return "passed", ""


def _print_traceback(error):
    if hasattr(sys, "print_exception"):
        sys.print_exception(error)
    else:
        import traceback

        traceback.print_exception(error, file=sys.stdout)


def _record(kind, name, reason=""):
    # The leading newline ends whatever unfinished line the test left behind.
    print("\n" + RECORD + kind + " " + name + " " + reason.replace("\n", " "))
