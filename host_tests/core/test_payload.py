"""From snapshot to what people and programs read."""

import json

from core import config, event_log, payload
from core.edge_ring import EdgeRing
from core.meter import Meter
from core.snapshot import Snapshot
from core.supply import FAULTS, STATES, Supply
from core.ticks import MonotonicClock


def snapshot(hardware=True, pulses=0, now_us=10000000):
    meter = Meter(config.defaults(), EdgeRing(8), MonotonicClock(0, 0), hardware)
    supply = Supply()
    meter.register.set_reading("12345678.901")
    for i in range(pulses):
        # 720 ms apart: 5 kW.
        meter.register.add(1)
        meter.power.pulse(1000000 + 720000 * i)
    supply.sample(0, meter.register.total, False)
    return Snapshot(meter, supply, now_us)


def test_the_status_is_json_with_an_exact_reading():
    status = json.loads(json.dumps(payload.status(snapshot(pulses=3))))
    assert status["register"]["kwh"] == "12345678.904"
    assert status["register"]["wh"] == 12345678904
    assert status["register"]["pulses"] == 3
    assert status["register"]["set"] is True
    assert status["register"]["imp_per_kwh"] == 1000


def test_the_status_tells_power_age_and_quality():
    shot = snapshot(pulses=3, now_us=1000000 + 2 * 720000 + 300000)
    power = payload.status(shot)["power"]
    assert power == {"w": 5000, "age_s": 0.3, "quality": "measured"}


def test_before_any_pulse_power_and_age_are_null():
    power = payload.status(snapshot())["power"]
    assert power == {"w": None, "age_s": None, "quality": "stale"}


def test_the_status_says_who_counts():
    assert payload.status(snapshot(True))["pulse"]["counter"] == "pcnt+interrupt"
    assert payload.status(snapshot(False))["pulse"]["counter"] == "interrupt"


def test_the_status_counts_every_reason_to_reject():
    shot = snapshot()
    shot.rejected = {"too_short": 1, "too_long": 2, "too_soon": 3, "flicker": 4}
    shot.ring_overflow = 5
    shot.edges_lost = 6
    pulse = payload.status(shot)["pulse"]
    assert pulse["rejected"] == {"too_short": 1, "too_long": 2, "too_soon": 3, "flicker": 4}
    assert (pulse["ring_overflow"], pulse["edges_lost"]) == (5, 6)


def test_the_status_tells_the_supply():
    shot = snapshot()
    shot.state, shot.state_ms = "breaker_open", 61999
    shot.breaker, shot.reconnect, shot.fault = "open", "customer", "lower_flicker"
    assert payload.status(shot)["supply"] == {
        "state": "breaker_open",
        "since_s": 61,
        "breaker": "open",
        "reconnect": "customer",
        "fault": "lower_flicker",
        "mains": None,
    }


def test_power_is_rounded_to_what_it_is_good_for():
    assert payload.power_w(None) is None
    for power_mw, power_w in (
        (0, 0),
        (49, 0),
        (50, 0.1),
        (2345, 2.3),
        (99949, 99.9),
        (99999, 100),
        (100000, 100),
        (100499, 100),
        (100500, 101),
        (69000000, 69000),
    ):
        assert payload.power_w(power_mw) == power_w, power_mw


def test_utc_is_written_as_iso_8601():
    day_s = 86400
    for utc_s, text in (
        (0, "1970-01-01T00:00:00Z"),
        (59, "1970-01-01T00:00:59Z"),
        (day_s - 1, "1970-01-01T23:59:59Z"),
        (59 * day_s, "1970-03-01T00:00:00Z"),
        (951782400, "2000-02-29T00:00:00Z"),
        (1709164800, "2024-02-29T00:00:00Z"),
        (1767225599, "2025-12-31T23:59:59Z"),
        (1767225600, "2026-01-01T00:00:00Z"),
        (4294967295, "2106-02-07T06:28:15Z"),
    ):
        assert payload.utc_text(utc_s) == text


def test_every_day_of_130_years_follows_the_one_before():
    month_days = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    year, month, day = 1970, 1, 1
    for i in range(130 * 365):
        text = payload.utc_text(i * 86400 + 43200)
        assert text == "{:04d}-{:02d}-{:02d}T12:00:00Z".format(year, month, day)
        leap = month == 2 and ((year % 4 == 0 and year % 100 != 0) or year % 400 == 0)
        day += 1
        if day > month_days[month - 1] + leap:
            day, month = 1, month + 1
        if month > 12:
            year, month = year + 1, 1


def test_no_clock_is_said_in_words():
    assert payload.utc_text(None) == "clock not set"


def record(kind, value, utc_s=1767225600):
    log = event_log.EventLog(4)
    log.add(kind, value, utc_s, 12, 34, 12345678901)
    return payload.event(next(iter(log.events())))


def test_an_event_names_what_it_came_to():
    for i, state in enumerate(STATES):
        assert record(event_log.SUPPLY, i)["value"] == state
    for i, fault in enumerate(FAULTS):
        assert record(event_log.FAULT, i)["value"] == fault
    for i, cause in enumerate(event_log.RESET_CAUSES):
        assert record(event_log.BOOT, i)["value"] == cause


def test_an_event_of_a_newer_firmware_is_unknown_and_not_an_error():
    assert record(event_log.SUPPLY, 200)["value"] == "unknown"


def test_an_event_is_json_with_date_duration_and_reading():
    assert json.loads(json.dumps(record(event_log.SUPPLY, STATES.index("live")))) == {
        "utc": "2026-01-01T00:00:00Z",
        "uptime_s": 12,
        "boot": 4,
        "kind": "supply",
        "value": "live",
        "duration_s": 34,
        "reading_kwh": "12345678.901",
    }
    assert record(event_log.SUPPLY, 0, None)["utc"] == "clock not set"


def test_the_status_tells_the_demand():
    shot = snapshot()
    assert "demand" not in payload.status(shot)
    shot.demand = {
        "hour_mean_w": 5,
        "today_wh": None,
        "peaks": [(1767225600, 3000, 1500)],
        "new_peak_warning": False,
    }
    assert json.loads(json.dumps(payload.status(shot)))["demand"] == {
        "hour_mean_w": 5,
        "today_wh": None,
        "peaks": [{"start_utc": "2026-01-01T00:00:00Z", "mean_w": 3000, "charged_w": 1500}],
        "new_peak_warning": False,
    }


def test_an_object_in_pieces_is_the_same_object():
    for size in (0, 1, 2, 30, 200):
        members = {"name_{}".format(k): {"text": 'å"\n' * k, "none": None} for k in range(size)}
        assert json.loads(b"".join(payload.pieces(members.items()))) == members
        sizes = [len(piece) for piece in payload.pieces(members.items())]
        longest = max([len(json.dumps(value)) for value in members.values()] or [0])
        assert max(sizes) < 400 + 2 * longest + 40, sizes
        assert all(size >= 400 for size in sizes[:-1]), sizes


def test_a_status_in_pieces_is_the_status():
    shot = snapshot(pulses=3)
    assert json.loads(b"".join(payload.pieces(payload.sections(shot)))) == json.loads(
        json.dumps(payload.status(shot))
    )
