"""What monitor draws, from what a reader answers or leaves out."""

import pytest
from rich.console import Console

from tools.cli.monitor_panel import line, render
from tools.simulator.reader_status import ReaderStatus

STATUS = {
    "uptime_ms": 61_000,
    "register": {"kwh": "12345.678", "pulses": 678},
    "power": {"w": 1234, "age_s": 2.9, "quality": "measured"},
    "pulse": {"counter": "pcnt+interrupt", "rejected": {"flicker": 3, "too_short": 0}},
    "supply": {"state": "breaker_open", "reconnect": "customer", "fault": None},
    "config": {"errors": ["meter.fuse_a: 3 is not accepted"]},
    "failures": {"mqtt": "OSError: 113"},
    "version": "0.1.0",
}


def drawn(status, powers=(None,), problem=""):
    console = Console(width=90, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(render(ReaderStatus(status), "omnipower.local", list(powers), problem))
    return console.export_text()


def test_everything_that_matters_is_there():
    text = drawn(STATUS, [1000.0, None, 1234.0])
    for part in (
        "omnipower.local",
        "1 234 W (measured, last pulse 2.9 s ago)",
        "breaker open, you may reconnect",
        "flicker 3",
        "678",
        "pcnt+interrupt",
        "meter.fuse_a: 3 is not accepted",
        "mqtt: OSError: 113",
        "61 s since start",
        "█",
    ):
        assert part in text, part


@pytest.mark.parametrize("status", [{}, {"register": None}, {"power": {"w": None}, "supply": 3}])
def test_what_a_reader_leaves_out_is_unknown_and_no_crash(status):
    text = drawn(status)
    assert "–" in text
    assert "register –" in line(ReaderStatus(status))


def test_a_reader_that_does_not_answer_is_said_below():
    assert "gone" in drawn(STATUS, problem="gone")


def test_one_line_for_pipes():
    assert line(ReaderStatus(STATUS)) == (
        "register 12 345.678 kWh  1 234 W  breaker open, you may reconnect  rejected: flicker 3"
    )
