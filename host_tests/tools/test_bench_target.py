"""The bench's verdicts are made of what was measured; its traces can be read elsewhere."""

import math
from dataclasses import replace

import pytest

from tools.bench import export, target, trace
from tools.bench.esphome import SETTINGS
from tools.bench.match import ORACLE, OURS, Result
from tools.bench.metrics import measure
from tools.bench.scenario import SCENARIOS, Impairment, Scenario
from tools.bench.trace import Truth, generate
from tools.trace.trace_file import read

S = 1_000_000
TRUTH = Truth(1_000, 30_000, 100 * S, tuple(range(1, 10_001)), ((0, 1_000),))
EXACT = measure([(0, 1_000.0, 10_000)], TRUTH)


def result(ours, best=EXACT, ideal=EXACT, visible=True):
    measures = {OURS: ours, ORACLE: ideal} | {setting.name: best for setting in SETTINGS}
    return Result(Scenario("x", visible=visible), 10_000, 0, measures, {})


def counted(error):
    return replace(EXACT, count_error=error, count_error_percent=error / 100)


@pytest.mark.parametrize(
    ("error", "visible", "word"),
    [
        (0, True, target.MET),
        (-1, True, target.MISSED),
        (1, True, target.MISSED),
        (-5, False, target.MET),
        (-6, False, target.MISSED),
        (1, False, target.MISSED),
    ],
)
def test_a_count_is_exact_where_it_can_be_and_never_above(error, visible, word):
    assert target.count(result(counted(error), visible=visible)).word == word


@pytest.mark.parametrize(
    ("ours", "best", "ideal", "word"),
    [
        (10, 30, 10, target.MET),
        (11, 30, 5, target.MISSED),
        (11, 30, 11, target.LIMIT),
        (13, 30, 11, target.MISSED),
        (11.3, 30, 11, target.MISSED),
        (0, 0, 0, target.MET),
    ],
)
def test_the_limit_is_where_the_ideal_counter_misses_too(ours, best, ideal, word):
    assert target.third(ours, best, ideal).word == word


def test_a_limit_says_where_esphome_is_nearer_than_the_ideal():
    assert "ESPHome" not in target.third(11, 30, 11).why
    assert target.third(6, 3, 6).word == target.LIMIT
    assert "ESPHome below the ideal at 3.00" in target.third(6, 3, 6).why
    standby = replace(EXACT, p95_percent=6.0)
    text = target.conclusion(1, [result(standby, replace(EXACT, p95_percent=3.0), standby)])
    assert "1 at the limit of what the light tells (ESPHome below it in 1)" in text


def test_a_fall_is_seen_within_a_second_of_when_it_can_be_known():
    assert target.seen(30.9, 30.0).word == target.MET
    assert target.seen(31.1, 30.0).word == target.MISSED
    assert target.seen(math.inf, 30.0).word == target.MISSED
    assert target.seen(math.inf, math.inf).word == target.LIMIT
    assert target.seen(None, None).word == ""


def test_standby_is_judged_from_its_second_pulse_on():
    _, truth = generate([(100, 2_000), (6_000, 3)], 30_000, Impairment(), 1)
    second = truth.pulses_us[-4] // 100_000
    right = measure([(0, 2_000.0, 0), (second, 3.2, 1)], truth)
    assert target.standby(right.standby_w).word == target.MET
    late = measure([(0, 2_000.0, 0), (second + 600, 3.2, 1)], truth)
    assert target.standby(late.standby_w).word == target.MISSED


def test_the_conclusion_counts_the_verdicts():
    text = target.conclusion(7, [result(EXACT), result(counted(-1)), result(EXACT, visible=False)])
    assert text.startswith("Seed 7: 8 targets met, 0 at the limit")
    assert "1 missed; the count is exact in 1 of 2" in text


def test_exported_traces_are_read_by_replay_and_carry_their_truth(tmp_path):
    scenario = next(s for s in SCENARIOS if s.name == "bounce, 2 ms")
    path, truth_path = export.write(tmp_path, [scenario], 1)
    recorded = read(path)
    assert recorded.header["settings"] == {"pulse.width_min_ms": 1, "pulse.width_max_ms": 15}
    truth = Truth.from_json(truth_path.read_text())
    with path.open() as file:
        rises = [t_us for t_us, level in trace.parse(file) if level]
    assert set(truth.pulses_us) <= set(rises)
