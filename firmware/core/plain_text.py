"""Text from outside that is safe to send on: no control characters, nothing that is no UTF-8."""


def is_plain(text):
    """Return whether text has neither control characters nor halves of surrogate pairs.

    The latter come out of JSON escapes, and are no UTF-8 once they are sent to anyone.
    """
    return all(32 <= ord(c) < 0xD800 or ord(c) > 0xDFFF for c in text)


def shown(text, most):
    """Return text for a message: printable ASCII, and no more than ``most`` characters of it."""
    start = "".join([c if 32 <= ord(c) < 127 else "?" for c in text[:most]])
    return start + "..." if len(text) > most else start
