"""Traces: read back as written, refused where broken, and replayed to the meter's truth."""

import io

import pytest

from core import config
from tools.trace import trace_file
from tools.trace.capture_stream import CaptureStream
from tools.trace.plot import HEIGHT, WIDTH, draw
from tools.trace.replay import Replay
from tools.trace.trace_file import COUNT, LOST, LOWER, UPPER, Record, Trace, TraceError

PERIOD = 1 << 30
WIDTH_US = 30_000


def train(pulses, interval_us=360_000, count=True, start_us=1_000_000):
    """Return a trace of a steady load: 10 kW unless said otherwise."""
    records = [Record(0, UPPER, 0), Record(0, LOWER, 0)]
    for k in range(pulses):
        at_us = start_us + k * interval_us
        records.append(Record(at_us, UPPER, 1))
        records.append(Record(at_us + WIDTH_US, UPPER, 0))
        if count:
            records.append(Record(at_us + WIDTH_US + 20_000, COUNT, k + 1))
    return Trace({"settings": {}}, records)


def replayed(trace, hardware=True, **changes):
    settings = config.defaults()
    settings.update(changes)
    return Replay(trace, settings, hardware).run()


def test_what_is_written_reads_back():
    trace = train(3)
    trace.records.append(Record(9_000_000, LOST, 4))
    file = io.StringIO()
    trace_file.write(file, trace)
    again = trace_file.parse(file.getvalue().splitlines())
    assert again == trace


def test_a_bare_list_of_edges_is_a_trace():
    trace = trace_file.parse(["# made by hand", "", "#so", "5 1", "30005 0", "# anything goes"])
    assert trace.records == [Record(5, UPPER, 1), Record(30005, UPPER, 0)]
    assert not trace.has_count


@pytest.mark.parametrize(
    "line", ["x", "5", "5 2", "-1 0", "5 1 upper", "5.5 1", "# lower 5 3", "# pcnt x 1"]
)
def test_a_line_that_is_none_is_named(line):
    with pytest.raises(TraceError, match=r"line 2.*accepted"):
        trace_file.parse(["0 0", line])


def test_time_must_not_run_backward():
    with pytest.raises(TraceError, match="time order"):
        trace_file.parse(["10 1", "5 0"])


def test_a_trace_of_a_later_version_is_refused():
    with pytest.raises(TraceError, match="line 1"):
        trace_file.parse(["# omnipower-trace 2 {}"])


@pytest.mark.parametrize("hardware", [True, False])
def test_a_clean_train_replays_to_the_pulse(hardware):
    result = replayed(train(100), hardware)
    assert (result.pulses, result.accepted, result.missed) == (100, 100, 0)
    assert result.hardware is hardware
    assert len(result.pulses_us) == 100
    assert result.rejected == {}
    assert result.width_us == WIDTH_US
    powers = [power for _, power in result.powers if power is not None]
    assert max(powers) == pytest.approx(10_000_000, rel=0.01)


def test_edges_lost_while_capturing_are_counted_on_the_counters_word():
    trace = train(60)
    # Two pulses of which no edge was recorded, though the hardware has counted them.
    lost = [(1_000_000 + k * 360_000) for k in (30, 31)]
    trace.records = [
        record
        for record in trace.records
        if record.kind != UPPER or not any(at <= record.t_us <= at + WIDTH_US for at in lost)
    ]
    assert replayed(trace).pulses == 60
    assert replayed(trace).missed == 2
    assert replayed(trace, hardware=False).pulses == 58


def test_rejected_light_is_counted_by_reason():
    trace = train(20)
    trace.records += [Record(20_000_000, UPPER, 1), Record(20_003_000, UPPER, 0)]
    result = replayed(trace)
    assert result.pulses == 20
    assert result.rejected == {"too_short": 1}
    assert [reason for _, reason in result.rejects_us] == ["too_short"]


def test_settings_change_what_the_same_light_comes_to():
    assert replayed(train(20), **{"pulse.width_min_ms": 40}).pulses == 0
    assert replayed(train(20), **{"pulse.width_min_ms": 40}).rejected == {"too_short": 20}


def test_the_lower_led_shows_as_an_open_breaker():
    trace = train(20)
    trace.records += [Record(12_000_000, LOWER, 1), Record(40_000_000, LOWER, 0)]
    states = [state for _, state in replayed(trace).states]
    assert "breaker_open" in states


def test_a_plot_shows_ink_for_everything_there_is():
    trace = train(20)
    trace.records += [Record(12_000_000, LOWER, 1), Record(14_000_000, LOWER, 0)]
    image = draw(trace, replayed(trace), "a trace")
    assert image.size == (WIDTH, HEIGHT)
    colours = {colour for _, colour in image.getcolors(WIDTH * HEIGHT)}
    # Power, pulses, lower LED.
    assert {(0x1B, 0x6C, 0xA8), (0x2E, 0x8B, 0x57), (0xD9, 0x8B, 0x00)} <= colours


def test_an_empty_trace_is_drawn_too():
    trace = Trace()
    assert draw(trace, replayed(trace), "nothing").size == (WIDTH, HEIGHT)


def streamed(*pieces):
    records = []
    stream = CaptureStream(records.append)
    for piece in pieces:
        stream.feed(piece)
    return records, stream


def test_what_the_board_prints_becomes_records():
    records, stream = streamed(
        b"period 1073741824\r\nt 1000 1 -1 0\r\ne 2000 0 1\r\ne 2500 1 ",
        b"1\r\ne 32000 0 0\r\nt 200000 200 1 0\r\n",
    )
    assert records == [
        Record(1000, UPPER, 1),
        Record(1500, LOWER, 1),
        Record(31000, UPPER, 0),
        Record(199000, COUNT, 1),
    ]
    assert stream.problem == ""


def test_ticks_that_wrap_go_on():
    near = PERIOD - 1000
    records, _ = streamed(
        b"period %d\nt %d 1073741 -1 0\n" % (PERIOD, near),
        b"e %d 0 1\ne 500 0 0\nt 1000 1073743 -1 0\n" % (near + 500),
    )
    assert records == [Record(500, UPPER, 1), Record(1500, UPPER, 0)]


def test_lost_edges_and_mangled_lines_are_told():
    records, stream = streamed(b"t 0 0 -1 0\ne zz 0 1\nt 1000 1 -1 3\nt 2000 2 -1 3\n")
    assert records == [Record(1000, LOST, 3)]
    assert "zz" in stream.problem


def test_a_level_repeated_is_kept_for_what_it_tells():
    records, _ = streamed(b"t 0 0 -1 0\ne 10 0 1\ne 20 0 1\ne 30 0 0\nt 1000 1 -1 0\n")
    assert [record.t_us for record in records] == [10, 20, 30]


@pytest.mark.parametrize("text", ["# omnipower-trace", "# omnipower-trace 1 " + "[" * 5_000])
def test_a_broken_header_is_refused_with_its_line(text):
    with pytest.raises(TraceError, match=r"line 1: .*accepted"):
        trace_file.parse([text])


@pytest.mark.parametrize("edge", ["e 10 0 7", "e 10 2 1", "e 10 -1 1", "e 10 0 -1"])
def test_a_mangled_edge_is_not_recorded(edge):
    records = []
    stream = CaptureStream(records.append)
    stream.feed(f"period {PERIOD}\nt 5 1 -1 0\n{edge}\nt 4000 5 1 0\n".encode())
    assert stream.problem == edge
    assert trace_file.parse([trace_file.line(record) for record in records]).records == records


@pytest.mark.parametrize("period", ["0", "1", "-8", "1000"])
def test_a_mangled_period_stops_no_capture(period):
    records = []
    stream = CaptureStream(records.append)
    stream.feed(f"period {period}\nt 5 1 -1 0\ne 10 0 1\nt 4000 5 1 0\n".encode())
    assert stream.problem == f"period {period}"
    assert [record.kind for record in records] == [UPPER, COUNT]
