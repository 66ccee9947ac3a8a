"""Power fails at every write step of an installation: the reader starts all the same.

Real littlefs on flash that tears, the board's own half of ``deploy`` and ``update``, and
the chooser. Whatever was cut short, one whole application is found and started; the new one
only when every byte of it is there.
"""

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import hashlib
import os
from binascii import hexlify

import boot_select
import crash_board
from crash_board import KINDS, Board, Supply

from drivers import slot_store

# Every directory takes two sectors.
crash_board.SECTORS = 40
# Larger than what littlefs keeps inside a directory, and smaller.
OLD = {"main.mpy": b"old main" * 100, "core/meter.mpy": b"old meter", "core/gone.mpy": b"x"}
NEW = {
    "main.mpy": b"new main" * 120,
    "core/meter.mpy": b"old meter",
    "core/added.mpy": b"new" * 300,
    "www/index.html.gz": b"page",
}


def manifest(version, contents):
    """Return the manifest of an application."""
    hashes = {
        name: hexlify(hashlib.sha256(data).digest()).decode() for name, data in contents.items()
    }
    return {"version": version, "files": hashes}


def install(version, contents):
    """Install an application as ``deploy`` does, file by file."""
    slot, source = slot_store.begin()
    wanted = manifest(version, contents)
    names = list(contents)
    before = slot_store.hashes(slot, names)
    elsewhere = slot_store.hashes(source, names) if source else [None] * len(names)
    slot_store.prune(slot, names)
    for name, is_now, is_there in zip(names, before, elsewhere):
        path = slot + "/" + name
        if is_now == wanted["files"][name]:
            continue
        if is_there == wanted["files"][name]:
            slot_store.copy(source + "/" + name, path)
            continue
        slot_store.make_directories(path)
        with open(path, "wb") as file:
            file.write(contents[name])
    assert slot_store.finish(slot, wanted) == []
    return slot


def boot():
    """Boot once; return (slot, version) after checking that every byte of it is there."""
    slot, state = boot_select.choose(boot_select.read_state(), boot_select.whole_slots())
    if state is not None:
        boot_select.write_state(state)
    if slot is None:
        return None, None
    found = slot_store.manifest_of(slot)
    assert slot_store.verify(slot, found) == []
    return slot, found["version"]


def on(board, supply, action):
    """Power a board, do something in its file system, and take the power away."""
    board.power_on(supply)
    before = os.getcwd()
    os.chdir("/crash")
    try:
        return action()
    finally:
        os.chdir(before)
        board.power_off(False)


def fresh():
    """Return a board that was never used."""
    crash_board.clear()
    return Board()


def board_with_old():
    """Return a board on which the old version has stayed up."""
    board = fresh()

    def prepare():
        install("old", OLD)
        boot()
        assert boot_select.confirm()

    on(board, Supply(), prepare)
    board.formats = 0
    return board


def kept(board):
    """Return what a board holds, to go back to."""
    return board.image


def cut_everywhere(image, action, check):
    """Cut ``action`` at each of its write steps in every way, and ``check`` what is left."""
    board = Board()
    board.image = image
    counting = Supply()
    on(board, counting, action)
    steps = len(counting.steps)
    assert steps > 0
    for cut_at in range(steps):
        for kind in KINDS:
            board = Board()
            board.image = image
            on(board, Supply(cut_at, kind), action)
            on(board, Supply(), lambda where=(cut_at, kind): check(where))
            assert board.formats == 0, (cut_at, kind)
    return steps


def test_an_installation_cut_anywhere_leaves_the_old_or_the_new_version_whole():
    versions = set()

    def check(where):
        _, version = boot()
        assert version in ("old", "new"), where
        versions.add(version)
        # And the next attempt succeeds.
        install("new", NEW)
        assert boot()[1] == "new", where

    steps = cut_everywhere(kept(board_with_old()), lambda: install("new", NEW), check)
    assert versions == {"old", "new"}
    assert steps > 20, steps


def test_a_first_installation_cut_anywhere_leaves_nothing_or_all_of_it():
    board = fresh()
    on(board, Supply(), lambda: None)
    versions = set()

    def check(where):
        versions.add(boot()[1])
        install("new", NEW)
        assert boot()[1] == "new", where

    cut_everywhere(kept(board), lambda: install("new", NEW), check)
    assert versions == {None, "new"}


def test_a_version_on_probation_replaced_and_cut_leaves_the_last_good_one():
    board = board_with_old()

    def prepare():
        assert install("bad", {"main.mpy": b"bad"}) == "b"
        assert boot()[1] == "bad"

    on(board, Supply(), prepare)
    versions = set()

    def check(where):
        _, version = boot()
        versions.add(version)
        assert version in ("old", "new", "bad"), where

    cut_everywhere(kept(board), lambda: install("new", NEW), check)
    assert {"old", "new"} <= versions


def test_going_back_after_three_boots_cut_anywhere_still_goes_back():
    board = board_with_old()

    def prepare():
        install("bad", NEW)
        for _ in range(boot_select.ATTEMPTS_MAX):
            assert boot()[1] == "bad"

    on(board, Supply(), prepare)

    def check(where):
        assert boot()[1] == "old", where
        assert boot_select.failed_slot() == "b", where
        assert boot_select.failed_slot() is None, where
        assert boot()[1] == "old", where

    cut_everywhere(kept(board), boot, check)


def test_counting_an_attempt_cut_anywhere_starts_the_new_version_again():
    board = board_with_old()
    on(board, Supply(), lambda: install("new", NEW))

    def check(where):
        assert boot()[1] == "new", where

    cut_everywhere(kept(board), boot, check)


def test_confirming_cut_anywhere_keeps_the_new_version():
    board = board_with_old()

    def prepare():
        install("new", NEW)
        boot()

    on(board, Supply(), prepare)

    def check(where):
        assert boot()[1] == "new", where
        boot_select.confirm()
        assert not boot_select.confirm(), where

    cut_everywhere(kept(board), boot_select.confirm, check)


def test_only_what_changed_is_written():
    board = board_with_old()
    on(board, Supply(), lambda: install("new", NEW))
    everything, unchanged = Supply(), Supply()

    def confirm_and_install():
        boot()
        boot_select.confirm()
        install("new", NEW)

    on(board, everything, confirm_and_install)
    on(board, unchanged, confirm_and_install)
    # The first goes into the slot of the old version, the second finds its files in place.
    assert len(unchanged.steps) < len(everything.steps)


def test_a_file_that_arrived_damaged_is_named_and_nothing_put_in_force():
    board = board_with_old()

    def action():
        slot, _ = slot_store.begin()
        wanted = manifest("new", NEW)
        for name, data in NEW.items():
            slot_store.make_directories(slot + "/" + name)
            with open(slot + "/" + name, "wb") as file:
                file.write(data)
        with open(slot + "/www/index.html.gz", "wb") as file:
            file.write(b"pagf")
        os.remove(slot + "/core/added.mpy")
        assert set(slot_store.finish(slot, wanted)) == {"www/index.html.gz", "core/added.mpy"}
        assert boot()[1] == "old"

    on(board, Supply(), action)
