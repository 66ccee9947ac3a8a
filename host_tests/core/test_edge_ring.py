"""The ring between interrupt and task: order kept, overflow counted, late edges marked."""

from core.edge_ring import EdgeRing
from portable import raises


def drain(ring):
    edges = []
    while ring.pop():
        edges.append((ring.ticks_us, ring.lit, ring.late))
    return edges


def ring_at(position, capacity=8):
    """Return an empty ring whose next edge goes into slot ``position``."""
    ring = EdgeRing(capacity)
    for i in range(position):
        ring.push(i, 0)
        ring.pop()
    assert ring.head() == position % capacity
    return ring


def test_edges_come_out_as_they_went_in():
    ring = EdgeRing(8)
    for i in range(5):
        ring.push(100 * i, i & 1)
    assert len(ring) == 5
    assert drain(ring) == [(100 * i, i & 1, False) for i in range(5)]
    assert len(ring) == 0 and ring.overflow == 0


def test_an_empty_ring_keeps_the_last_edge_and_says_so():
    ring = EdgeRing(4)
    assert ring.pop() is False
    ring.push(7, 1)
    assert ring.pop() is True
    assert ring.pop() is False
    assert (ring.ticks_us, ring.lit) == (7, 1)


def test_order_is_kept_across_the_end_of_the_arrays():
    for position in range(8):
        ring = ring_at(position)
        for i in range(7):
            ring.push(1000 + i, i & 1)
        assert drain(ring) == [(1000 + i, i & 1, False) for i in range(7)], position


def test_a_full_ring_counts_what_it_drops_and_keeps_what_it_has():
    for capacity in (2, 4, 256):
        ring = EdgeRing(capacity)
        for i in range(capacity + 9):
            ring.push(i, 1)
        kept = capacity - 1
        assert ring.overflow == capacity + 9 - kept
        assert [edge[0] for edge in drain(ring)] == list(range(kept))


def test_a_ring_that_overflowed_goes_on():
    ring = EdgeRing(4)
    for i in range(10):
        ring.push(i, 1)
    lost = ring.overflow
    drain(ring)
    for i in range(3):
        ring.push(100 + i, 0)
    assert drain(ring) == [(100 + i, 0, False) for i in range(3)]
    assert ring.overflow == lost


def test_timestamps_of_32_bits_are_exact():
    ring = EdgeRing(8)
    stamps = [0, (1 << 30) - 1, 1 << 30, (1 << 31) + 5, (1 << 32) - 1]
    for ticks_us in stamps:
        ring.push(ticks_us, 1)
    assert [edge[0] for edge in drain(ring)] == stamps


def test_only_edges_stored_since_are_marked_late():
    for position in range(8):
        ring = ring_at(position)
        ring.push(1, 1)
        ring.push(2, 0)
        since = ring.head()
        ring.push(3, 1)
        ring.push(4, 0)
        ring.mark_late(since)
        ring.push(5, 1)
        assert drain(ring) == [
            (1, 1, False),
            (2, 0, False),
            (3, 1, True),
            (4, 0, True),
            (5, 1, False),
        ], position


def test_marking_late_with_nothing_stored_since_marks_nothing():
    for position in range(8):
        ring = ring_at(position)
        ring.push(1, 1)
        ring.mark_late(ring.head())
        assert drain(ring) == [(1, 1, False)]


def test_marking_late_reaches_no_further_than_the_oldest_edge():
    for position in range(8):
        for gone in range(1, 4):
            ring = ring_at(position)
            since = ring.head()
            for i in range(4):
                ring.push(i, 1)
            for _ in range(gone):
                ring.pop()
            ring.mark_late(since)
            assert drain(ring) == [(i, 1, True) for i in range(gone, 4)]
            # A slot that is used again starts without the mark.
            for i in range(7):
                ring.push(i, 0)
            assert drain(ring) == [(i, 0, False) for i in range(7)]


def test_marking_a_full_ring_late_marks_all_of_it():
    for position in range(8):
        ring = ring_at(position)
        since = ring.head()
        for i in range(12):
            ring.push(i, 1)
        ring.mark_late(since)
        assert drain(ring) == [(i, 1, True) for i in range(7)]


def test_a_level_given_as_bool_is_a_level():
    ring = EdgeRing(4)
    ring.push(1, True)
    ring.push(2, False)
    assert drain(ring) == [(1, 1, False), (2, 0, False)]


def test_the_capacity_is_a_power_of_two():
    for capacity in (-2, 0, 1, 3, 255, 257):
        assert str(capacity) in str(raises(ValueError, EdgeRing, capacity))
