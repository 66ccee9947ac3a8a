"""Tariffs: the files that are shipped, which hours count, and clear refusals."""

from core import local_time, tariff
from portable import raises

FOLDER = __file__.rsplit("/", 1)[0] + "/../../firmware/tariffs/"
FILES = ("none", "ellevio", "goteborg", "vattenfall", "tekniska_verken", "falkenberg")


def shipped(name):
    with open(FOLDER + name + ".json") as file:
        found, errors = tariff.parse(file.read())
    assert errors == [], (name, errors)
    return found


def local(year, month, day, hour):
    """Return the UTC second of a local hour."""
    return local_time.midnight_s(local_time.days(year, month, day)) + hour * 3600


def hours_that_count(which, year, month, day):
    return [hour for hour in range(24) if which.percent(local(year, month, day, hour)) == 100]


def document(**changes):
    body = {"name": "x", "source": "x", "source_date": "2026-11-24", "peaks": 3}
    body.update(changes)
    return body


def test_every_shipped_tariff_is_valid():
    found = {name: shipped(name) for name in FILES}
    assert [found[name].peaks for name in FILES] == [0, 3, 3, 5, 5, 3]
    assert [found[name].one_per_day for name in FILES[1:]] == [True, True, True, False, True]
    assert {one.interval_s for one in found.values()} == {3600}


def test_ellevio_counts_the_night_half():
    ellevio = shipped("ellevio")
    # A Sunday in July: no month, weekday or holiday is excepted.
    night = [h for h in range(24) if ellevio.percent(local(2026, 7, 12, h)) == 50]
    assert night == [0, 1, 2, 3, 4, 5, 22, 23]
    assert hours_that_count(ellevio, 2026, 7, 12) == list(range(6, 22))


def test_winter_workday_tariffs_count_those_hours_only():
    for name, first, last in (("goteborg", 7, 20), ("vattenfall", 7, 21), ("falkenberg", 6, 20)):
        one = shipped(name)
        assert hours_that_count(one, 2026, 11, 24) == list(range(first, last)), name
        # Saturday, Sunday, a summer workday, Boxing Day's eve of a week, Epiphany.
        for date in ((2026, 11, 28), (2026, 11, 29), (2026, 6, 15), (2026, 12, 25), (2027, 1, 6)):
            assert hours_that_count(one, *date) == [], (name, date)
            assert one.percent(local(*date, 12)) == 0
        # An eve is a workday unless the tariff says otherwise.
        assert hours_that_count(one, 2026, 12, 24) == list(range(first, last)), name


def test_tekniska_verken_counts_always():
    one = shipped("tekniska_verken")
    for date in ((2026, 1, 1), (2026, 7, 12), (2026, 11, 24)):
        assert len(hours_that_count(one, *date)) == 24


def test_local_hours_follow_summer_time():
    one = tariff.Tariff(tariff.validate(document(hour_from=7, hour_to=8))[0])
    # 07 local is 06 UTC in winter and 05 UTC in summer.
    assert one.percent(local_time.days(2026, 1, 15) * 86400 + 6 * 3600) == 100
    assert one.percent(local_time.days(2026, 7, 15) * 86400 + 5 * 3600) == 100
    assert one.percent(local_time.days(2026, 7, 15) * 86400 + 6 * 3600) == 0


def test_the_hour_that_comes_twice_counts_twice():
    one = tariff.Tariff(tariff.validate(document(hour_from=2, hour_to=3))[0])
    at_s = local_time.days(2026, 10, 25) * 86400
    assert [one.percent(at_s + 3600 * k) for k in range(-1, 3)] == [0, 100, 100, 0]


def test_hours_may_run_over_midnight():
    one = tariff.Tariff(tariff.validate(document(hour_from=22, hour_to=6))[0])
    assert hours_that_count(one, 2026, 1, 15) == [0, 1, 2, 3, 4, 5, 22, 23]


def test_outside_its_dates_nothing_counts():
    limits = {"valid_from": "2026-02-01", "valid_to": "2026-02-28", "outside_percent": 50}
    one = tariff.Tariff(tariff.validate(document(hour_from=6, **limits))[0])
    assert one.percent(local(2026, 1, 31, 23)) == 0
    assert one.percent(local(2026, 2, 1, 0)) == 50
    assert one.percent(local(2026, 2, 28, 23)) == 100
    assert one.percent(local(2026, 3, 1, 12)) == 0


def test_eves_are_off_where_the_tariff_says_so():
    one = tariff.Tariff(tariff.validate(document(holidays_off="public_and_eves"))[0])
    assert hours_that_count(one, 2026, 12, 24) == []
    assert hours_that_count(one, 2026, 6, 19) == []


def test_without_a_tariff_nothing_is_charged():
    assert (tariff.none().peaks, tariff.none().name) == (0, "none")


# field, faulty value, what the refusal must name.
FAULTS = (
    ("name", 5, "text of 1 to 40 characters"),
    ("name", "", "text of 1 to 40 characters"),
    ("source_date", "2026-02-30", "a date such as 2026-01-31"),
    ("source_date", "24 Nov 2026", "a date such as 2026-01-31"),
    ("source_date", None, "a date such as 2026-01-31"),
    ("valid_from", "2026-13-01", "a date such as 2026-01-31, or null"),
    ("interval_min", 30, "one of 15, 60"),
    ("peaks", 32, "whole number 0 to 31"),
    ("peaks", -1, "whole number 0 to 31"),
    ("peaks", "3", "whole number 0 to 31"),
    ("peaks", True, "whole number 0 to 31"),
    ("one_per_day", 1, "true or false"),
    ("months", [], "a list of different whole numbers 1 to 12, at least one"),
    ("months", [0], "a list of different whole numbers 1 to 12, at least one"),
    ("months", [1, 1], "a list of different whole numbers 1 to 12, at least one"),
    ("weekdays", [8], "a list of different whole numbers 1 to 7, at least one"),
    ("weekdays", "1-5", "a list of different whole numbers 1 to 7, at least one"),
    ("hour_from", 24, "whole number 0 to 23"),
    ("hour_to", 0, "whole number 1 to 24"),
    ("holidays_off", "all", "one of none, public, public_and_eves"),
    ("holidays_off", ["public"], "one of none, public, public_and_eves"),
    ("weight_percent", 0, "whole number 1 to 100"),
    ("outside_percent", 101, "whole number 0 to 100"),
)


def test_each_bad_field_is_named_with_value_and_range():
    for field, value, accepts in FAULTS:
        errors = tariff.validate(document(**{field: value}))[1]
        assert len(errors) == 1, (field, value, errors)
        assert errors[0].startswith("tariff {}: ".format(field)), errors
        assert errors[0].endswith("accepted: " + accepts), errors


def test_fields_that_contradict_each_other_are_refused():
    for changes, named in (
        ({"hour_from": 7, "hour_to": 7}, "hour_to"),
        ({"outside_percent": 60, "weight_percent": 50}, "outside_percent"),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "valid_to"),
    ):
        errors = tariff.validate(document(**changes))[1]
        assert len(errors) == 1 and errors[0].startswith("tariff " + named), errors


def test_what_is_missing_or_misspelt_is_named():
    errors = tariff.validate({"nam": "x"})[1]
    assert errors[0].startswith("tariff nam: no such field; accepted: holidays_off, hour_from")
    assert "tariff peaks: missing; accepted: whole number 0 to 31" in errors


def test_anything_that_is_no_tariff_is_refused():
    for text in ("", "[]", "null", "{", '"x"', "3"):
        found, errors = tariff.parse(text)
        assert found is None and errors, text


def test_dates():
    assert tariff.parse_date("2024-02-29") == local_time.days(2024, 2, 29)
    for text in ("2023-02-29", "2026-00-01", "2026-1-1", "2026/01/01", "1969-12-31", None, 5):
        raises(ValueError, tariff.parse_date, text)


def test_a_file_nested_too_deep_is_refused_with_a_word():
    for text in ("[" * 100000, '{"name": ' * 50000):
        found, errors = tariff.parse(text)
        assert found is None
        assert len(errors) == 1 and "accepted" in errors[0]


def test_a_name_that_is_no_field_is_shown_without_what_cannot_be_printed():
    for name in ("\\r", "\\ud800", "\\u0000"):
        errors = tariff.parse('{"' + name + '": null}')[1]
        assert errors[0].startswith("tariff ?: no such field")


def test_a_name_that_cannot_be_sent_is_refused():
    good = {"source": "-", "source_date": "2026-01-01", "peaks": 0}
    assert not tariff.validate(dict(good, name="Överkalix"))[1]
    for name in ("a\nb", "\ud800"):
        errors = tariff.validate(dict(good, name=name))[1]
        assert len(errors) == 1 and errors[0].startswith("tariff name: ")
