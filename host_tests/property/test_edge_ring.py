"""The ring against a list that does the same without any arithmetic."""

from hypothesis import given
from hypothesis import strategies as st

from core.edge_ring import EdgeRing

CAPACITY = 8

actions = st.lists(
    st.one_of(
        st.tuples(st.just("push"), st.integers(0, (1 << 32) - 1), st.integers(0, 1)),
        st.just(("pop",)),
        st.just(("block",)),
        st.just(("unblock",)),
    ),
    max_size=120,
)


@given(st.integers(0, CAPACITY - 1), actions)
def test_any_sequence_of_pushes_pops_and_blocks(position, actions):
    ring = EdgeRing(CAPACITY)
    for _ in range(position):
        ring.push(0, 0)
        ring.pop()
    model, dropped, blocked = [], 0, None
    for action in actions:
        if action[0] == "push":
            if len(model) < CAPACITY - 1:
                # [ticks, lit, late, stored during the present block]
                model.append([action[1], action[2], False, blocked is not None])
            else:
                dropped += 1
            ring.push(action[1], action[2])
        elif action[0] == "pop":
            # Nothing is drained while the interpreter is blocked.
            if blocked is None:
                expected = model.pop(0) if model else None
                assert ring.pop() is (expected is not None)
                if expected:
                    assert [ring.ticks_us, ring.lit, ring.late] == expected[:3]
        elif action[0] == "block":
            if blocked is None:
                blocked = ring.head()
        elif blocked is not None:
            ring.mark_late(blocked)
            blocked = None
            for edge in model:
                edge[2] = edge[2] or edge[3]
                edge[3] = False
        assert len(ring) == len(model)
        assert ring.overflow == dropped
    if blocked is not None:
        ring.mark_late(blocked)
        for edge in model:
            edge[2] = edge[2] or edge[3]
    while model:
        assert ring.pop()
        assert [ring.ticks_us, ring.lit, ring.late] == model.pop(0)[:3]
    assert not ring.pop()
