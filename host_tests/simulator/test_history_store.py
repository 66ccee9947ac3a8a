"""Records on real littlefs: found again, dropped oldest first, whole after any power cut."""

import crash_board
import shims

shims.install()

# isort: split
import os

from crash_board import KINDS, Board, Supply

from core.history import Record
from drivers.history_store import PER_FILE, HistoryStore

DIRECTORY = "/crash/history"


def record(sequence, pulses=900):
    """Return a record as the chain has it: its number tells everything else."""
    total = 1000 + pulses * (sequence + 1)
    return Record(sequence, 1800000000 + 900 * sequence, 1, 0, pulses, total, 5, 9000, 900)


def board(image=None):
    """Return a board with its flash mounted."""
    crash_board.clear()
    fresh = Board()
    fresh.image = image
    fresh.power_on(Supply())
    return fresh


def store(files=32):
    """Return a store that has looked at the flash."""
    out = HistoryStore(DIRECTORY, files)
    out.load()
    return out


def test_what_was_appended_is_found_after_a_restart():
    board()
    first = store()
    assert (first.next_sequence(), first.first_sequence(), first.last) == (0, 0, None)
    for sequence in range(250):
        assert first.append(record(sequence)), first.error
    for found in (first, store()):
        assert found.next_sequence() == 250
        assert found.last == record(249)
        assert [one.sequence for one in found.records()] == list(range(250))
        assert [one.sequence for one in found.records(190)] == list(range(190, 250))
        assert found.read(96) == record(96)
        assert found.read(250) is None
        assert found.after(7) == record(7)
        assert found.after(250) is None
    crash_board.clear()


def test_a_history_may_begin_at_any_number():
    board()
    first = store()
    assert first.append(record(500))
    found = store()
    assert found.last == record(500)
    assert [one.sequence for one in found.records()] == [500]
    assert found.after(480) == record(500)
    crash_board.clear()


def test_the_oldest_files_are_dropped():
    board()
    first = store(files=3)
    for sequence in range(5 * PER_FILE + 1):
        assert first.append(record(sequence)), first.error
    for found in (first, store(files=3)):
        assert found.first_sequence() == 3 * PER_FILE
        assert [one.sequence for one in found.records()] == list(
            range(3 * PER_FILE, 5 * PER_FILE + 1)
        )
    # By age, not for want of room.
    assert first.dropped == 0
    crash_board.clear()


def test_a_full_flash_gives_up_the_oldest_and_says_so():
    board()
    first = store()
    for sequence in range(20 * PER_FILE):
        assert first.append(record(sequence)), (sequence, first.error)
    assert first.dropped > 0
    assert first.dropped % PER_FILE == 0
    assert first.first_sequence() == first.dropped
    assert first.error is None
    assert [one.sequence for one in store().records()] == list(range(first.dropped, 20 * PER_FILE))
    crash_board.clear()


def test_a_flash_filled_by_others_is_reported_and_nothing_raises():
    board()
    first = store()
    # More than littlefs keeps inside a directory.
    for sequence in range(30):
        assert first.append(record(sequence))
    blob = b"x" * 4096
    try:
        for number in range(100):
            with open("/crash/other{}".format(number), "wb") as file:
                file.write(blob)
    except OSError:
        pass
    # The file being written is never given up for room.
    assert not first.append(record(30))
    assert "history" in first.error
    assert [one.sequence for one in first.records()] == list(range(30))
    os.remove("/crash/other0")
    os.remove("/crash/other1")
    assert first.append(record(30))
    assert first.error is None
    assert store().last == record(30)
    crash_board.clear()


def test_a_torn_last_record_is_tolerated_and_written_again():
    # Not littlefs, which appends whole or not at all: a file system that tears.
    board()
    first = store()
    for sequence in range(5):
        first.append(record(sequence))
    path = DIRECTORY + "/00000000.his"
    with open(path, "rb") as file:
        whole = file.read()
    for length in range(len(whole) - 39, len(whole)):
        with open(path, "wb") as file:
            file.write(whole[:length])
        found = store()
        assert found.last == record(3), length
        assert found.append(record(4))
        with open(path, "rb") as file:
            assert file.read() == whole
    crash_board.clear()


def test_a_record_gone_bad_costs_itself_alone():
    board()
    first = store()
    for sequence in range(10):
        first.append(record(sequence))
    with open(DIRECTORY + "/00000000.his", "r+b") as file:
        file.seek(4 * 40 + 7)
        file.write(b"\x55")
    found = store()
    assert [one.sequence for one in found.records()] == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert found.read(4) is None
    assert found.after(4) == record(5)
    crash_board.clear()


def test_foreign_files_are_no_history():
    board()
    os.mkdir(DIRECTORY)
    for name in ("x.his", "notes.txt", "00000007.his", ".his"):
        with open(DIRECTORY + "/" + name, "wb") as file:
            file.write(b"nothing of the kind" * 20)
    found = store()
    assert found.last is None
    assert list(found.records()) == []
    assert found.append(record(0))
    crash_board.clear()


def test_power_fails_at_every_write_step():
    # Around the change to a second file, with the first dropped for the third.
    board_ = board()
    first = store(files=2)
    for sequence in range(2 * PER_FILE - 2):
        first.append(record(sequence))
    board_.power_off(False)
    start = board_.image
    board_.formats = 0

    def live(supply):
        board_.power_on(supply)
        found = store(files=2)
        done = found.last.sequence
        for sequence in range(found.next_sequence(), 2 * PER_FILE + 3):
            if not found.append(record(sequence)) or supply.dead:
                break
            done = sequence
        return done

    whole = Supply()
    live(whole)
    board_.power_off(False)
    steps = len(whole.steps)
    assert steps > 10
    for cut_at in range(steps):
        for kind in KINDS:
            board_.image = start
            done = live(Supply(cut_at, kind))
            board_.power_off(False)
            board_.power_on(Supply())
            found = store(files=2)
            where = (cut_at, kind)
            assert board_.formats == 0, where
            assert found.last.sequence in (done, done + 1), where
            kept = list(found.records())
            assert kept == [record(one.sequence) for one in kept], where
            assert [one.sequence for one in kept] == list(
                range(found.first_sequence(), found.last.sequence + 1)
            ), where
            assert found.append(record(found.next_sequence())), where
            board_.power_off(False)
