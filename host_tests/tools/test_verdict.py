"""The closing comparison: equal, explained, or wrong."""

from tools.simulator.ledger import Ledger
from tools.simulator.reader_status import ReaderStatus
from tools.simulator.verdict import Truth, compare


def truth(pulses=223, imp_per_kwh=1_000, reader_off=0):
    return Truth(pulses, 12_345_678 + pulses * 1_000 // imp_per_kwh, imp_per_kwh, reader_off)


def reader(kwh, pulses=None):
    return ReaderStatus({"register": {"kwh": kwh, "pulses": pulses}})


def test_equal():
    verdict = compare(truth(), reader("12345.901"), Ledger())
    assert verdict.ok
    assert verdict.lines == (
        "register 12 345.901 kWh, meter 12 345.901 kWh: equal to the pulse (223 pulses)",
    )


def test_missing_without_reason():
    verdict = compare(truth(), reader("12345.900"), Ledger())
    assert not verdict.ok
    assert verdict.lines == (
        "register 12 345.900 kWh, meter 12 345.901 kWh: 1 pulse missing",
        "  1 pulse without explanation",
    )


def test_missing_with_every_reason():
    ledger = Ledger(missing_explained=2, reader_off_compared=10, unsaved=3)
    verdict = compare(truth(reader_off=15), reader("12345.892"), ledger)
    assert verdict.ok
    assert verdict.missing == 9
    assert verdict.lines[1:] == (
        "  2 pulses missing since an earlier run",
        "  5 pulses while the reader was off or starting",
        "  up to 3 pulses seen but not saved when the reader was cut off",
    )


def test_reasons_that_do_not_suffice():
    verdict = compare(truth(reader_off=5), reader("12345.891"), Ledger(unsaved=3))
    assert not verdict.ok
    assert verdict.lines[-1] == "  2 pulses without explanation"


def test_too_many_is_never_explained():
    verdict = compare(truth(reader_off=5), reader("12345.902"), Ledger(unsaved=3))
    assert not verdict.ok
    assert verdict.lines[0].endswith(": 1 pulse too many")


def test_earlier_loss_does_not_hide_a_new_surplus():
    verdict = compare(truth(), reader("12345.900"), Ledger(missing_explained=3))
    assert not verdict.ok


def test_a_register_set_right_again_is_right():
    assert compare(truth(), reader("12345.901"), Ledger(missing_explained=3)).ok


def test_pulses_of_less_than_a_watt_hour_are_compared_by_count():
    fine = truth(pulses=2_235, imp_per_kwh=10_000)
    assert compare(fine, reader("12345.901", 2_235), Ledger()).ok
    assert compare(fine, reader("12345.901", 2_234), Ledger()).missing == 1


def test_pulses_of_more_than_a_watt_hour():
    coarse = truth(pulses=10, imp_per_kwh=300)
    assert coarse.register_wh == 12_345_711
    assert compare(coarse, reader("12345.711"), Ledger()).missing == 0
    assert compare(coarse, reader("12345.708"), Ledger()).missing == 1


def test_a_reader_that_says_nothing():
    for silent in (None, ReaderStatus({}), reader("not a number"), reader(None)):
        verdict = compare(truth(), silent, Ledger())
        assert not verdict.ok
        assert "does not answer" in verdict.lines[0]
