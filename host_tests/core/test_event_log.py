"""The event log: the last 64, dated once the clock is set, through any number of restarts."""

import struct

from core.event_log import BOOT, CAPACITY, FAULT, NAMES, SUPPLY, EventLog
from portable import raises


def filled(count, log=None):
    log = EventLog() if log is None else log
    for i in range(count):
        log.add(SUPPLY, i & 0xFF, 1800000000 + i, i, 2 * i, 12345678901 + i)
    return log


def restarted(log):
    again = EventLog()
    again.unpack(log.pack())
    return again


def test_an_event_tells_what_when_how_long_and_at_which_reading():
    log = EventLog(3)
    log.add(FAULT, 2, 1800000000, 55, 66, 12345678901)
    assert list(log.events()) == [
        {
            "kind": FAULT,
            "value": 2,
            "utc_s": 1800000000,
            "boot": 3,
            "uptime_s": 55,
            "duration_s": 66,
            "reading_wh": 12345678901,
        }
    ]


def test_without_a_clock_an_event_has_no_date():
    log = EventLog()
    log.add(BOOT, 1, None, 0, 0, 0)
    assert [event["utc_s"] for event in log.events()] == [None]


def test_the_last_64_are_kept_oldest_first():
    log = filled(CAPACITY)
    assert len(log) == CAPACITY
    log = filled(CAPACITY + 10)
    assert len(log) == CAPACITY
    assert [event["uptime_s"] for event in log.events()] == list(range(10, CAPACITY + 10))


def test_every_kind_survives_a_restart():
    log = EventLog()
    for kind in NAMES:
        log.add(kind, 255, 1800000000, 1, 2, 3)
    assert [event["kind"] for event in restarted(log).events()] == list(NAMES)


def test_the_last_64_survive_a_restart():
    for count in (0, 1, 63, 64, 100):
        log = filled(count)
        assert list(restarted(log).events()) == list(log.events())


def test_readings_and_times_survive_at_any_size():
    log = EventLog()
    log.add(SUPPLY, 1, (1 << 32) - 1, (1 << 31) + 1, (1 << 31) + 2, (1 << 40) + 1)
    event = next(iter(restarted(log).events()))
    assert event["utc_s"] == (1 << 32) - 1
    assert (event["uptime_s"], event["duration_s"]) == ((1 << 31) + 1, (1 << 31) + 2)
    assert event["reading_wh"] == (1 << 40) + 1


def test_a_restart_counts_the_boots():
    log = EventLog()
    for boot in range(3):
        assert log.boot == boot
        log = restarted(log)
    assert restarted(EventLog(65535)).boot == 0


def test_setting_the_clock_dates_the_events_before():
    log = EventLog()
    log.add(BOOT, 1, None, 0, 0, 0)
    log.add(SUPPLY, 1, None, 30, 0, 0)
    assert log.date(1800000100, 100) == 2
    assert [event["utc_s"] for event in log.events()] == [1800000000, 1800000030]


def test_an_event_that_has_a_date_keeps_it():
    log = EventLog()
    log.add(SUPPLY, 1, 1800000000, 30, 0, 0)
    assert log.date(1900000000, 100) == 0
    assert [event["utc_s"] for event in log.events()] == [1800000000]


def test_events_of_an_earlier_boot_stay_undated():
    log = EventLog()
    log.add(BOOT, 1, None, 5, 0, 0)
    log = restarted(log)
    log.add(BOOT, 1, None, 7, 0, 0)
    assert log.date(1800000100, 100) == 1
    assert [event["utc_s"] for event in log.events()] == [None, 1800000007]


def test_a_date_given_later_survives_a_restart():
    log = EventLog()
    log.add(BOOT, 1, None, 7, 0, 0)
    log.date(1800000100, 100)
    assert [event["utc_s"] for event in restarted(log).events()] == [1800000007]


def test_a_damaged_payload_is_refused_and_changes_nothing():
    payload = filled(3).pack()
    log = filled(5, EventLog(9))
    before = list(log.events())
    for garbage in (b"", b"x", payload[:-1], payload + b"\0", b"\xff" * len(payload)):
        raises(ValueError, log.unpack, garbage)
    assert (list(log.events()), log.boot) == (before, 9)


def test_an_unknown_kind_is_refused():
    log = EventLog()
    log.add(NAMES[-1], 0, 1, 1, 1, 1)
    payload = bytearray(log.pack())
    # The kind is the only byte that tells the last kind from the first.
    log = EventLog()
    log.add(NAMES[0], 0, 1, 1, 1, 1)
    at = [i for i, byte in enumerate(log.pack()) if byte != payload[i]]
    assert len(at) == 1
    payload[at[0]] = len(NAMES)
    raises(ValueError, EventLog().unpack, bytes(payload))


def test_more_than_64_stored_events_are_cut_to_the_newest():
    log = filled(CAPACITY)
    one = len(filled(1).pack()) - 2
    payload = log.pack() + filled(1).pack()[-one:]
    again = EventLog()
    again.unpack(payload)
    assert len(again) == CAPACITY
    assert [event["uptime_s"] for event in again.events()] == list(range(1, CAPACITY)) + [0]


def test_an_event_that_claims_to_be_of_this_start_and_of_the_future_gets_no_date():
    log = EventLog()
    log.unpack(struct.pack("<H", 5) + struct.pack("<IHIBBIQ", 0, 6, (1 << 32) - 1, 0, 1, 0, 0))
    assert log.boot == 6
    assert log.date(1800000000, 10) == 0
    # So it still fits into a record.
    again = EventLog()
    again.unpack(log.pack())
    assert [event["utc_s"] for event in again.events()] == [None]
