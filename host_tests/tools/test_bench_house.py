"""The bench's house: power cuts move the month and take nothing from it; its plots."""

from bisect import bisect_right
from dataclasses import replace

from PIL import Image

from tools.bench import house, plot, table, trace
from tools.bench.scenario import Impairment
from tools.simulator.profile import load_profile
from tools.simulator.pulse_clock import KWH_W_US

DAY = 1_440


def pulses(load, phase=0):
    pulses_us = []
    for _ in trace.play(load, 2_000, Impairment(), None, 1, pulses_us, phase):
        pass
    return pulses_us


def test_the_month_is_the_house_s():
    powers_w = load_profile(str(house.PROFILE)).minute_powers_w
    assert len(powers_w) == 28 * DAY
    assert max(powers_w) == 9_410
    assert sum(powers_w) // 60 == 941_562


def test_a_power_cut_takes_no_energy_and_comes_when_all_is_saved():
    powers_w = (300,) * (2 * DAY)
    load, cuts = house._load(powers_w, (1,), 0)
    assert load[-1][1] == 0
    ((off_us, on_us),) = cuts
    pulses_us = pulses(load)
    assert len(pulses_us) == 2 * 24 * 300
    before = bisect_right(pulses_us, off_us)
    assert off_us - pulses_us[before - 1] == house.AFTER_PULSE_US
    assert pulses_us[before] > on_us
    assert load[-1][0] == trace.LEAD_US + 2 * 24 * house.HOUR_US + house.OFF_US


def test_the_halves_make_the_whole():
    whole = (317,) * (2 * DAY)
    first, _ = house._load(whole[:DAY], (), 0)
    phase = sum(whole[:DAY]) * 60_000_000 * trace.IMP_PER_KWH % KWH_W_US
    second, _ = house._load(whole[DAY:], (), phase)
    assert len(pulses(first)) + len(pulses(second, phase)) == sum(whole) // 60
    assert [days for _, days, _ in house.HALVES] == [14, 14]
    assert sum(len(cuts) for _, _, cuts in house.HALVES) == 3


def test_parts_add_up():
    part = house.House(14, 10, 100, 99, [0, 1], 336, 330, 2, 50, 49, {"missed": 3})
    month = house.together([part, replace(part, worst_hour=1, peak_hour=51, lost_by_cuts=[])])
    assert (month.days, month.pulses, month.counted, month.lost_by_cuts) == (28, 200, 198, [0, 1])
    assert (month.worst_hour, month.peak_hour, month.counters) == (2, 51, {"missed": 6})
    row = {"callbacks_lost": 0, "missed": 0, "rejected": 0, "saves": 0}
    assert "| register | 198 (-2) |" in table.house(replace(month, counters=row))


def test_a_plot_is_a_small_picture(tmp_path):
    truth = trace.Truth(1_000, 30_000, 100_000_000, (1,), ((0, 3_000), (50_000_000, 100)))
    path = tmp_path / "a.png"
    plot.plot(path, "title", truth, {"a": [(0, 3_000.0, 0), (800, 90.0, 1)]}, (10, 90))
    with Image.open(path) as image:
        assert image.size == plot.SIZE
    assert path.stat().st_size < 20_000
