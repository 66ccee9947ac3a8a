"""The register: set from the display, exact ever after, never backward, integers only."""

from core.energy import READING_MAX_WH, Register, format_kwh, parse_kwh
from portable import raises

CONSTANTS = (1, 3, 7, 100, 640, 1000, 10000, 100000)


def test_readings_as_people_type_them():
    for text, energy_wh in (
        ("0", 0),
        ("1", 1000),
        ("1.", 1000),
        ("1.5", 1500),
        ("1.50", 1500),
        ("1.500", 1500),
        ("0.001", 1),
        ("12345.678", 12345678),
        ("12345,678", 12345678),
        ("12 345,678", 12345678),
        ("12 345 678.901", 12345678901),
        ("00012345.6", 12345600),
        ("99999999.999", READING_MAX_WH),
    ):
        assert parse_kwh(text) == energy_wh, text


def test_what_is_no_reading_is_named_with_what_is():
    for text in (
        "",
        " ",
        ".",
        ",",
        ".5",
        "-1",
        "+1",
        "1.2345",
        "1.2.3",
        "1,234.5",
        "1.234,5",
        "123456789",
        "100000000",
        "1e3",
        "0x10",
        "12a",
        "kWh",
        "12345.678 kWh",
        "1\n",
        "\u0661\u0662",
        "\uff11",
        "\u00b2",
    ):
        line = str(raises(ValueError, parse_kwh, text))
        assert repr(text) in line and "99999999.999" in line and "0 to 3 decimals" in line, text
    for value in (None, 5, 1.5, True, b"5", ["5"]):
        line = str(raises(ValueError, parse_kwh, value))
        assert "is not text" in line and repr(value) in line


def test_a_long_bad_reading_is_cut():
    assert len(str(raises(ValueError, parse_kwh, "x" * 5000))) < 200


def test_the_largest_register_prints_every_digit():
    assert format_kwh(12345678901) == "12345678.901"
    assert format_kwh(12345678901, separator=" ") == "12 345 678.901"
    register = Register(1000)
    register.set_reading("12 345 678.901")
    assert register.reading_wh() == 12345678901
    assert register.reading_kwh() == "12345678.901"
    register.add(1)
    assert register.reading_kwh() == "12345678.902"


def test_fewer_decimals_are_cut_as_on_a_display():
    assert format_kwh(1999) == "1.999"
    assert format_kwh(1999, 2) == "1.99"
    assert format_kwh(1999, 1) == "1.9"
    assert format_kwh(1999, 0) == "1"
    assert format_kwh(0) == "0.000"
    assert format_kwh(7) == "0.007"
    assert format_kwh(70, 1) == "0.0"
    assert format_kwh(999000, 0, " ") == "999"
    assert format_kwh(1000000, 0, " ") == "1 000"


def test_text_and_back_is_the_same_reading():
    for energy_wh in (0, 1, 999, 1000, 12345678, (1 << 30) + 1, (1 << 31) + 1, READING_MAX_WH):
        for separator in ("", " "):
            assert parse_kwh(format_kwh(energy_wh, 3, separator)) == energy_wh


def test_the_register_is_exact_over_2_to_the_40_pulses():
    for imp in CONSTANTS:
        register = Register(imp)
        register.set_reading("54321.987")
        total = 0
        for pulses in (1, imp - 1, imp, 1 << 24, (1 << 24) + 1, 1 << 30, 1 << 31, 1 << 40):
            register.add(pulses)
            total += pulses
            above_wh = register.reading_wh() - 54321987
            # Truncated like a display: at most the energy, less than one Wh below it.
            assert above_wh * imp <= total * 1000 < (above_wh + 1) * imp, imp


def test_one_by_one_is_the_same_as_all_at_once():
    for imp in CONSTANTS:
        singly, at_once = Register(imp), Register(imp)
        for register in (singly, at_once):
            register.restore(1 << 36, 5, 17, True, imp)
        for _ in range(1000):
            singly.add(1)
        at_once.add(1000)
        assert singly.reading_wh() == at_once.reading_wh()


def test_a_whole_kwh_is_as_many_pulses_as_the_meter_says():
    for imp in CONSTANTS:
        register = Register(imp)
        register.set_reading("7")
        register.add(imp - 1)
        assert register.reading_wh() < 8000
        register.add(1)
        assert register.reading_wh() == 8000


def test_the_meter_constant_has_limits():
    for imp in (-1, 0, 100001):
        assert str(imp) in str(raises(ValueError, Register, imp))
    for imp in (1, 100000):
        assert Register(imp).imp_per_kwh == imp


def test_negative_pulses_are_refused():
    register = Register(1000)
    register.add(5)
    raises(ValueError, register.add, -1)
    assert register.total == 5


def test_setting_keeps_the_count_and_changes_the_reading():
    register = Register(1000)
    register.add(12345)
    assert not register.is_set
    register.set_reading("100")
    assert register.is_set
    assert (register.total, register.reading_wh()) == (12345, 100000)


def test_the_first_setting_may_be_lower_than_what_was_counted():
    register = Register(1000)
    register.add(5000)
    register.set_reading("0.5")
    assert register.reading_wh() == 500


def test_a_lower_setting_needs_to_be_confirmed():
    register = Register(1000)
    register.set_reading("100")
    register.add(500)
    line = str(raises(ValueError, register.set_reading, "100.499"))
    assert "100.499" in line and "100.500" in line
    assert register.reading_wh() == 100500
    register.set_reading("100.5")
    register.set_reading("100.499", True)
    assert register.reading_wh() == 100499


def test_a_bad_setting_changes_nothing():
    register = Register(1000)
    register.set_reading("100")
    register.add(3)
    before = (register.total, register.base_wh, register.base_total, register.seed_wh)
    raises(ValueError, register.set_reading, "abc")
    raises(ValueError, register.seed, "abc")
    raises(ValueError, register.restore, 5, 0, 6, True, 1000)
    after = (register.total, register.base_wh, register.base_total, register.seed_wh)
    assert after == before


def test_the_configured_reading_is_applied_once():
    register = Register(1000)
    assert register.seed("100") is True
    register.add(2500)
    for text in ("100", "100.0", "100,000"):
        assert register.seed(text) is False
    assert register.reading_wh() == 102500
    assert register.seed("200") is True
    assert register.reading_wh() == 200000


def test_the_configured_reading_is_not_applied_again_after_a_restart():
    register = Register(1000)
    register.seed("100")
    register.add(2500)
    again = Register(1000)
    again.restore(
        register.total, register.base_wh, register.base_total, True, 1000, register.seed_wh
    )
    assert again.seed("100") is False
    assert again.reading_wh() == 102500


def test_a_reading_set_by_hand_outlives_the_configured_one():
    register = Register(1000)
    register.seed("100")
    register.set_reading("5000")
    assert register.seed("100") is False
    assert register.reading_wh() == 5000000


def test_another_meter_constant_leaves_the_past_as_it_was():
    register = Register(1000)
    register.set_reading("10")
    register.add(2500)
    again = Register(640)
    again.restore(register.total, register.base_wh, register.base_total, True, 1000, 0)
    assert again.reading_wh() == 12500
    again.add(640)
    assert again.reading_wh() == 13500


def test_values_that_contradict_each_other_are_refused():
    register = Register(1000)
    for total, base_wh, base_total, imp in (
        (-1, 0, 0, 1000),
        (5, 0, 6, 1000),
        (5, 0, -1, 1000),
        (5, -1, 0, 1000),
        (5, 0, 0, 0),
        (5, 0, 0, 100001),
    ):
        raises(ValueError, register.restore, total, base_wh, base_total, True, imp)
    assert (register.total, register.reading_wh()) == (0, 0)
