"""What several targets hold their parser to, and the clock that CPython lacks."""

import time

if not hasattr(time, "ticks_ms"):
    time.ticks_ms = lambda: 0

LINE_MAX = 1200


def clear(line):
    """Assert that a refusal is one printable line that says what is accepted."""
    assert "accepted" in line, line
    assert len(line) <= LINE_MAX, len(line)
    assert all(ord(c) >= 32 and ord(c) != 127 for c in line), repr(line)
    sound(line)


def sound(text):
    """Assert that a text can be sent to anyone: UTF-8, without lone surrogates."""
    assert isinstance(text, str)
    assert not any(0xD800 <= ord(c) < 0xE000 for c in text), repr(text)


def text_of(data):
    """Return the text in bytes, or None for what a file or a client would not get through."""
    try:
        return data.decode()
    except ValueError:
        return None


class Memory:
    """A text file or a journal's store without a flash."""

    name = "memory"

    def __init__(self, content=None):
        self.content = content

    def read(self, _key=None):
        return self.content

    def write(self, *content):
        self.content = content[-1]
