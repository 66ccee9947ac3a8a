"""The owner's password: PBKDF2-HMAC-SHA256 (RFC 8018) in steps that do not hold up counting.

The port has neither ``pbkdf2_hmac`` nor ``hmac``; both are built on ``hashlib.sha256``.
"""

import struct
from hashlib import sha256

from core.plain_text import is_plain

KIND = 16
LEAST = 8
MOST = 64
# About half a second on the chip. Guessing is held up by the limit on attempts; this is for
# the case that the record itself is read out of the flash.
ITERATIONS = 4096
SALT_BYTES = 16
# More would keep whoever asks waiting for minutes, at every attempt.
_ITERATIONS_MAX = 64 * ITERATIONS
ACCEPTED = "{} to {} characters".format(LEAST, MOST)

_FORMAT = "<BI16s32s"
_VERSION = 1
_BLOCK = 64


def acceptable(password):
    """Return whether a new password is text of 8 to 64 printable characters."""
    return isinstance(password, str) and LEAST <= len(password) <= MOST and is_plain(password)


def equal(a, b):
    """Compare bytes in a time that depends on the length alone."""
    if len(a) != len(b):
        return False
    difference = 0
    for i in range(len(a)):
        difference |= a[i] ^ b[i]
    return difference == 0


def mac(key, message):
    """Return HMAC-SHA256 (RFC 2104) of ``message``."""
    inner, outer = _pads(key)
    return sha256(outer + sha256(inner + message).digest()).digest()


def _pads(key):
    if len(key) > _BLOCK:
        key = sha256(key).digest()
    key = key + bytes(_BLOCK - len(key))
    return bytes([byte ^ 0x36 for byte in key]), bytes([byte ^ 0x5C for byte in key])


class Derivation:
    """One derivation of a 32-byte key, a few iterations at a time.

    Args:
        password: text.
        salt: bytes.
        iterations: 1 or more.
    """

    def __init__(self, password, salt, iterations):
        self._inner, self._outer = _pads(password.encode())
        self._left = iterations
        self._last = salt + b"\0\0\0\1"
        self._sum = 0

    def step(self, iterations):
        """Go on by up to ``iterations``; return True when the key is ready."""
        last = self._last
        total = self._sum
        inner = self._inner
        outer = self._outer
        for _ in range(min(iterations, self._left)):
            last = sha256(outer + sha256(inner + last).digest()).digest()
            total ^= int.from_bytes(last, "big")
        self._left -= min(iterations, self._left)
        self._last = last
        self._sum = total
        return not self._left

    def key(self):
        """Return the key of a finished derivation."""
        return self._sum.to_bytes(32, "big")


def pack(salt, key, iterations):
    """Return the record that is stored: enough to check a password, not to know it."""
    return struct.pack(_FORMAT, _VERSION, iterations, salt, key)


def unpack(payload):
    """Return (salt, key, iterations) of a record.

    Raises:
        ValueError: not a record that this firmware understands.
    """
    if len(payload) != struct.calcsize(_FORMAT):
        raise ValueError("password record: {} bytes".format(len(payload)))
    version, iterations, salt, key = struct.unpack(_FORMAT, payload)
    if version != _VERSION or not 0 < iterations <= _ITERATIONS_MAX:
        raise ValueError("password record: version {}".format(version))
    return salt, key, iterations
