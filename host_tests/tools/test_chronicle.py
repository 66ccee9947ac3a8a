"""The truth at the instant of a reader's status."""

from tools.simulator.chronicle import Chronicle
from tools.simulator.reader_status import ReaderStatus

S = 1_000_000


def told(chronicle, t_s, pulses, power_w=1_000, **more):
    chronicle.add({"t_us": t_s * S, "pulses": pulses, "power_w": power_w, **more})


def at(uptime_s):
    return ReaderStatus({"uptime_ms": uptime_s * 1_000})


def test_truth_lies_between_the_statuses_around():
    chronicle = Chronicle()
    told(chronicle, 100, 50, event="reader_connected")
    told(chronicle, 106, 53, power_w=2_000)
    told(chronicle, 112, 56)
    told(chronicle, 118, 59)
    assert chronicle.pulses_range(at(10)) == (53, 56)
    assert chronicle.power_w(at(10)) == 2_000
    # A pulse that began just before may not be counted yet.
    assert chronicle.pulses_range(at(12)) == (53, 56)
    assert chronicle.pulses_range(at(13)) == (56, 59)


def test_nothing_is_known_before_the_reader_has_started():
    chronicle = Chronicle()
    assert chronicle.pulses_range(at(1)) is None
    told(chronicle, 100, 50)
    assert chronicle.pulses_range(at(1)) is None
    assert chronicle.power_w(at(1)) is None
    assert chronicle.pulses_range(ReaderStatus({})) is None


def test_a_restarted_reader_counts_its_time_anew():
    chronicle = Chronicle()
    told(chronicle, 100, 50, event="reader_connected")
    told(chronicle, 200, 60, event="reader_connected")
    told(chronicle, 210, 70)
    assert chronicle.pulses_range(at(5)) == (60, 70)


def test_speed_needs_a_second_to_tell():
    chronicle = Chronicle()
    assert chronicle.speed is None
    told(chronicle, 0, 0)
    told(chronicle, 1, 0)
    assert chronicle.speed is None
