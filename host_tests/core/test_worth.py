"""What pulses are worth, before and after the meter constant was changed."""

from core.energy import Register
from core.history import wh
from core.journal import pack_all
from core.worth import Worth
from portable import raises


def test_with_one_constant_it_is_what_the_register_reads():
    for imp in (1, 300, 1000, 10000, 99999):
        worth = Worth()
        assert worth.change(12345, imp)
        for total in (0, 1, 999, 1001, 20000001):
            for pulses in (0, 1, total):
                if pulses <= total:
                    assert worth.of(total, pulses, 1000) == wh(total, pulses, imp)
                    assert worth.of(total, pulses, imp) == pulses


def test_a_change_restates_nothing_and_sums_stay_the_registers():
    register = Register(1000)
    worth = Worth()
    worth.change(0, 1000)
    register.add(1500)
    before = worth.of(1500, 500, 1000)
    after = Register(300)
    after.restore(register.total, 0, 0, True, 1000)
    assert worth.change(after.total, 300)
    assert worth.of(1500, 500, 1000) == before == 500
    after.add(301)
    assert worth.of(1801, 301, 1000) == 1003
    assert worth.of(1801, 1801, 1000) == after.reading_wh() == 1500 + 1003
    # One that lies across the change, in any cut.
    for cut in range(1400, 1802, 7):
        assert worth.of(1801, 1801 - cut, 1000) + worth.of(cut, cut, 1000) == 2503
    # In pulses of the constant now in force.
    assert worth.of(1500, 500, 300) == 150
    assert worth.of(1801, 301, 300) == 301


def test_only_a_change_is_noted_and_it_outlives_a_restart():
    worth = Worth()
    assert worth.change(700, 1000)
    assert not worth.change(900, 1000)
    assert worth.change(900, 500)
    again = Worth()
    again.unpack(worth.pack())
    assert again.of(1000, 400, 1000) == 300 + 200
    assert not again.change(1000, 500)
    raises(ValueError, again.unpack, b"1234567")
    assert again.of(1000, 400, 1000) == 500


def test_the_oldest_of_many_changes_is_forgotten():
    worth = Worth()
    for k in range(40):
        worth.change(1000 * k, 1000 + k)
    assert len(worth.pack()) <= 12 * 17
    # The last change is at 39 000: 1000 pulses since, at 1039 imp/kWh.
    assert worth.of(40000, 1000, 1000) == 962


def test_a_record_of_no_constants_or_out_of_order_is_refused_and_changes_nothing():
    for rows in (((0, 0),), ((0, 100001),), ((5, 1000), (4, 640)), (((1 << 64) - 1, 1000),)):
        worth = Worth()
        worth.change(0, 300)
        raises(ValueError, worth.unpack, pack_all("<QI", rows))
        assert worth.pack() == pack_all("<QI", ((0, 300),))
