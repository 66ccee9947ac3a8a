"""``slot.json``, which says what version starts."""

import boot_select

from tools.fuzz.target.oracle import text_of


def run(data):
    text = text_of(data)
    if text is None:
        return
    state = boot_select.parse(text)
    for whole in ((), ("a",), ("b",), ("a", "b")):
        slot, stored = boot_select.choose(state, whole)
        assert slot in whole or (slot is None and not whole)
        if stored is not None:
            assert stored["slot"] in boot_select.SLOTS
        assert boot_select.target(state, whole) in boot_select.SLOTS
