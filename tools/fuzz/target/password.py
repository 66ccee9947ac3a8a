"""The password's record, a new password, and the header that brings one."""

import json
from binascii import a2b_base64

from core import password
from services.web_auth import _given
from tools.fuzz.target.oracle import sound, text_of

_SIZE = 53
_ITERATIONS_MAX = 1000000


def run(data):
    _record(data)
    _record((b"\1" + data + bytes(_SIZE))[:_SIZE])
    text = text_of(data)
    if text is None:
        return
    _header(text)
    _new(text)
    try:
        _new(json.loads(text))
    except (ValueError, RuntimeError, MemoryError):
        pass


def _record(payload):
    try:
        salt, key, iterations = password.unpack(payload)
    except ValueError as error:
        assert "password record" in str(error)
        return
    # More would keep the page waiting for minutes at each attempt.
    assert 0 < iterations <= _ITERATIONS_MAX
    assert password.pack(salt, key, iterations) == payload


def _new(value):
    if password.acceptable(value):
        sound(value)
        assert password.Derivation(value, b"salt", 1).step(1)


def _header(text):
    given = _given(text)
    if given is None:
        return
    assert 0 < len(given) <= password.MOST
    given.encode()
    if not text.lower().startswith("bearer"):
        assert given.encode() in a2b_base64(text.partition(" ")[2].strip().encode())
