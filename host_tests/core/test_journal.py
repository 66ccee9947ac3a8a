"""Records that survive a power cut: the newest valid wins, anything damaged is refused."""

from core.journal import Journal, decode, encode
from portable import raises

KIND = 1


class Store:
    """A store in memory, which can be told to fail."""

    def __init__(self, name="store"):
        self.name = name
        self.blobs = {}
        self.fails = None
        self.writes = 0

    def read(self, key):
        if self.fails:
            raise self.fails
        return self.blobs.get(key)

    def write(self, key, blob):
        if self.fails:
            raise self.fails
        self.writes += 1
        self.blobs[key] = bytes(blob)


def test_a_record_comes_back_as_it_was():
    for sequence in (0, 1, (1 << 31) + 1, (1 << 64) - 1):
        for payload in (b"", b"x", bytes(range(256)), b"\0" * 2000):
            assert decode(KIND, encode(KIND, sequence, payload)) == (sequence, payload)


def test_any_flipped_bit_is_refused():
    blob = encode(KIND, 7, b"the register's 37 bytes or so, as it is")
    for i in range(len(blob) * 8):
        damaged = bytearray(blob)
        damaged[i >> 3] ^= 1 << (i & 7)
        assert decode(KIND, damaged) is None, i


def test_any_truncation_is_refused():
    blob = encode(KIND, 7, b"the register's 37 bytes or so, as it is")
    for length in range(len(blob)):
        assert decode(KIND, blob[:length]) is None
        # A store that had the space already may show a torn write as padded.
        if blob[length:] != bytes(len(blob) - length):
            assert decode(KIND, blob[:length] + bytes(len(blob) - length)) is None
            assert decode(KIND, blob[:length] + b"\xff" * 64) is None


def test_padding_after_the_record_is_accepted():
    blob = encode(KIND, 7, b"payload")
    for padding in (b"\0", b"\xff" * 100, blob):
        assert decode(KIND, blob + padding) == (7, b"payload")


def test_what_is_no_record_is_refused():
    for garbage in (None, b"", b"OMNI", b"\0" * 64, b"\xff" * 64, b"OMNI" * 16):
        assert decode(KIND, garbage) is None


def test_a_record_of_another_kind_is_refused():
    assert decode(KIND, encode(KIND + 1, 7, b"payload")) is None


def test_a_record_of_another_format_is_refused():
    blob = bytearray(encode(KIND, 7, b"payload"))
    blob[4] += 1
    assert decode(KIND, blob) is None


def test_nothing_stored_is_nothing_loaded():
    assert Journal("k", KIND, [Store()], [Store()]).load() is None


def test_the_newest_valid_record_wins_wherever_it_lies():
    for newest in range(3):
        stores = [Store(str(i)) for i in range(3)]
        for i, store in enumerate(stores):
            sequence = 100 if i == newest else 50 + i
            store.write("k", encode(KIND, sequence, b"payload %d" % i))
        assert Journal("k", KIND, stores[:2], stores[2:]).load() == b"payload %d" % newest


def test_sequences_are_compared_beyond_32_bits():
    old, new = Store(), Store()
    old.write("k", encode(KIND, (1 << 32) - 1, b"old"))
    new.write("k", encode(KIND, 1 << 32, b"new"))
    assert Journal("k", KIND, [old, new]).load() == b"new"


def test_a_damaged_newest_record_leaves_the_one_before():
    nvs, twin = Store("nvs"), Store("twin")
    journal = Journal("k", KIND, [nvs, twin])
    journal.save(b"one")
    before = nvs.blobs["k"]
    journal.save(b"two")
    twin.blobs["k"] = before
    nvs.blobs["k"] = nvs.blobs["k"][:-1]
    assert Journal("k", KIND, [nvs, twin]).load() == b"one"


def test_after_a_restart_newer_records_win_over_all_older_ones():
    store = Store()
    for i in range(5):
        journal = Journal("k", KIND, [store])
        assert journal.load() == (b"%d" % (i - 1) if i else None)
        journal.save(b"%d" % i)
    assert decode(KIND, store.blobs["k"]) == (5, b"4")


def test_one_erased_store_loses_nothing():
    for erased in range(2):
        stores = [Store("nvs"), Store("twin")]
        Journal("k", KIND, stores).save(b"payload")
        stores[erased].blobs.clear()
        assert Journal("k", KIND, stores).load() == b"payload"


def test_a_store_that_raises_does_not_keep_the_record_from_the_others():
    for failing, error in ((0, OSError), (1, OSError), (0, MemoryError), (1, MemoryError)):
        stores = [Store("a"), Store("b")]
        stores[failing].fails = error("flash worn out")
        journal = Journal("k", KIND, stores)
        assert journal.save(b"payload") is True
        assert journal.saves == 1
        assert journal.errors == {stores[failing].name: "flash worn out"}
        assert stores[1 - failing].writes == 1
        again = Journal("k", KIND, stores)
        assert again.load() == b"payload"
        assert list(again.errors) == [stores[failing].name]
        stores[failing].fails = None
        assert journal.save(b"payload") is True
        assert journal.errors == {}


def test_a_store_that_cannot_make_sense_of_its_content_is_passed_over():
    broken, good = Store("broken"), Store("good")
    good.write("k", encode(KIND, 1, b"payload"))
    broken.fails = ValueError("not a blob")
    assert Journal("k", KIND, [broken, good]).load() == b"payload"


def test_a_save_that_no_durable_store_took_is_no_save():
    durable, quick = Store("nvs"), Store("rtc")
    durable.fails = OSError("full")
    journal = Journal("k", KIND, [durable], [quick])
    assert journal.save(b"payload") is False
    assert journal.saves == 0
    assert Journal("k", KIND, [Store()], [quick]).load() == b"payload"


def test_a_checkpoint_goes_to_the_quick_stores_alone():
    durable, quick = Store("nvs"), Store("rtc")
    journal = Journal("k", KIND, [durable], [quick])
    journal.save(b"saved")
    journal.checkpoint(b"later")
    assert (durable.writes, quick.writes, journal.saves) == (1, 2, 1)
    assert Journal("k", KIND, [durable], [quick]).load() == b"later"
    quick.blobs.clear()
    assert Journal("k", KIND, [durable], [quick]).load() == b"saved"


def test_a_save_after_checkpoints_is_the_newest_again():
    durable, quick = Store("nvs"), Store("rtc")
    journal = Journal("k", KIND, [durable], [quick])
    for _ in range(3):
        journal.checkpoint(b"checkpoint")
    journal.save(b"saved")
    quick.blobs.clear()
    quick.write("k", encode(KIND, 3, b"checkpoint"))
    assert Journal("k", KIND, [durable], [quick]).load() == b"saved"


def test_a_checkpoint_without_a_quick_store_does_nothing():
    durable = Store()
    Journal("k", KIND, [durable]).checkpoint(b"payload")
    assert durable.writes == 0


def test_other_errors_of_a_store_are_not_swallowed():
    store = Store()
    store.fails = KeyError("a bug")
    raises(KeyError, Journal("k", KIND, [store]).save, b"payload")


def test_a_sequence_number_that_leaves_no_room_for_the_next_is_refused():
    store = Store("nvs")
    store.write("key", encode(KIND, (1 << 64) - 1, b"x"))
    journal = Journal("key", KIND, [store])
    assert journal.load() is None
    assert journal.save(b"y")
    assert Journal("key", KIND, [store]).load() == b"y"
