"""Any JSON in any field: accepted in range, or one clear line; never an exception."""

import json

from hypothesis import given
from hypothesis import strategies as st

from core import config

NAMES = sorted(config.SCHEMA)
SECRET = "correct horse battery"

json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(-3, 70_000),
        st.floats(),
        st.text(max_size=80),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=8,
)


def in_range(name, value):
    """Say whether a value is what the field is documented to take."""
    kind, default, least, most = config.SCHEMA[name]
    if value is None:
        return default is None
    if kind == config.FLAG:
        return isinstance(value, bool)
    if kind in (config.WHOLE, config.PIN):
        return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
    if not isinstance(value, str):
        return False
    if kind == config.DIGITS:
        return value == "" or (value.isascii() and value.isdigit() and len(value) == most)
    if kind == config.READING:
        return True
    if kind == config.CHOICE:
        return value in least
    if kind == config.TOPIC and ("+" in value or "#" in value):
        return False
    return least <= len(value) <= most


@given(st.sampled_from(NAMES), json_values)
def test_any_value_in_any_field(name, value):
    section, field = name.split(".")
    settings, errors = config.parse(json.dumps({section: {field: value}}))
    assert len(errors) <= 1
    if not errors:
        assert settings[name] == value
        assert in_range(name, value)
        return
    line = errors[0]
    assert "accepted: " in line and line.isprintable() and len(line) < 250
    if in_range(name, value) and config.SCHEMA[name][0] != config.READING:
        # It is the combination with another field that is refused.
        assert name.split(".")[0] in line or "pulse." in line
    else:
        assert line.startswith(name + ": ")
        assert config.accepted(name) in line
        if isinstance(value, int | float | None) and len(repr(value)) < 40:
            assert name in config.SECRETS or f": {value!r} is" in line


@given(json_values)
def test_any_document(document):
    settings, errors = config.parse(json.dumps(document))
    assert set(settings) == set(NAMES)
    assert all(line.isprintable() and "accepted: " in line for line in errors)
    if not isinstance(document, dict):
        assert len(errors) == 1


@given(
    st.dictionaries(
        st.sampled_from([*sorted({name.split(".")[0] for name in NAMES}), "metre", "a\nb"]),
        st.one_of(
            json_values,
            st.dictionaries(
                st.sampled_from([name.split(".")[1] for name in NAMES] + ["x", "\r\n"]),
                json_values,
                max_size=5,
            ),
        ),
        max_size=5,
    )
)
def test_any_document_with_known_names(document):
    settings, errors = config.parse(json.dumps(document))
    assert all(line.isprintable() for line in errors)
    if not errors:
        for name in NAMES:
            assert in_range(name, settings[name])


@given(st.text(max_size=100))
def test_any_text(text):
    settings, errors = config.parse(text)
    assert set(settings) == set(NAMES)
    assert errors or isinstance(json.loads(text), dict)


def _nest(path, value):
    for key in reversed(path):
        value = {key: value}
    return value


@given(
    st.lists(st.sampled_from(["wifi", "password", "pasword", "wlan", "ssid", "meter"]), max_size=4),
    st.sampled_from([SECRET, SECRET * 4, SECRET[:5], [SECRET], SECRET + "\n"]),
)
def test_no_line_repeats_a_secret(path, value):
    # An SSID is no secret, and neither is what stands where one belongs.
    if path == ["wifi", "ssid"]:
        return
    errors = config.parse(json.dumps(_nest(path, value)))[1]
    assert not any(SECRET[:5] in line for line in errors)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "imp_per_kwh": st.integers(1, 100_000),
            "fuse_a": st.integers(6, 1000),
            "phases": st.integers(1, 3),
        },
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "width_min_ms": st.integers(1, 1000),
            "width_max_ms": st.integers(2, 2000),
            "debounce_us": st.integers(100, 50_000),
        },
    ),
)
def test_an_accepted_filter_can_pass_what_the_fuse_admits(meter, pulse):
    settings, errors = config.validate({"meter": meter, "pulse": pulse})
    assert len(errors) <= 1
    if errors:
        return
    watt = settings["meter.phases"] * settings["meter.fuse_a"] * 230
    period_us = 3_600_000_000_000 // (settings["meter.imp_per_kwh"] * watt)
    width_us = settings["pulse.width_min_ms"] * 1000
    assert width_us + settings["pulse.debounce_us"] <= period_us
    assert settings["pulse.width_min_ms"] < settings["pulse.width_max_ms"]
