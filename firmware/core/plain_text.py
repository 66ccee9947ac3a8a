"""Text from outside that is safe to send on: no control characters, nothing that is no UTF-8.

It is looked at byte by byte. MicroPython keeps every different character that a loop over a text
yields in its table of names, for good: whoever sent enough of them would take the heap.
"""


def is_plain(text):
    """Return whether text has neither control characters nor halves of surrogate pairs.

    The latter come out of JSON escapes, and are no UTF-8 once they are sent to anyone.
    """
    try:
        data = text.encode()
    except UnicodeError:
        return False
    before = 0
    for byte in data:
        if byte < 32 or (before == 0xED and byte >= 0xA0):
            return False
        before = byte
    return True


def consists_of(text, characters):
    """Return whether text has no other characters than these, which are ASCII, as bytes."""
    return all(byte in characters for byte in _bytes(text))


def shown(text, most):
    """Return text for a message: printable ASCII, and no more than ``most`` characters of it."""
    start = [
        byte if 32 <= byte < 127 else 63 for byte in _bytes(text[:most]) if byte & 0xC0 != 0x80
    ]
    return bytes(start).decode() + ("..." if len(text) > most else "")


def _bytes(text):
    return text.encode("utf-8", "replace")
