"""The bench's house: power cuts move the month and take nothing from it; its plots."""

from bisect import bisect_right
from dataclasses import replace

import pytest
from PIL import Image

from tools.bench import house, plot, table, trace
from tools.bench.scenario import Impairment
from tools.simulator.profile import load_profile

DAY = 1_440


def pulses(load):
    pulses_us = []
    for _ in trace.play(load, 2_000, Impairment(), None, 1, pulses_us):
        pass
    return pulses_us


def test_the_month_is_the_house_s():
    powers_w = load_profile(str(house.PROFILE)).minute_powers_w
    assert len(powers_w) == 28 * DAY
    assert max(powers_w) == 9_410
    assert sum(powers_w) // 60 == 941_562


def test_a_power_cut_takes_no_energy_and_comes_when_all_is_saved():
    powers_w = (297,) * (2 * DAY)
    load, cuts = house._load(powers_w, [1])
    assert load[-1][1] == 0
    ((off_us, on_us),) = cuts
    pulses_us = pulses(load)
    assert len(pulses_us) == 2 * 24 * 297
    before = bisect_right(pulses_us, off_us)
    assert off_us - pulses_us[before - 1] == house.AFTER_PULSE_US
    assert off_us // house.HOUR_US == 24 + house.CUT_HOURS[0]
    assert pulses_us[before] > on_us
    assert load[-1][0] == trace.LEAD_US + 2 * 24 * house.HOUR_US + house.OFF_US


def test_a_load_without_a_pause_has_no_power_cut():
    load, cuts = house._load((2_000,) * DAY, [0])
    assert cuts == []
    assert len(load) == DAY + 1


def test_the_energy_of_each_hour_is_that_of_the_source():
    load = [(trace.LEAD_US + k * 60_000_000, 100 + k) for k in range(150)]
    load.append((trace.LEAD_US + 150 * 60_000_000, 0))
    hours = house.energy_by_hour(load)
    ends = [sum(100 + k for k in range(minutes)) // 60 for minutes in (0, 60, 120)]
    assert hours == [ends[1], ends[2] - ends[1]]


def test_the_peaks_are_the_tariff_s():
    # January 2026 begins with a holiday, a Thursday; local midnight is hour 0.
    hours = [100] * (9 * 24)
    for day, hour, wh in ((0, 12, 9_000), (1, 12, 5_000), (1, 13, 6_000), (2, 12, 8_000)):
        hours[day * 24 + hour] = wh
    hours[4 * 24 + 3] = 7_000
    hours[4 * 24 + 8] = 3_000

    def at(day, hour):
        return house.BEGIN_S + (day * 24 + hour) * 3_600

    ellevio = house._peaks("ellevio", hours)
    assert ellevio.peaks == [(at(0, 12), 9_000), (at(2, 12), 8_000), (at(1, 13), 6_000)]
    assert ellevio.charged_w == 7_667
    # Workdays by day alone: neither the holiday nor Saturday nor the night.
    goteborg = house._peaks("goteborg", hours)
    assert goteborg.peaks[:2] == [(at(1, 13), 6_000), (at(4, 8), 3_000)]
    tekniska = house._peaks("tekniska_verken", hours)
    assert [w for _, w in tekniska.peaks] == [9_000, 8_000, 7_000, 6_000, 5_000]


def test_a_pulse_lost_is_found(tmp_path):
    # Half a Wh over at the full hour, so that no pulse begins just then.
    powers_w = (1_500, 1_501) * 38
    whole = house.play(tmp_path / "whole", 1, powers_w, [], 1)
    assert whole.faults() == []
    assert (whole.pulses, whole.hours, whole.hours_exact) == (1_900, 1, 1)
    lines: list[str] = []
    broken = house.play(tmp_path / "broken", 1, powers_w, [], 1, swallow=700, explained=lines)
    assert broken.counted == broken.pulses - 1 == 1_899
    assert "register 1899, meter 1900 pulses" in broken.faults()
    assert broken.hours_wrong == [house.BEGIN_S]
    assert [line for line in lines if line.startswith(("missed", "added"))] == [
        # 701 Wh at 1500.5 W, and the second before the load begins.
        "missed at 1682.840000, pulse 700"
    ]


def test_every_difference_is_a_fault():
    peaks = {"a": house.Peaks([(0, 10)], 10)}
    month = house.House(1, 9, 100, 100, [0], 24, 23, 1, [], peaks, peaks)
    assert month.faults() == []
    # The pulse at the end of the hour.
    assert replace(month, peaks={"a": house.Peaks([(0, 9)], 9)}).faults() == []
    for change in (
        {"counted": 99},
        {"counted": 101},
        {"lost_by_cuts": [0, 2]},
        {"hours_wrong": [3_600]},
        {"peaks": {"a": house.Peaks([(0, 8)], 8)}},
        {"peaks": {"a": house.Peaks([(3_600, 10)], 10)}},
        {"peaks": {}},
    ):
        assert len(replace(month, **change).faults()) == 1
    row = {"callbacks_lost": 0, "missed": 0, "rejected": 0, "saves": 0}
    shown = table.house(replace(month, counted=98, counters=row))
    assert "| register | 98 (-2) |" in shown
    assert "| a | 10 | 10 | 10 | 10 |" in shown


def test_the_days_wanted_are_checked(monkeypatch):
    monkeypatch.setenv("HOUSE_DAYS", "7")
    assert house.days_wanted() == 7
    for wrong in ("0", "29", "x"):
        monkeypatch.setenv("HOUSE_DAYS", wrong)
        with pytest.raises(ValueError, match="1 to 28"):
            house.days_wanted()


def test_the_other_wishes_are_checked(monkeypatch):
    assert (house.first_day(1), house.drop_per_million()) == (0, house.DROP_PER_MILLION)
    monkeypatch.setenv("HOUSE_FROM", "27")
    assert house.first_day(1) == 27
    with pytest.raises(ValueError, match="0 to 26 with 2 days"):
        house.first_day(2)
    monkeypatch.setenv("HOUSE_DROP", "x")
    with pytest.raises(ValueError, match="0 to 100000"):
        house.drop_per_million()


def test_a_plot_is_a_small_picture(tmp_path):
    truth = trace.Truth(1_000, 30_000, 100_000_000, (1,), ((0, 3_000), (50_000_000, 100)))
    path = tmp_path / "a.png"
    samples = [(0, 3_000.0, 0), (800, 90.0, 1)]
    plot.plot(path, "title", truth, {"a": samples, "b": samples}, (10, 90))
    with Image.open(path) as image:
        assert image.size == plot.SIZE
    assert path.stat().st_size < 20_000
