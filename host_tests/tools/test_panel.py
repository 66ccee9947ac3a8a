"""What the terminal shows, at 80 columns."""

import io

import pytest
from rich.console import Console

from tools.simulator.panel import compact_line, render
from tools.simulator.reader_status import ReaderStatus
from tools.simulator.view import View, clock_text, in_step_text, power_text


def status(**changes):
    return ReaderStatus(
        {
            "uptime_ms": 5_000,
            "register": {"kwh": "12345678.901", "pulses": 1_234_567},
            "power": {"w": 68_999.4, "quality": "bounded"},
            "pulse": {
                "rejected": {"too_short": 12, "too_long": 0, "too_soon": 300},
                "missed_by_handler": 4,
                "counter": "pcnt+interrupt",
            },
            "supply": {"state": "breaker_open", "reconnect": "utility", "fault": None},
            **changes,
        }
    )


def view(**changes):
    values = {
        "title": "household_2007-02",
        "url": "http://127.0.0.1:8080/",
        "reader": status(),
        "virtual_us": 93_784_000_000,
        "speed": 60.0,
        "achieved_speed": 30.0,
        "true_register_wh": 12_345_678_902,
        "true_pulses": 1_234_568,
        "true_pulses_range": (1_234_567, 1_234_568),
        "true_power_w": 69_000,
        "breaker_open": True,
        "powers_w": [(None, 0.0), (500.0, 1_000.0)] * 60,
        "notes": ["meter: the breaker has opened", "a note " * 40],
    }
    return View(**{**values, **changes})


def text_of(shown, roomy=True):
    file = io.StringIO()
    Console(file=file, width=80).print(render(shown, roomy))
    return file.getvalue()


def test_panel_shows_reader_beside_truth():
    text = text_of(view())
    for part in (
        "12 345 678.901 kWh",
        "12 345 678.902 kWh",
        "in step",
        "68 999 W (bounded)",
        "69 000 W",
        "breaker open, only the utility may reconnect (truth: open)",
        "too soon 300, too short 12",
        "missed 4, counter pcnt+interrupt",
        "1 d 02:03:04",
        "cannot keep up",
        "http://127.0.0.1:8080/",
        "the breaker has opened",
    ):
        assert part in text, part


@pytest.mark.parametrize("roomy", [True, False])
@pytest.mark.parametrize("shown", [View(), view(), view(reader=ReaderStatus({}))])
def test_panel_keeps_to_80_columns_and_its_rows(shown, roomy):
    lines = text_of(shown, roomy).splitlines()
    assert {len(line) for line in lines} == {80}
    assert len(lines) <= (30 if roomy else 24)


def test_panel_names_a_difference():
    assert "≥ 2 missing" in text_of(view(true_pulses_range=(1_234_569, 1_234_570)))
    assert "≥ 1 too many" in text_of(view(true_pulses_range=(1_234_565, 1_234_566)))


def test_compact_line():
    line = compact_line(view(achieved_speed=60.04))
    assert "register 12 345 678.901 kWh  meter 12 345 678.902 kWh  in step" in line
    assert "breaker open, only the utility may reconnect" in line
    assert "rejected: too soon 300, too short 12" in line
    assert "\n" not in line


def test_compact_line_before_the_first_status():
    line = compact_line(view(reader=None, state="starting"))
    assert "starting" in line
    assert "meter 12 345 678.902 kWh" in line


def test_texts():
    assert clock_text(3_599_999_999) == "00:59:59"
    assert power_text(2.5) == "2.5 W"
    assert power_text(12_345.6) == "12 346 W"
    assert in_step_text(1) == "≥ 1 missing"
    assert in_step_text(-2) == "≥ 2 too many"
