"""Records of closed intervals, and the rows people read."""

import json

from core import history
from core.energy import TOTAL_MAX
from core.history import (
    DAY,
    HOUR,
    MONTH,
    PARTIAL,
    QUARTER,
    SEQUENCE_MAX,
    SIZE,
    STEPPED,
    UNDATED,
    Dates,
    Record,
    identity,
    mean_w,
    pack,
    rows,
    unpack,
    wh,
)
from core.local_time import days
from core.worth import Worth
from portable import raises

DAY_S = days(2026, 11, 24) * 86400


def chain(start_s, counts, **changes):
    """Return records of consecutive quarters with so many pulses."""
    out = []
    total = 1000
    for k, pulses in enumerate(counts):
        total += pulses
        values = {
            "sequence": k,
            "start": start_s + 900 * k,
            "boot": 1,
            "flags": 0,
            "pulses": pulses,
            "total": total,
            "min_w": pulses,
            "max_w": 10 * pulses,
            "covered_s": 900,
        }
        values.update(changes)
        out.append(Record(**values))
    return out


def test_a_record_survives_packing_at_any_size():
    top = (1 << 32) - 1
    for record in (
        Record(0, 0, 0, 0, 0, 0, None, None, 0),
        Record(SEQUENCE_MAX, top, 65535, 7, 1 << 31, TOTAL_MAX, 0, top - 1, top),
        Record(1 << 30, 1800000000, 3, PARTIAL, 17250, 12345678901, 3, 69000, 905),
    ):
        assert len(pack(record)) == SIZE
        assert unpack(pack(record)) == record
        assert unpack(b"xx" + pack(record), 2) == record


def test_96_records_fit_into_a_sector_of_flash():
    assert 96 * SIZE <= 4096


def test_a_damaged_record_is_none():
    blob = pack(chain(DAY_S, [900])[0])
    assert unpack(None) is None
    assert unpack(blob[:-1]) is None
    assert unpack(b"\0" * SIZE) is None
    assert unpack(b"\xff" * SIZE) is None
    for at in range(SIZE):
        torn = blob[:at] + bytes([blob[at] ^ 0x10]) + blob[at + 1 :]
        assert unpack(torn) is None, at


def test_an_id_is_kept_whatever_becomes_known_later():
    record = chain(0, [5], flags=UNDATED, boot=7, sequence=12)[0]
    assert identity(record) == "b7-0-12"
    assert identity(unpack(pack(record))) == "b7-0-12"
    assert identity(chain(DAY_S, [5], sequence=12)[0]) == "{}-12".format(DAY_S)


def test_ids_differ_when_the_clock_was_set_back():
    first, second = chain(DAY_S, [5, 5], start=DAY_S)
    assert identity(first) != identity(second)


def test_dates_of_starts():
    dates = Dates()
    record = chain(900, [5], flags=UNDATED, boot=7)[0]
    assert dates.start_s(record) is None
    assert dates.add(7, DAY_S)
    assert not dates.add(7, DAY_S + 5)
    assert dates.start_s(record) == DAY_S + 900
    assert dates.start_s(chain(DAY_S, [5])[0]) == DAY_S
    again = Dates()
    again.unpack(dates.pack())
    assert again.start_s(record) == DAY_S + 900
    for garbage in (b"x", dates.pack() + b"x"):
        raises(ValueError, again.unpack, garbage)
    assert again.start_s(record) == DAY_S + 900


def test_dates_keep_the_last_starts():
    dates = Dates()
    for boot in range(100):
        dates.add(boot, DAY_S + boot)
    assert dates.of_boot(99) == DAY_S + 99
    assert dates.of_boot(0) is None
    assert len(dates.pack()) <= 32 * 6


def test_an_hour_is_the_sum_of_four_quarters():
    records = chain(DAY_S, [100, 200, 300, 400, 50])
    found = list(rows(records, Dates(), HOUR))
    assert [(row.start_s, row.pulses) for row in found] == [(DAY_S, 1000), (DAY_S + 3600, 50)]
    assert (found[0].min_w, found[0].max_w) == (100, 4000)
    assert [row.quality() for row in found] == ["complete", "partial"]


def test_a_day_is_a_local_day():
    records = chain(DAY_S - 3600 - 900, [1, 2, 3, 4, 5, 6])
    found = list(rows(records, Dates(), DAY))
    # Local midnight is 23:00 UTC.
    assert [(row.start_s, row.pulses) for row in found] == [
        (DAY_S - 3600 - 86400, 1),
        (DAY_S - 3600, 20),
    ]


def test_days_of_23_and_25_hours():
    for date, hours in (((2026, 3, 29), 23), ((2026, 10, 25), 25)):
        begin_s = days(*date) * 86400 - (3600 if hours == 23 else 7200)
        found = list(rows(chain(begin_s, [9] * (hours * 4 + 1)), Dates(), DAY))
        assert [row.pulses for row in found] == [9 * hours * 4, 9]
        assert found[0].seconds == hours * 3600
        assert found[0].quality() == "complete"


def at(imp_per_kwh):
    worth = Worth()
    worth.change(0, imp_per_kwh)
    return worth


def test_a_month_is_a_local_month():
    begin_s = days(2026, 12, 1) * 86400 - 3600
    found = list(rows(chain(begin_s - 900, [3, 4]), Dates(), MONTH))
    assert [(row.start_s, row.pulses) for row in found] == [
        (days(2026, 11, 1) * 86400 - 3600, 3),
        (begin_s, 4),
    ]


def test_two_parts_of_a_quarter_are_one_row():
    records = chain(DAY_S, [100, 50], start=DAY_S, flags=PARTIAL, covered_s=400)
    (row,) = rows(records, Dates(), QUARTER)
    assert (row.pulses, row.covered_s, row.quality()) == (150, 800, "partial")


def test_what_has_no_date_is_a_row_of_its_own():
    records = chain(0, [5, 6], flags=UNDATED, start=900) + chain(DAY_S, [7])
    found = [history.row_json(row, at(1000)) for row in rows(records, Dates(), DAY)]
    assert [row["start_utc"] for row in found] == [None, None, "2026-11-23T23:00:00Z"]
    assert [row["quality"] for row in found[:2]] == ["clock_not_set"] * 2
    assert [row["uptime_s"] for row in found] == [900, 900, None]
    assert sum([row["pulses"] for row in found]) == 18


def test_what_was_dated_later_lies_in_its_nearest_quarter_and_says_so():
    dates = Dates()
    dates.add(1, DAY_S + 100)
    (row,) = rows(chain(900, [5], flags=UNDATED), dates, QUARTER)
    assert (row.start_s, row.quality()) == (DAY_S + 900, "estimated")


def test_qualities():
    for flags, word in (
        (0, "complete"),
        (PARTIAL, "partial"),
        (STEPPED, "clock_stepped"),
        (STEPPED | PARTIAL, "clock_stepped"),
    ):
        (row,) = rows(chain(DAY_S, [5], flags=flags), Dates(), QUARTER)
        assert row.quality() == word


def test_watt_hours_of_any_rows_sum_to_the_register():
    for imp_per_kwh in (1, 7, 480, 1000, 3000, 10000):
        records = chain(DAY_S, [1, 0, 13, 7, 450, 3, 999, 2])
        for resolution in (QUARTER, HOUR, DAY):
            parts = [
                history.row_json(row, at(imp_per_kwh))["wh"]
                for row in rows(records, Dates(), resolution)
            ]
            whole = records[-1].total * 1000 // imp_per_kwh - 1000 * 1000 // imp_per_kwh
            assert sum(parts) == whole, (imp_per_kwh, resolution)
    assert wh(1005, 5, 1000) == 5


def test_mean_power_is_whole_watts_of_pulses():
    assert mean_w(900, 1000, 900) == 3600
    assert mean_w(900, 1000, 3600) == 900
    assert mean_w(1, 1000, 3600) == 1
    assert mean_w(17250, 1000, 900) == 69000
    assert mean_w(5, 10000, 900) == 2
    assert mean_w(0, 1000, 900) == 0


def test_an_interval_that_lasted_longer_shows_no_peak_that_never_was():
    assert mean_w(1500, 1000, 900, 1500) == 3600
    # Rounding and small corrections are none.
    assert mean_w(900, 1000, 900, 905) == 3600
    # What was metered in part counts as the whole: so does the utility, at least.
    assert mean_w(300, 1000, 900, 300) == 1200


def test_a_row_is_json():
    record = chain(DAY_S, [900])[0]
    (row,) = rows([record], Dates(), QUARTER)
    assert json.loads(json.dumps(history.row_json(row, at(1000)))) == {
        "start_utc": "2026-11-24T00:00:00Z",
        "start_local": "2026-11-24T01:00:00+01:00",
        "seconds": 900,
        "covered_s": 900,
        "pulses": 900,
        "wh": 900,
        "mean_w": 3600,
        "min_w": 900,
        "max_w": 9000,
        "quality": "complete",
        "boot": 1,
        "uptime_s": None,
    }
    sent = history.interval_json(record, DAY_S, at(1000), True)
    assert (sent["id"], sent["total_pulses"], sent["backfill"]) == (
        "{}-0".format(DAY_S),
        1900,
        True,
    )


def test_a_record_that_leaves_no_room_to_go_on_is_none():
    top = (1 << 32) - 1
    for wrong in (
        Record(SEQUENCE_MAX + 1, 0, 0, 0, 5, 5, None, None, 900),
        Record(0, 0, 0, 0, 5, (1 << 64) - 1, None, None, 900),
        Record(0, 0, 0, 0, top, top + 1, None, None, 900),
    ):
        assert unpack(pack(wrong)) is None


def test_a_record_of_more_pulses_than_there_were_ever_is_none():
    assert unpack(pack(Record(0, 0, 0, 0, 6, 5, None, None, 900))) is None
