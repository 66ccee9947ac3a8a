"""Which application directory starts, and when the one before takes over again."""

import json

import boot_select

BOTH = ["a", "b"]


def boots(state, whole, count):
    """Return the slots that start in ``count`` boots none of which is confirmed, and the state."""
    started = []
    for _ in range(count):
        slot, stored = boot_select.choose(state, whole)
        if stored is not None:
            # As it comes back from the file.
            state = boot_select.parse(json.dumps(stored))
            assert state == stored
        started.append(slot)
    return started, state


def test_without_an_application_nothing_starts():
    assert boot_select.choose(None, []) == (None, None)
    assert boot_select.choose(boot_select.confirmed("a"), []) == (None, None)


def test_the_slot_in_force_starts_and_nothing_is_written():
    for slot in BOTH:
        assert boot_select.choose(boot_select.confirmed(slot), BOTH) == (slot, None)
        assert boot_select.choose(boot_select.confirmed(slot), [slot]) == (slot, None)


def test_a_version_that_never_stays_up_is_given_up_after_three_boots():
    started, state = boots(boot_select.put_in_force("b"), BOTH, 6)
    assert started == ["b", "b", "b", "a", "a", "a"]
    assert state == {"slot": "a", "confirmed": True, "attempts": 0, "failed": "b"}


def test_a_version_confirmed_at_its_third_boot_stays():
    started, state = boots(boot_select.put_in_force("b"), BOTH, 3)
    assert started == ["b", "b", "b"]
    assert state["attempts"] == 3
    assert boots(boot_select.confirmed("b"), BOTH, 5)[0] == ["b"] * 5


def test_the_first_version_of_all_is_tried_for_ever():
    started, state = boots(boot_select.put_in_force("a"), ["a"], 10)
    assert started == ["a"] * 10
    assert state["attempts"] == boot_select.ATTEMPTS_MAX


def test_a_boot_that_a_person_has_stopped_does_not_count():
    state = boot_select.put_in_force("b")
    for _ in range(10):
        slot, state = boot_select.choose(state, BOTH)
        assert slot == "b"
        assert state["attempts"] == 1
        state = boot_select.forgiven(state)
        assert state["attempts"] == 0
    assert boot_select.forgiven(state) is None
    assert boot_select.forgiven(None) is None
    assert boot_select.forgiven(boot_select.confirmed("a")) is None


def test_a_slot_without_a_manifest_is_passed_over():
    slot, state = boot_select.choose(boot_select.put_in_force("b"), ["a"])
    assert (slot, state["slot"], state["confirmed"], state["failed"]) == ("a", "a", True, "b")
    assert boot_select.choose(boot_select.confirmed("a"), ["b"])[0] == "b"


def test_a_lost_pointer_starts_whatever_is_whole():
    assert boot_select.choose(None, ["b"])[0] == "b"
    assert boot_select.choose(None, BOTH)[0] == "a"


def test_a_new_version_never_goes_over_the_one_to_fall_back_to():
    confirmed = boot_select.confirmed
    assert boot_select.target(None, []) == "a"
    assert boot_select.target(None, ["a"]) == "b"
    assert boot_select.target(None, ["b"]) == "a"
    assert boot_select.target(confirmed("a"), BOTH) == "b"
    assert boot_select.target(confirmed("b"), BOTH) == "a"
    assert boot_select.target(boot_select.put_in_force("b"), BOTH) == "b"
    assert boot_select.target(boot_select.put_in_force("a"), ["a"]) == "b"


def test_anything_that_is_no_state_is_none():
    good = boot_select.put_in_force("a")
    assert boot_select.parse(json.dumps(good)) == good
    for text in ("", "{", "null", "[]", '"a"', "3", "{}", "[" * 5000):
        assert boot_select.parse(text) is None, text[:20]
    for name, value in (
        ("slot", "c"),
        ("slot", None),
        ("slot", ["a"]),
        ("confirmed", None),
        ("confirmed", "yes"),
        ("attempts", -1),
        ("attempts", None),
        ("attempts", True),
        ("failed", "main"),
        ("failed", 0),
    ):
        broken = dict(good)
        broken[name] = value
        assert boot_select.parse(json.dumps(broken)) is None, (name, value)
        del broken[name]
        assert boot_select.parse(json.dumps(broken)) is None, name
