"""One module per parser: ``run(data)`` feeds it bytes and asserts what must hold whatever they are.

An ``AssertionError`` is a broken promise, any other exception one that nobody documented. Those
of the firmware's parsers run under MicroPython as well, so they keep to what it has.
"""
