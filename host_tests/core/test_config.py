"""The configuration: every bad field gets one line; a broken file never stops counting."""

import json

from core import config
from core.energy import parse_kwh
from core.pulse_filter import interval_min_us

TEXTS = (config.TEXT, config.TOPIC, config.CHOICE, config.DIGITS, config.READING)
NUMBERS = (config.WHOLE, config.PIN)


def document(name, value):
    section, field = name.split(".")
    return {section: {field: value}}


def errors_of(name, value):
    return config.validate(document(name, value))[1]


def assert_refused(name, value, shown=None):
    """Demand one line that names the field, the value and what is accepted."""
    errors = errors_of(name, value)
    assert len(errors) == 1, (name, value, errors)
    line = errors[0]
    assert line.startswith(name + ": "), line
    if name not in config.SECRETS:
        assert (shown or repr(value)) in line, line
    assert "accepted: " + config.accepted(name) in line, line
    assert "\n" not in line


def of_kind(*kinds):
    return [(name, field) for name, field in config.SCHEMA.items() if field[0] in kinds]


def test_the_defaults_are_accepted_by_their_own_schema():
    sections = {}
    for name, value in config.defaults().items():
        section, field = name.split(".")
        sections.setdefault(section, {})[field] = value
    assert config.parse(json.dumps(sections)) == (config.defaults(), [])
    assert config.parse("{}") == (config.defaults(), [])


def test_every_field_names_what_it_accepts():
    for name, field in config.SCHEMA.items():
        assert len(field) == 4, name
        words = config.accepted(name)
        if field[0] in NUMBERS:
            assert str(field[2]) in words and str(field[3]) in words, name


def test_every_number_refuses_what_is_too_small_or_too_large():
    for name, field in of_kind(*NUMBERS):
        assert_refused(name, field[2] - 1)
        assert_refused(name, field[3] + 1)
        assert_refused(name, 1 << 64)


def test_every_number_takes_its_limits_unless_another_field_contradicts():
    for name, field in of_kind(*NUMBERS):
        for value in (field[2], field[3]):
            settings, errors = config.validate(document(name, value))
            if errors:
                # In range alone, so the line must say what it collides with.
                assert len(errors) == 1, (name, value, errors)
                assert config.accepted(name) not in errors[0], errors
            else:
                assert settings[name] == value


def test_every_number_refuses_other_types():
    for name, field in of_kind(*NUMBERS):
        for value in (True, False, "1", "", 1.0, 1.5):
            assert_refused(name, value)
        assert_refused(name, [1], shown="a list")
        assert_refused(name, {"a": 1}, shown="an object")
        if field[1] is None:
            assert errors_of(name, None) == []
        else:
            assert_refused(name, None)


def test_every_flag_refuses_numbers_and_words():
    for name, _ in of_kind(config.FLAG):
        for value in (0, 1, "true", "", None, 1.0):
            assert_refused(name, value)
        assert_refused(name, [], shown="a list")
        for value in (True, False):
            assert errors_of(name, value) == []


def test_every_text_refuses_other_types():
    for name, _ in of_kind(*TEXTS):
        for value in (0, 12345678, True, None, 1.5):
            assert_refused(name, value)
        assert_refused(name, ["a"], shown="a list")
        assert_refused(name, {}, shown="an object")


def test_text_is_held_to_its_length_and_to_printable_characters():
    for name, field in of_kind(config.TEXT, config.TOPIC):
        least, most = field[2], field[3]
        assert errors_of(name, "x" * most) == []
        errors = errors_of(name, "x" * (most + 1))
        assert len(errors) == 1 and config.accepted(name) in errors[0], errors
        if least:
            assert_refused(name, "")
        for control in ("\n", "\r", "\x00", "\x1f"):
            assert_refused(name, "1234567" + control)


def test_a_choice_is_one_of_those_it_names():
    for name, field in of_kind(config.CHOICE):
        for value in field[2]:
            assert errors_of(name, value) == []
            assert '"' + value + '"' in config.accepted(name)
            assert_refused(name, value + "s")
            assert_refused(name, value.upper())
        assert_refused(name, "")


def test_a_topic_to_publish_to_has_no_wildcard():
    for name, _ in of_kind(config.TOPIC):
        assert errors_of(name, "house/meter") == []
        for value in ("+", "a/#", "a+b"):
            assert_refused(name, value)


def test_a_long_value_is_cut_but_still_shown():
    line = errors_of("time.server", "y" * 500)[0]
    assert "yyyyyyyy" in line and len(line) < 150


def test_the_meter_number_is_8_digits_or_empty():
    for value in ("", "12345678", "00000000"):
        assert errors_of("meter.number", value) == []
    for value in ("1234567", "123456789", "1234567a", " 1234567", "-1234567", "\uff11" * 8):
        assert len(errors_of("meter.number", value)) == 1, value


def test_the_reading_is_what_the_register_takes():
    for value in ("", "0", "12345.678", "12 345,6", "99999999.999"):
        assert errors_of("meter.reading_kwh", value) == []
        assert not value or parse_kwh(value) >= 0
    for value in ("-1", "1.2345", "123456789", "kWh", "1e3"):
        assert_refused("meter.reading_kwh", value)


def test_an_unknown_section_or_field_is_named_with_those_there_are():
    errors = config.validate({"metre": {"fuse_a": 35}})[1]
    assert len(errors) == 1 and errors[0].startswith("metre: ") and "meter, " in errors[0]
    errors = config.validate({"meter": {"fuse": 35}})[1]
    assert len(errors) == 1 and errors[0].startswith("meter.fuse: ")
    assert "meter.fuse_a" in errors[0] and "pulse.pin" not in errors[0]


def test_a_section_that_is_no_object_is_named():
    for value in (None, 5, "x", [1], True):
        errors = config.validate({"meter": value})[1]
        assert len(errors) == 1 and errors[0].startswith("meter: "), errors


def test_an_unknown_name_cannot_break_the_line():
    for text in ('{"a\\nb": 1}', '{"meter": {"a\\r\\nb": 1}}', '{"' + "z" * 5000 + '": 1}'):
        errors = config.parse(text)[1]
        assert len(errors) == 1, errors
        assert "\n" not in errors[0] and "\r" not in errors[0]
        assert len(errors[0]) < 500


def test_no_line_repeats_a_secret_wherever_it_was_put():
    secret = "correct horse"
    for text in (
        {"wifi": {"password": [secret]}},
        {"wifi": {"password": secret * 10}},
        {"wifi": {"password": secret[:7] + "\n"}},
        {"wifi": {"pasword": secret}},
        {"wifi": secret},
        {"wlan": {"password": secret}},
        {"password": secret},
        {"wifi": {"ssid": {"password": secret}}},
        [{"wifi": {"password": secret}}],
    ):
        errors = config.parse(json.dumps(text))[1]
        assert len(errors) == 1, errors
        assert secret[:7] not in errors[0], errors


def test_a_short_password_is_refused_and_not_repeated():
    for length in range(1, 8):
        errors = errors_of("wifi.password", "hunter2"[:length])
        assert len(errors) == 1
        assert errors[0].startswith("wifi.password: the value given"), errors
    for length in (0, 8, 63):
        assert errors_of("wifi.password", "p" * length) == []


def test_every_fault_gets_its_own_line():
    errors = config.validate({"meter": {"fuse_a": 0, "phases": 4}, "web": {"port": 0}})[1]
    assert sorted([line.split(":")[0] for line in errors]) == [
        "meter.fuse_a",
        "meter.phases",
        "web.port",
    ]


def test_what_is_not_json_gives_one_line():
    for text in ("", " ", "{", '{"a"', "nul", "\x00", "}", "'a'", "<html>"):
        settings, errors = config.parse(text)
        assert settings == config.defaults()
        assert errors == ["config.json: not valid JSON; accepted: a JSON object of sections"], text


def test_json_that_is_no_object_gives_one_line():
    for text in ("[]", "1", "null", '"x"', "true"):
        settings, errors = config.parse(text)
        assert settings == config.defaults() and len(errors) == 1
        assert errors[0].startswith("config.json: not an object"), errors


def test_deep_nesting_gives_one_line_at_any_depth():
    for depth in (5, 50, 500, 3000):
        for before, after in (("", ""), ('{"meter":{"fuse_a":', "}}"), ('{"meter":', "}")):
            for opening, closing in (("[", "]"), ('{"a":', "}")):
                text = before + opening * depth + "1" + closing * depth + after
                errors = config.parse(text)[1]
                assert len(errors) == 1 and len(errors[0]) < 300, errors


def test_the_file_wins_when_it_is_good():
    good = '{"meter":{"fuse_a":35}}'
    settings, source, errors = config.choose(good, '{"meter":{"fuse_a":63}}')
    assert (settings["meter.fuse_a"], source, errors) == (35, config.FILE, [])


def test_a_broken_file_leaves_the_last_good_one_in_force_and_says_so():
    for broken in ("{", '{"meter":{"fuse_a":0}}', "[]", ""):
        settings, source, errors = config.choose(broken, '{"meter":{"fuse_a":63}}')
        assert (settings["meter.fuse_a"], source) == (63, config.LAST_GOOD)
        assert errors == config.parse(broken)[1] and errors


def test_a_missing_file_leaves_the_last_good_one_in_force_and_says_so():
    settings, source, errors = config.choose(None, '{"meter":{"fuse_a":63}}')
    assert (settings["meter.fuse_a"], source) == (63, config.LAST_GOOD)
    assert len(errors) == 1 and "missing" in errors[0]


def test_with_neither_the_defaults_are_in_force():
    assert config.choose(None, None) == (config.defaults(), config.DEFAULTS, [])
    for last_good in (None, "{", '{"meter":{"fuse_a":0}}'):
        settings, source, errors = config.choose('{"web":{"port":0}}', last_good)
        assert (settings, source) == (config.defaults(), config.DEFAULTS)
        assert len(errors) == 1 and errors[0].startswith("web.port")


def test_a_refused_file_changes_no_setting():
    text = '{"meter":{"fuse_a":35,"phases":0}}'
    assert config.choose(text, None)[0]["meter.fuse_a"] == config.defaults()["meter.fuse_a"]


def test_two_phases_do_not_exist():
    errors = errors_of("meter.phases", 2)
    assert len(errors) == 1 and errors[0].startswith("meter.phases: 2 ") and "1 or 3" in errors[0]


def test_a_pin_cannot_serve_twice():
    defaults = config.defaults()
    for name in ("breaker.pin", "mains.pin"):
        errors = errors_of(name, defaults["pulse.pin"])
        assert len(errors) == 1
        assert errors[0].startswith(name) and "pulse.pin" in errors[0], errors


def test_the_longest_width_must_exceed_the_shortest():
    for most in (2, 10):
        errors = errors_of("pulse.width_max_ms", most)
        assert len(errors) == 1 and errors[0].startswith("pulse.width_max_ms"), errors
    assert errors_of("pulse.width_max_ms", 11) == []


def test_a_filter_that_would_cap_the_meter_is_refused():
    errors = errors_of("meter.imp_per_kwh", 10000)
    assert len(errors) == 1 and errors[0].startswith("pulse.debounce_us: 2500 "), errors
    accepted = {"meter": {"imp_per_kwh": 10000}, "pulse": {"debounce_us": 1800, "width_min_ms": 1}}
    assert config.validate(accepted)[1] == []
    errors = errors_of("pulse.width_min_ms", 300)
    assert len(errors) == 1 and errors[0].startswith("pulse.width_min_ms: 300 "), errors


def _number_after(text, line):
    digits = line[line.index(text) + len(text) :].split(" ")[0].rstrip(",;")
    return int(digits)


def test_the_limits_that_a_contradiction_names_are_indeed_accepted():
    for imp in (1, 640, 1000, 3000, 5000, 10000, 33000, 100000):
        for fuse in (6, 25, 100, 1000):
            for debounce in (100, 2500, 50000):
                for width in (1, 10, 1000):
                    pulse = {"debounce_us": debounce, "width_min_ms": width, "width_max_ms": 2000}
                    meter = {"imp_per_kwh": imp, "fuse_a": fuse}
                    for _ in range(4):
                        errors = config.validate({"meter": meter, "pulse": pulse})[1]
                        if not errors:
                            break
                        assert len(errors) == 1, errors
                        field = errors[0].split(":")[0].split(".")[1]
                        limit = _number_after(" to ", errors[0])
                        group = meter if field in meter else pulse
                        assert limit < group[field], errors
                        group[field] = limit
                    assert errors == []
                    interval_us = interval_min_us(meter["imp_per_kwh"], fuse)
                    assert pulse["width_min_ms"] * 1000 + pulse["debounce_us"] <= interval_us


def test_half_a_surrogate_pair_is_refused():
    settings, errors = config.parse('{"wifi": {"ssid": "\\ud800"}}')
    assert len(errors) == 1 and errors[0].startswith("wifi.ssid: ")
    assert all(32 <= ord(c) < 127 for c in errors[0])
    assert settings["wifi.ssid"] == ""


def test_default_pins_are_those_of_the_chip():
    try:
        for machine, pins in (
            ("Generic ESP32 module with SPIRAM with ESP32", (34, 35, 0)),
            ("Generic ESP32S3 module with Octal-SPIRAM with ESP32-S3", (4, 5, 0)),
            ("Seeed XIAO ESP32S3 with ESP32-S3-FN8", (4, 5, 0)),
            ("Seeed XIAO ESP32C3 with ESP32-C3FN4", (4, 5, 9)),
            ("Seeed XIAO ESP32C6 with ESP32C6", (1, 2, 9)),
            ("linux [GCC 12.2.0] version", (34, 35, 0)),
        ):
            config.suit(machine)
            defaults = config.defaults()
            assert tuple([defaults[name] for name in config.CHIP_FIELDS]) == pins, machine
            # They do not contradict each other, nor the rest of the defaults.
            assert config.validate({})[1] == []
    finally:
        config.suit("ESP32")
