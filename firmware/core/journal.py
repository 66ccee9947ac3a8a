"""Records that survive a power cut: one blob with sequence number and CRC, newest valid wins.

Every record is written whole to every store in turn. A store may lose it, tear it or be
erased; as long as one write completed, the newest valid record is at most one save old.
The store that is furthest behind is written first: else a second power cut, in the first
save after one that left a single store up to date, could tear the only copy of what the
reader has shown since.
"""

import struct
from binascii import crc32

_HEADER = "<4sBBHQ"
_HEADER_SIZE = struct.calcsize(_HEADER)
_MAGIC = b"OMNI"
_FORMAT = 1
# A larger one is none of ours, and could not be followed by another for long.
_SEQUENCE_MAX = (1 << 64) - (1 << 32)


def encode(kind, sequence, payload):
    """Return the record of ``payload``.

    Args:
        kind: what the payload is, 0...255.
        sequence: 0...2**64 - 1, larger is newer.
        payload: bytes, at most 65535.
    """
    head = struct.pack(_HEADER, _MAGIC, _FORMAT, kind, len(payload), sequence)
    body = head + payload
    return body + struct.pack("<I", crc32(body))


def decode(kind, blob):
    """Return (sequence, payload) of a record, or None for anything that is not one."""
    if blob is None or len(blob) < _HEADER_SIZE + 4:
        return None
    blob = bytes(blob)
    magic, version, stored_kind, length, sequence = struct.unpack(_HEADER, blob[:_HEADER_SIZE])
    end = _HEADER_SIZE + length
    if magic != _MAGIC or version != _FORMAT or stored_kind != kind or len(blob) < end + 4:
        return None
    # Stores pad to their own sizes: the record ends where its length says.
    if struct.unpack("<I", blob[end : end + 4])[0] != crc32(blob[:end]):
        return None
    return sequence, blob[_HEADER_SIZE:end]


def pack_all(layout, rows):
    """Return rows of numbers as a payload."""
    return b"".join([struct.pack(layout, *row) for row in rows])


def unpack_all(layout, payload):
    """Return the rows of a payload.

    Raises:
        ValueError: not a whole number of rows.
    """
    size = struct.calcsize(layout)
    if len(payload) % size:
        raise ValueError("record: {} bytes, no whole number of {}".format(len(payload), layout))
    return [struct.unpack(layout, payload[i : i + size]) for i in range(0, len(payload), size)]


class Journal:
    """One kind of record, kept in several stores.

    A store has ``name``, ``read(key)`` returning bytes or None, and ``write(key, blob)``;
    both may raise OSError.

    Args:
        key: the record's name in every store, at most 15 characters (an NVS limit).
        kind: record kind, see ``encode``.
        durable: stores that outlive a power cut, written by ``save``, in this order where
            none is behind.
        quick: stores that outlive a reset only, written by ``save`` and ``checkpoint``.

    Attributes:
        saves: completed saves since boot.
        errors: store name to its last error, for the stores that failed last time.
    """

    def __init__(self, key, kind, durable, quick=()):
        self._key = key
        self._kind = kind
        self._durable = list(durable)
        self._quick = quick
        self._sequence = 0
        self.saves = 0
        self.errors = {}

    def load(self):
        """Return the newest valid payload, or None where no store holds one."""
        newest = None
        held = {}
        for store in self._durable + list(self._quick):
            try:
                found = decode(self._kind, store.read(self._key))
            except (OSError, ValueError, MemoryError) as error:
                self.errors[store.name] = str(error)
                continue
            if found and found[0] <= _SEQUENCE_MAX:
                held[store.name] = found[0]
                if newest is None or found[0] > newest[0]:
                    newest = found
        self._put_first(lambda store: held.get(store.name, -1))
        if newest is None:
            return None
        self._sequence = newest[0]
        return newest[1]

    def save(self, payload):
        """Write to every store; return True when at least one durable write completed."""
        return self._write(payload, self._durable, self._quick)

    def checkpoint(self, payload):
        """Write to the quick stores alone: cheap enough for every pulse."""
        if self._quick:
            self._write(payload, (), self._quick)

    def _write(self, payload, durable, quick):
        self._sequence += 1
        blob = encode(self._kind, self._sequence, payload)
        completed = False
        for store in durable:
            completed = self._attempt(store, blob) or completed
        for store in quick:
            self._attempt(store, blob)
        if completed:
            self.saves += 1
            self._put_first(lambda store: store.name not in self.errors)
        return completed

    def _put_first(self, rank):
        """Order the durable stores by rank, those of equal rank as before."""
        numbered = [(rank(store), at) for at, store in enumerate(self._durable)]
        self._durable = [self._durable[at] for _, at in sorted(numbered)]

    def _attempt(self, store, blob):
        try:
            store.write(self._key, blob)
        except (OSError, MemoryError) as error:
            # One store failing must not keep the record from the next.
            self.errors[store.name] = str(error)
            return False
        self.errors.pop(store.name, None)
        return True
