"""A journal's record out of any store."""

import struct
from binascii import crc32

from core import journal
from tools.fuzz.target.oracle import Memory

_HEAD = 16
_TOP = 0xFFFFFFFF  # of a sequence number: one that leaves no room to go on


def run(data):
    kind = data[0] if data else 0
    blob = data[1:]
    _check(kind, blob)
    if len(blob) >= _HEAD:
        # With its CRC put right, so that what lies behind it is reached.
        end = _HEAD + struct.unpack("<H", blob[6:8])[0]
        _check(kind, blob[:end] + struct.pack("<I", crc32(blob[:end])))


def _check(kind, blob):
    found = journal.decode(kind, blob)
    if found:
        sequence, payload = found
        assert blob.startswith(journal.encode(kind, sequence, payload))
    store = Memory(blob)
    kept = journal.Journal("key", kind, [store])
    loaded = kept.load()
    assert loaded == (found[1] if found else None) or (loaded is None and found[0] >> 32 == _TOP)
    # It goes on from whatever it found.
    assert kept.save(b"next")
    assert journal.decode(kind, store.content)[1] == b"next"
