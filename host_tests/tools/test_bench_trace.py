"""The bench's traces: what is generated is true, what is written is read back."""

import itertools
import json

import pytest

from tools.bench import load, trace
from tools.bench.scenario import ALL_TOGETHER, BEFORE_WRAP_US, SCENARIOS, Impairment

STEPS = [(30, 3_000), (20, 0), (30, 11_000)]
PULSES = (30 * 3_000 + 30 * 11_000) // 3_600


CLEAN = Impairment()


def generated(impairment=CLEAN, seed=1, width_us=30_000, steps=STEPS):
    return trace.generate(steps, width_us, impairment, seed)


def test_the_truth_has_the_load_s_whole_pulses():
    _, truth = generated()
    assert truth.pulses == PULSES
    assert truth.load == ((1_000_000, 3_000), (31_000_000, 0), (51_000_000, 11_000))
    assert truth.duration_us == 81_000_000


def test_the_stepped_load_is_that_of_the_baseline():
    _, truth = generated(steps=load.STEPPED)
    assert truth.pulses == 6_668
    assert 3.2 < truth.duration_us / 3_600_000_000 < 3.4


def test_clean_edges_are_the_pulses():
    edges, truth = generated()
    assert edges == [edge for t_us in truth.pulses_us for edge in ((t_us, 1), (t_us + 30_000, 0))]


@pytest.mark.parametrize(
    "impairment",
    [Impairment(bounce_us=2_000), Impairment(lamp=True), Impairment(emi_per_s=5.0), ALL_TOGETHER],
)
def test_an_impairment_adds_edges_and_changes_no_truth(impairment):
    edges, truth = generated(impairment)
    assert truth == generated()[1]
    assert len(edges) > 2 * truth.pulses
    assert [level for _, level in edges] == [1, 0] * (len(edges) // 2)
    assert all(a[0] < b[0] for a, b in itertools.pairwise(edges))


def test_a_seed_repeats_itself_and_another_does_not():
    assert generated(ALL_TOGETHER, 1) == generated(ALL_TOGETHER, 1)
    assert generated(ALL_TOGETHER, 1)[0] != generated(ALL_TOGETHER, 2)[0]


def test_a_written_trace_is_read_back(tmp_path):
    edges, _ = generated(Impairment(bounce_us=2_000))
    path = tmp_path / "a.trace"
    trace.write(path, edges)
    with path.open() as lines:
        assert list(trace.parse(lines)) == edges


def test_comments_and_blank_lines_are_passed_over():
    assert list(trace.parse(["# t_us level", "", "0 1", "5 0\n"])) == [(0, 1), (5, 0)]


@pytest.mark.parametrize(
    "line", ["5", "5 1 1", "x 1", "5 2", "-5 1", "5.0 1", "\u0665 1", "9" * 30 + " 1"]
)
def test_a_faulty_line_is_named(line):
    with pytest.raises(trace.TraceError, match=r"line 2"):
        list(trace.parse(["5 0", line]))


def test_the_truth_is_read_back():
    _, truth = generated()
    assert trace.Truth.from_json(truth.to_json()) == truth
    assert json.loads(truth.to_json())["pulses"] == PULSES


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", '{"pulses": 1}'],
)
def test_what_is_no_truth_is_refused(text):
    with pytest.raises(trace.TraceError):
        trace.Truth.from_json(text)


def test_a_truth_that_contradicts_itself_is_refused():
    fields = json.loads(generated()[1].to_json())
    fields["pulses"] += 1
    with pytest.raises(trace.TraceError, match="pulses"):
        trace.Truth.from_json(json.dumps(fields))


def test_scenarios_are_playable_and_named_once():
    names = [scenario.name for scenario in SCENARIOS]
    assert len(set(names)) == len(names)
    for scenario in SCENARIOS:
        peak_w = max(power_w for _, power_w in load.LOADS[scenario.load])
        # A flash must be over before the next begins.
        assert 3_600_000_000 // peak_w > scenario.width_us + 2 * scenario.impairment.bounce_us


def test_the_wrap_scenario_starts_before_both_clocks_wrap():
    assert 0 < (1 << 32) - BEFORE_WRAP_US < 60_000_000
    assert 0 < -BEFORE_WRAP_US % (1 << 30) < 60_000_000


def test_a_ramp_s_ends_are_as_given():
    steps = load.ramp(200, 9_000, 1_200)
    assert (steps[0][1], steps[-1][1]) == (200, 9_000)
    assert sum(seconds for seconds, _ in steps) == 1_200


def test_a_truth_nested_too_deep_is_refused():
    with pytest.raises(trace.TraceError, match="truth"):
        trace.Truth.from_json("[" * 5_000)


def test_a_number_with_thousands_of_zeros_is_a_faulty_line():
    with pytest.raises(trace.TraceError, match="line 1"):
        list(trace.parse(["0" * 5_000 + " 1"]))
