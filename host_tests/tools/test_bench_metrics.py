"""The bench's measures, oracle, re-implementations and tables."""

import math

import pytest

from tools.bench import oracle, others, table
from tools.bench.metrics import SamplesError, first_step, measure, parse_samples
from tools.bench.scenario import Impairment
from tools.bench.trace import Truth, generate

S = 1_000_000


def truth_of(*load, duration_s=100, pulses_us=(1, 2)):
    return Truth(1_000, 30_000, duration_s * S, tuple(pulses_us), tuple(load))


def test_samples_are_read():
    assert parse_samples("0 - 0\n5 1500000 1\n") == [(0, 0.0, 0), (5, 1500.0, 1)]


@pytest.mark.parametrize("text", ["", "1 2", "x 1 1", "1 1 1 1", "5 1 1\n5 1 1", "5 1 1\n4 1 1"])
def test_faulty_samples_are_refused(text):
    with pytest.raises(SamplesError):
        parse_samples(text)


def test_a_perfect_reader_has_no_error():
    truth = truth_of((0, 1_800), (50 * S, 3_600), pulses_us=range(75))
    measures = measure([(0, 1_800.0, 0), (500, 3_600.0, 75)], truth)
    assert (measures.count_error, measures.rms_percent, measures.p95_percent) == (0, 0, 0)
    assert measures.up_s == 0
    assert measures.down_s is None and measures.zero_s is None
    assert measures.energy_error_percent == pytest.approx(0)


def test_errors_are_relative_to_the_power_and_no_less_than_100_w():
    measures = measure([(0, 2_000.0, 2)], truth_of((0, 1_000)))
    assert measures.rms_percent == pytest.approx(100)
    measures = measure([(0, 53.0, 2)], truth_of((0, 3)))
    assert measures.p95_percent == pytest.approx(50)


def test_steps_are_found_by_their_kind():
    truth = truth_of((0, 300), (10 * S, 3_000), (20 * S, 100), (30 * S, 0), (40 * S, 50))
    assert first_step(truth, "up") == (10 * S, 3_000, 20 * S)
    assert first_step(truth, "down") == (20 * S, 100, 30 * S)
    assert first_step(truth, "zero") == (30 * S, 0, 40 * S)


def test_a_step_is_seen_when_the_value_stays():
    truth = truth_of((0, 3_000), (20 * S, 100))
    # For half a second by chance, and then for good.
    samples = [(0, 3_000.0, 0), (210, 110.0, 0), (215, 3_000.0, 0), (305, 119.0, 2)]
    assert measure(samples, truth).down_s == pytest.approx(10.5)
    assert measure([(0, 3_000.0, 2)], truth).down_s == math.inf


def test_the_ideal_counter_shows_the_interval_and_then_the_bound():
    truth = truth_of((0, 3_600), duration_s=20, pulses_us=(S, 2 * S, 3 * S))
    shown = {tenth: power_w for tenth, power_w, _ in oracle.bounded(truth)}
    assert shown[10] == 0
    assert shown[20] == 3_600
    assert shown[50] == 1_800
    assert oracle.bounded(truth)[-1][2] == 3


def test_the_re_implementations_count_a_clean_train():
    edges, truth = generate([(60, 3_000)], 30_000, Impairment(), 1)
    for samples in (
        others.tasmota(edges, 0, 40_000),
        others.emonlibcm(edges, 20_000, truth.duration_us),
    ):
        assert samples[-1][2] == truth.pulses
    assert others.tasmota(edges, 0, 40_000)[-1][1] == pytest.approx(3_000, rel=0.01)


def test_tasmota_s_interval_wraps_with_its_clock():
    edges = [(S, 1), (S + 10, 0), (4 * S, 1)]
    _, power_w, pulses = others.tasmota(edges, (1 << 32) - 2 * S, 40_000)[-1]
    assert (power_w, pulses) == (1_200, 2)


def test_emonlibcm_reads_the_level_again():
    # Gone after 2 ms: not counted. Still there after 20 ms: counted once.
    assert others.emonlibcm([(0, 1), (2_000, 0)], 20_000, S)[-1][2] == 0
    assert others.emonlibcm([(0, 1), (1_000, 0), (2_000, 1)], 20_000, S)[-1][2] == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.0001671, "0.000167"),
        (0.0000001, "0.000000"),
        (5.973, "5.97"),
        (14.46, "14.5"),
        (524.2, "524"),
        (63_666.4, "63666"),
    ],
)
def test_numbers_are_short_and_have_three_digits(value, text):
    assert table.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.04, "0.0"), (14.46, "14.5"), (719.4, "719"), (math.inf, "never")],
)
def test_seconds_are_those_of_the_samples(value, text):
    assert table.seconds(value) == text


def test_a_ratio_to_no_error_at_all_is_no_number():
    assert table.ratio(1, 4) == "0.25"
    assert table.ratio(0, 0) == "1.00"
    assert table.ratio(1, 0) == "∞"
