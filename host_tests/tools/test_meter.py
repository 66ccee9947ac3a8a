"""The virtual meter: exact, reproducible, and the same in one step or in many."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.simulator.impairment import Lamp, bounce_times_us
from tools.simulator.led import UpperLed
from tools.simulator.meter import LOWER_LED, MAINS_SENSE, UPPER_LED, VirtualMeter
from tools.simulator.pulse_clock import NEVER_US, PulseClock
from tools.simulator.scenario import SCENARIOS, Action
from tools.simulator.settings import MeterSettings

S = 1_000_000
MS = 1_000


def settings_of(scenario, **changes):
    impairments = SCENARIOS[scenario]
    values = {
        "scenario": scenario,
        "profile": "constant:11000",
        "bounce_us": impairments.bounce_us,
        "lamp": impairments.lamp,
        "emi_per_s": impairments.emi_per_s,
        **changes,
    }
    return MeterSettings(**values)


def rises(edges, signal=UPPER_LED):
    return [t_us for t_us, of, lit in edges if of == signal and lit]


scenarios = st.sampled_from(sorted(SCENARIOS))


@given(
    scenario=scenarios,
    seed=st.integers(0, 1_000),
    profile=st.sampled_from(["constant:11000", "constant:69000", "steps", "household_2007-02"]),
    width_ms=st.integers(1, 40),
    minutes=st.integers(1, 4),
)
def test_edges_alternate_and_come_in_time_order(scenario, seed, profile, width_ms, minutes):
    meter = VirtualMeter(
        settings_of(scenario, seed=seed, profile=profile, pulse_width_us=width_ms * MS)
    )
    levels = meter.levels()
    edges = meter.advance(minutes * 60 * S)
    assert edges == sorted(edges)
    for t_us, signal, lit in edges:
        assert 0 <= t_us <= meter.now_us
        assert lit != levels[signal]
        levels[signal] = lit
    assert levels == meter.levels()


@given(
    scenario=scenarios,
    seed=st.integers(0, 1_000),
    blocks_us=st.lists(st.integers(0, 40 * S), min_size=1, max_size=40),
    limit=st.one_of(st.none(), st.integers(4, 60)),
)
def test_blocks_of_any_size_give_the_same_edges(scenario, seed, blocks_us, limit):
    whole = VirtualMeter(settings_of(scenario, seed=seed))
    parts = VirtualMeter(settings_of(scenario, seed=seed))
    edges = []
    for block_us in blocks_us:
        until_us = parts.now_us + block_us
        while True:
            got = parts.advance(until_us, limit)
            assert limit is None or len(got) <= limit
            edges += got
            if parts.now_us == until_us:
                break
    assert edges == whole.advance(sum(blocks_us))
    assert parts.state() == whole.state()


@given(
    scenario=scenarios,
    seed=st.integers(0, 1_000),
    stop_us=st.integers(0, 500 * S),
    more_us=st.integers(0, 100 * S),
)
def test_goes_on_from_a_saved_state_as_if_never_stopped(scenario, seed, stop_us, more_us):
    running = VirtualMeter(settings_of(scenario, seed=seed))
    running.advance(stop_us)
    saved = json.loads(json.dumps(running.state()))
    resumed = VirtualMeter(settings_of(scenario, seed=seed))
    resumed.restore(saved)
    assert resumed.levels() == running.levels()
    assert resumed.advance(stop_us + more_us) == running.advance(stop_us + more_us)
    assert resumed.register_wh == running.register_wh


def test_same_seed_same_light_other_seed_other_light():
    first, again, other = (
        VirtualMeter(settings_of("bounce", seed=seed, emi_per_s=1.0)).advance(60 * S)
        for seed in (7, 7, 8)
    )
    assert first == again
    assert first != other


def test_a_clean_pulse_is_lit_for_its_width():
    meter = VirtualMeter(settings_of("normal", profile="constant:3600", pulse_width_us=45 * MS))
    edges = meter.advance(3 * S - 1)
    assert edges == [(1 * S, 0, 1), (1_045 * MS, 0, 0), (2 * S, 0, 1), (2_045 * MS, 0, 0)]
    assert meter.pulses == 2


def test_truth_counts_a_pulse_at_its_first_rise():
    meter = VirtualMeter(settings_of("bounce", profile="constant:3600"))
    meter.advance(1 * S - 1)
    assert meter.pulses == 0
    assert meter.advance(1 * S)[0] == (1 * S, UPPER_LED, 1)
    assert meter.pulses == 1


@given(seed=st.integers(), edge_us=st.integers(0, 10**12), window_us=st.integers(0, 5_000))
def test_bounce_stays_in_its_window_and_ends_on_the_right_level(seed, edge_us, window_us):
    times_us = bounce_times_us(random.Random(seed), edge_us, window_us)
    assert len(times_us) in (0, 2, 4, 6)
    assert times_us == sorted(set(times_us))
    assert all(edge_us < t_us <= edge_us + window_us for t_us in times_us)


def test_bounced_pulses_are_still_one_each():
    meter = VirtualMeter(settings_of("bounce"))
    edges = meter.advance(60 * S)
    clean = VirtualMeter(settings_of("normal"))
    clean_rises = rises(clean.advance(60 * S))
    # Every extra rise is within 2 ms of a clean edge: at a pulse's begin or its end.
    for t_us in rises(edges):
        after_us = min(t_us - begin_us for begin_us in clean_rises if begin_us <= t_us)
        assert after_us <= 2 * MS or 30 * MS <= after_us <= 32 * MS
    assert set(clean_rises) <= set(rises(edges))
    assert len(rises(edges)) > len(clean_rises)


def test_overlapping_flashes_melt_into_one():
    led = UpperLed(width_us=50, bounce_us=0, rng=random.Random(1))
    seen = []
    for now_us in range(200):
        if now_us in (10, 40):
            led.flash(now_us)
        if led.next_us == now_us:
            led.step(now_us)
            seen.append((now_us, led.lit))
    assert seen == [(10, True), (90, False)]


def lit_intervals(edges, until_us):
    """The (begin, end) of the upper LED's light."""
    upper = [(t_us, lit) for t_us, signal, lit in edges if signal == UPPER_LED]
    ends = [t_us for t_us, _ in upper[1:]] + [until_us]
    return [(t_us, end) for (t_us, lit), end in zip(upper, ends, strict=True) if lit]


def union(intervals):
    merged = []
    for begin, end in sorted(intervals):
        if merged and begin <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([begin, end])
    return [tuple(interval) for interval in merged]


@given(seed=st.integers(0, 1_000), power_w=st.integers(1_000, 69_000))
def test_lamp_and_led_light_is_the_union_of_both(seed, power_w):
    until_us = 20 * S
    load = f"constant:{power_w}"
    led = VirtualMeter(settings_of("normal", seed=seed, profile=load))
    lamp = VirtualMeter(settings_of("flicker", seed=seed, profile="constant:0"))
    both = VirtualMeter(settings_of("flicker", seed=seed, profile=load))
    led_lit = lit_intervals(led.advance(until_us), until_us)
    lamp_lit = lit_intervals(lamp.advance(until_us), until_us)
    both_lit = lit_intervals(both.advance(until_us), until_us)
    assert both_lit == union(led_lit + lamp_lit)
    assert both.pulses == led.pulses


@given(seed=st.integers())
def test_lamp_is_lit_4_to_6_of_10_ms_in_bursts_of_minutes(seed):
    lamp = Lamp(random.Random(seed), start_us=0)
    begins_us, gaps_us = [], []
    while lamp.next_us < 600 * S:
        begin_us = lamp.next_us
        lamp.step(begin_us)
        assert lamp.lit
        assert 4 * MS <= lamp.next_us - begin_us <= 6 * MS
        lamp.step(lamp.next_us)
        begins_us.append(begin_us)
        gaps_us.append(lamp.next_us - begin_us)
    assert begins_us[0] == 0
    pauses_us = [gap_us for gap_us in gaps_us if gap_us != 10 * MS]
    assert pauses_us
    assert all(60 * S <= pause_us <= 181 * S for pause_us in pauses_us)


def test_spikes_invert_the_light_for_5_to_200_us():
    meter = VirtualMeter(settings_of("emi", profile="constant:0", emi_per_s=50.0))
    intervals = lit_intervals(meter.advance(60 * S), 60 * S)
    assert 2_000 < len(intervals) < 4_000
    assert all(5 <= end - begin <= 200 for begin, end in intervals)
    assert meter.pulses == 0


def test_breaker_scenario_blinks_for_the_customer_and_stays_lit_for_the_utility():
    meter = VirtualMeter(settings_of("breaker"))
    edges = meter.advance(480 * S)
    lower = [(t_us // S, lit) for t_us, signal, lit in edges if signal == LOWER_LED]
    assert lower[:5] == [(60, 1), (65, 0), (66, 1), (67, 0), (68, 1)]
    # It closes in the dark half of a blink.
    assert [edge for edge in lower if edge[0] >= 239] == [(239, 0), (300, 1), (480, 0)]
    # A flash that began with the load may end just after it; none begins.
    dark = [t_us for t_us in rises(edges) if 60 * S < t_us < 240 * S or 300 * S < t_us < 480 * S]
    assert dark == []
    assert [t_us for t_us in rises(edges) if 240 * S < t_us < 300 * S]
    again = [(t_us // S, lit) for t_us, of, lit in meter.advance(545 * S) if of == LOWER_LED]
    assert again == [(540, 1), (545, 0)]


def test_power_cut_scenario():
    meter = VirtualMeter(settings_of("power_cut"))
    assert meter.next_reader_off_us == 380 * S
    edges = meter.advance(540 * S)
    mains = [(t_us // S, lit) for t_us, signal, lit in edges if signal == MAINS_SENSE]
    assert mains == [(180, 0), (240, 1), (360, 0), (420, 1), (540, 0)]
    assert [t_us for t_us in rises(edges) if 180 * S < t_us < 240 * S] == []
    assert [t_us for t_us in rises(edges) if 240 * S < t_us < 360 * S]
    assert meter.next_reader_off_us == 740 * S
    assert meter.power_w == 0


@pytest.mark.parametrize("scenario", sorted(set(SCENARIOS) - {"power_cut"}))
def test_reader_keeps_its_power_elsewhere(scenario):
    assert VirtualMeter(settings_of(scenario)).next_reader_off_us == NEVER_US


def test_drained_meter_finishes_its_pulse_and_starts_none():
    meter = VirtualMeter(settings_of("breaker", profile="constant:3600"))
    meter.advance(10 * S)
    meter.drain()
    assert meter.advance(1_000 * S) == [(10_030 * MS, UPPER_LED, 0)]
    assert (meter.pulses, meter.power_w, meter.breaker_open) == (10, 0, False)


def test_load_and_script_go_on_after_a_drain():
    meter = VirtualMeter(settings_of("breaker", profile="constant:3600"))
    meter.advance(50 * S)
    meter.drain()
    meter.advance(70 * S)
    resumed = VirtualMeter(settings_of("breaker", profile="constant:3600"))
    resumed.restore(meter.state())
    assert resumed.power_w == 3_600
    # The breaker was to open during the drain: it opens as soon as it may.
    assert resumed.advance(71 * S) == [(70 * S, LOWER_LED, 1)]


def test_commands_act_at_once():
    meter = VirtualMeter(settings_of("normal", profile="constant:3600"))
    meter.advance(1_500 * MS)
    meter.do(Action.BREAKER_OPEN_UTILITY)
    assert (meter.power_w, meter.breaker_open) == (0, True)
    assert meter.advance(60 * S) == [(1_500 * MS, LOWER_LED, 1)]
    meter.do(Action.MAINS_OFF)
    assert meter.advance(61 * S) == [(60 * S, LOWER_LED, 0), (60 * S, MAINS_SENSE, 0)]
    meter.do(Action.MAINS_ON)
    meter.do(Action.BREAKER_CLOSE)
    edges = meter.advance(62 * S)
    # Half a pulse had flowed before the breaker opened.
    assert edges == [(61 * S, MAINS_SENSE, 1), (61_500 * MS, 0, 1), (61_530 * MS, 0, 0)]


@given(
    st.lists(
        st.tuples(st.integers(0, 100_000), st.integers(0, 3_600 * S)), min_size=1, max_size=20
    ),
    st.sampled_from([1, 300, 1_000, 10_000]),
)
def test_pulse_clock_loses_no_energy(loads, imp_per_kwh):
    clock = PulseClock(imp_per_kwh, start_us=0)
    now_us = pulses = energy_w_us = 0
    for power_w, duration_us in loads:
        clock.set_power(now_us, power_w)
        now_us += duration_us
        energy_w_us += power_w * duration_us
        # Count, but jump over most pulses of a long, heavy load.
        while clock.next_us <= now_us and pulses < 2_000:
            clock.take_pulse(clock.next_us)
            pulses += 1
        if pulses >= 2_000:
            return
    assert pulses == energy_w_us * imp_per_kwh // (3_600 * S * 1_000)
