"""The mark of what has been delivered, beside a history that may be any other."""

import struct

from core import history, journal
from services.outbox import KIND, Outbox
from tools.fuzz.target.oracle import Memory


class _History:
    """The part of ``services.history.History`` and of its store that the outbox asks for."""

    def __init__(self, first, count, holes):
        self._first = first
        self._next = first + count
        self._holes = holes
        self.store = self
        self.dates = history.Dates()

    def first_sequence(self):
        return self._first

    def next_sequence(self):
        return self._next

    def after(self, sequence):
        for number in range(max(sequence, self._first), self._next):
            if not self._holes >> (number & 7) & 1:
                return history.Record(number, 900 * number, 0, 0, 1, number, None, None, 900)
        return None


def run(data):
    first, count, holes = struct.unpack("<IBB", (data + bytes(6))[:6])
    kept = _History(first, count % 32, holes)
    mark = data[6:]
    nvs = Memory(journal.encode(KIND, 1, mark[:64]))
    outbox = Outbox(kept, None, None, [Memory()], [nvs], lambda: None, lambda: 0)
    outbox.restore(3)
    most = kept.next_sequence() - kept.first_sequence()
    assert 0 <= outbox.waiting() <= most
    for _ in range(2):
        record = outbox._due()
        assert record is None or record.sequence < kept.next_sequence()
        assert 0 <= outbox.waiting() <= most
    assert outbox.lost <= max(kept.next_sequence(), most)
