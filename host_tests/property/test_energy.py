"""The register against exact fractions, and its way to and from text and record."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import register_record
from core.energy import READING_MAX_WH, Register, format_kwh, parse_kwh

constants = st.one_of(
    st.integers(1, 100_000), st.sampled_from([1, 3, 7, 640, 1000, 10_000, 100_000])
)
readings = st.integers(0, READING_MAX_WH)
pulses = st.integers(0, 1 << 40)


@given(constants, readings, st.lists(pulses, max_size=20))
def test_the_reading_is_the_truth_cut_to_whole_wh(imp, reading_wh, added):
    register = Register(imp)
    register.set_reading(format_kwh(reading_wh))
    for count in added:
        register.add(count)
        truth = reading_wh + Fraction(1000 * (register.total), imp)
        assert register.reading_wh() == truth.numerator // truth.denominator
    assert register.total == sum(added)


actions = st.lists(
    st.one_of(
        st.tuples(st.just("add"), pulses),
        st.tuples(st.just("restart"), constants),
        st.tuples(st.just("seed again"), st.none()),
        st.tuples(st.just("set lower"), readings),
    ),
    max_size=30,
)


@given(constants, readings, actions)
def test_the_reading_never_runs_backward(imp, seed_wh, actions):
    register = Register(imp)
    register.seed(format_kwh(seed_wh))
    before_wh = register.reading_wh()
    for action, value in actions:
        if action == "add":
            register.add(value)
        elif action == "restart":
            payload = register_record.pack(register)
            register = Register(value)
            register_record.unpack_into(register, payload)
        elif action == "seed again":
            assert not register.seed(format_kwh(seed_wh))
        elif value < before_wh:
            with pytest.raises(ValueError):
                register.set_reading(format_kwh(value))
        assert register.reading_wh() >= before_wh
        before_wh = register.reading_wh()


@given(readings, st.integers(0, 3), st.sampled_from(["", " "]), st.sampled_from(".,"))
def test_what_the_display_shows_reads_back(energy_wh, decimals, separator, point):
    text = format_kwh(energy_wh, decimals, separator).replace(".", point)
    step = 10 ** (3 - decimals)
    assert parse_kwh(text) == energy_wh // step * step


@given(st.one_of(st.text(), st.from_regex(r"[0-9 .,_+-]{0,14}")))
def test_any_text_is_a_reading_or_refused_by_name(text):
    try:
        energy_wh = parse_kwh(text)
    except ValueError as error:
        assert "accepted: 0 to 99999999.999" in str(error)
    else:
        assert 0 <= energy_wh <= READING_MAX_WH
        plain = text.replace(" ", "").replace("_", "").replace(",", ".")
        assert Fraction(plain.rstrip(".")) * 1000 == energy_wh


@given(st.binary(max_size=60))
def test_any_record_is_taken_whole_or_refused_whole(payload):
    register = Register(1000)
    register.add(5)
    try:
        register_record.unpack_into(register, payload)
    except ValueError:
        assert (register.total, register.reading_wh(), register.imp_per_kwh) == (5, 5, 1000)
    else:
        assert 0 <= register.base_total <= register.total
        assert register.reading_wh() >= register.base_wh


@given(pulses, pulses, readings, st.booleans(), constants, readings)
def test_a_record_comes_back_as_it_was(more, base, base_wh, is_set, imp, seed_wh):
    register = Register(imp)
    register.restore(base + more, base_wh, base, is_set, imp, seed_wh)
    again = Register(imp)
    register_record.unpack_into(again, register_record.pack(register))
    assert vars(again) == vars(register)
