"""Journal and event log: round trips, and any garbage."""

import struct

from hypothesis import assume, given
from hypothesis import strategies as st

from core import payload
from core.event_log import CAPACITY, NAMES, EventLog
from core.journal import Journal, decode, encode

kinds = st.integers(0, 255)
sequences = st.integers(0, (1 << 64) - 1)
payloads = st.binary(max_size=300)


@given(kinds, sequences, payloads, st.binary(max_size=50))
def test_a_record_comes_back_as_it_was_padded_or_not(kind, sequence, content, padding):
    assert decode(kind, encode(kind, sequence, content) + padding) == (sequence, content)


@given(kinds, sequences, payloads, st.data())
def test_any_single_flipped_bit_is_refused(kind, sequence, content, data):
    blob = bytearray(encode(kind, sequence, content))
    bit = data.draw(st.integers(0, len(blob) * 8 - 1))
    blob[bit >> 3] ^= 1 << (bit & 7)
    assert decode(kind, blob) is None


@given(kinds, sequences, payloads, st.data())
def test_any_truncation_is_refused(kind, sequence, content, data):
    blob = encode(kind, sequence, content)
    assert decode(kind, blob[: data.draw(st.integers(0, len(blob) - 1))]) is None


@given(kinds, sequences, payloads, payloads, st.data())
def test_a_record_half_overwritten_by_the_next_is_refused(kind, sequence, old, new, data):
    assume(sequence < (1 << 64) - 1)
    before = encode(kind, sequence, old)
    after = encode(kind, sequence + 1, new)
    cut = data.draw(st.integers(0, len(after)))
    torn = after[:cut] + before[cut:]
    assert decode(kind, torn) in ((sequence, old), (sequence + 1, new), None)


@given(kinds, st.binary(max_size=200))
def test_garbage_is_refused(kind, garbage):
    assert decode(kind, garbage) is None


class Store:
    def __init__(self, name):
        self.name = name
        self.blob = None
        self.fails = False

    def read(self, _key):
        if self.fails:
            raise OSError("read")
        return self.blob

    def write(self, _key, blob):
        if self.fails:
            raise OSError("write")
        self.blob = blob


@given(
    st.lists(
        st.tuples(st.booleans(), st.booleans(), st.sampled_from(["save", "checkpoint", "restart"])),
        max_size=40,
    )
)
def test_the_newest_completed_write_is_what_loads(steps):
    stores = [Store("nvs"), Store("twin"), Store("rtc")]
    journal = Journal("k", 1, stores[:2], stores[2:])
    written = [None, None, None]
    for count, (nvs_fails, twin_fails, action) in enumerate(steps):
        stores[0].fails, stores[1].fails = nvs_fails, twin_fails
        content = b"%d" % count
        if action == "save":
            completed = journal.save(content)
            assert completed is not (nvs_fails and twin_fails)
            written = [
                written[0] if nvs_fails else count,
                written[1] if twin_fails else count,
                count,
            ]
        elif action == "checkpoint":
            journal.checkpoint(content)
            written[2] = count
        else:
            stores[0].fails = stores[1].fails = False
            journal = Journal("k", 1, stores[:2], stores[2:])
            known = [count for count in written if count is not None]
            assert journal.load() == (b"%d" % max(known) if known else None)


events = st.tuples(
    st.sampled_from(NAMES),
    st.integers(0, 255),
    st.one_of(st.none(), st.integers(1, (1 << 32) - 1)),
    st.integers(0, (1 << 32) - 1),
    st.integers(0, 1 << 40),
    st.integers(0, (1 << 64) - 1),
)


@given(st.integers(0, 65535), st.lists(events, max_size=CAPACITY + 20))
def test_a_log_comes_back_as_it_was(boot, added):
    log = EventLog(boot)
    for event in added:
        log.add(*event)
    again = EventLog()
    again.unpack(log.pack())
    assert list(again.events()) == list(log.events())
    assert again.boot == (boot + 1) % 65536
    assert len(again) == min(CAPACITY, len(added))
    for event in again.events():
        payload.event(event)


@given(st.one_of(st.binary(max_size=200), st.integers(0, 70).map(lambda n: bytes(2 + 24 * n))))
def test_any_payload_is_taken_whole_or_refused_whole(content):
    log = EventLog(7)
    log.add("boot", 1, None, 2, 3, 4)
    before = list(log.events())
    try:
        log.unpack(content)
    except ValueError:
        assert (list(log.events()), log.boot) == (before, 7)
    else:
        size = struct.calcsize("<IHIBBIQ")
        assert len(log) == min(CAPACITY, (len(content) - 2) // size)
        for event in log.events():
            payload.event(event)


@given(
    st.lists(st.one_of(st.none(), st.integers(1, 1 << 31)), max_size=20), st.integers(0, 1 << 20)
)
def test_setting_the_clock_dates_this_boot_s_events_and_no_others(dates, later_s):
    log = EventLog()
    for i, utc_s in enumerate(dates):
        log.add("boot", 1, utc_s, i, 0, 0)
    old = [event["utc_s"] for event in log.events()]
    log.unpack(log.pack())
    for i, utc_s in enumerate(dates):
        log.add("boot", 1, utc_s, i, 0, 0)
    now_s = len(dates) + later_s
    assert log.date(1_800_000_000 + now_s, now_s) == dates.count(None)
    shown = [event["utc_s"] for event in log.events()]
    assert shown[: len(old)] == old
    assert shown[len(old) :] == [
        1_800_000_000 + i if utc_s is None else utc_s for i, utc_s in enumerate(dates)
    ]
