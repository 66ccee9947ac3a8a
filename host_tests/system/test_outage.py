"""Store and forward against the real mosquitto: every interval arrives, sums to the pulse.

Between reader and broker lies a relay of the test's, so that a subscriber can be there again
before the reader is: what a broker acknowledges while nobody listens is nobody's to keep.
"""

import os
import signal
import time

import pytest
from simulator_run import SimulatorRun

from tools.simulator.broker import find
from tools.simulator.listening import Listening
from tools.simulator.relay import Relay

pytestmark = pytest.mark.skipif(
    not (find() and find("mosquitto_sub")), reason="mosquitto and mosquitto-clients are missing"
)
# A day takes minutes, whatever the speed: OUTAGE_HOURS=24 is for those who want to see it.
HOURS = int(os.environ.get("OUTAGE_HOURS", "1"))


@pytest.fixture
def listening(tmp_path):
    relay = Relay()
    folder = tmp_path / "broker"
    folder.mkdir()
    found = Listening(folder, relay)
    yield found
    found.end()
    relay.close()


def reader(tmp_path, listening, speed, *options):
    """Start a run whose reader reaches the broker through the relay."""
    return SimulatorRun(
        tmp_path / "run",
        *("--speed", str(speed), "--profile", "constant:720"),
        *("--set", 'mqtt.host="127.0.0.1"', "--set", f"mqtt.port={listening.relay.port}"),
        *options,
    )


def distinct(intervals):
    """Return the intervals without repetitions, by id; repetitions must be the same."""
    seen = {}
    for interval in intervals:
        body = {key: value for key, value in interval.items() if key != "backfill"}
        assert seen.setdefault(interval["id"], body) == body
    return list(seen.values())


def check_chain(intervals, status):
    """Assert that the intervals are all there are, in order, and lack no pulse."""
    found = distinct(intervals)
    total = found[0]["total_pulses"] - found[0]["pulses"]
    assert total == 0
    for interval in found:
        total += interval["pulses"]
        assert interval["total_pulses"] == total
    # What is missing to the register is the interval in progress: 180 pulses at 720 W.
    assert 0 <= status["register"]["pulses"] - total <= 2 * 180
    return found


def delivered(at_least):
    """Return a condition: so many intervals delivered, and none waiting."""
    return lambda status: status["history"]["next"] >= at_least and status["outbox"]["waiting"] == 0


def test_a_broker_killed_and_restarted_empty_loses_no_interval(tmp_path, listening):
    with reader(tmp_path, listening, 600) as run:
        run.wait_for(delivered(1))
        listening.end()
        before = run.get("/api/v1/status")["history"]["next"]
        run.wait_for(lambda status: status["outbox"]["waiting"] >= 3)
        listening.begin()
        status = run.wait_for(delivered(before + 4))
        time.sleep(0.5)
        found = check_chain(listening.all(), status)
    assert len(found) >= before + 4
    late = [interval["backfill"] for interval in listening.all()]
    assert late.count(True) >= 2


def test_a_paused_broker_loses_no_interval(tmp_path, listening):
    with reader(tmp_path, listening, 600) as run:
        run.wait_for(delivered(1))
        os.kill(listening.broker.process.pid, signal.SIGSTOP)
        try:
            run.wait_for(lambda status: status["outbox"]["waiting"] >= 2)
        finally:
            os.kill(listening.broker.process.pid, signal.SIGCONT)
        status = run.wait_for(delivered(5))
        time.sleep(0.5)
        check_chain(listening.all(), status)


def test_a_killed_reader_in_an_outage_loses_no_interval(tmp_path, listening):
    with reader(tmp_path, listening, 300) as run:
        run.wait_for(delivered(1))
        listening.relay.cut()
        run.wait_for(lambda status: status["outbox"]["waiting"] >= 2)
        before = run.get("/api/v1/status")
        run.kill_firmware()
        run.wait_for(lambda status: status["uptime_ms"] < before["uptime_ms"])
        listening.relay.target = listening.broker.port
        status = run.wait_for(delivered(before["history"]["next"] + 2))
        time.sleep(0.5)
        check_chain(listening.all(), status)


def test_an_outage_of_hours_backfills_to_the_pulse(tmp_path, listening):
    with reader(tmp_path, listening, 3000) as run:
        first = run.wait_for(delivered(1))
        listening.relay.cut()
        for hour in range(1, HOURS + 1):
            until_ms = first["uptime_ms"] + hour * 3600000
            run.wait_for(lambda status, until_ms=until_ms: status["uptime_ms"] >= until_ms)
        listening.relay.target = listening.broker.port
        status = run.wait_for(delivered(first["history"]["next"] + 4 * HOURS))
        time.sleep(0.5)
        found = check_chain(listening.all(), status)
    assert len(found) >= 4 * HOURS
    starts = [interval["start_utc"] for interval in found]
    assert len(set(starts)) == len(starts)
    assert {interval["quality"] for interval in found[1:]} == {"complete"}


def test_intervals_closed_before_the_clock_was_set_arrive_labelled(tmp_path, listening):
    # The outbox waits an hour for a date. More than that takes its time: OUTAGE_HOURS=3.
    # Late is what comes 120 s after its end, so the time is set well beyond that of an interval.
    silent_s = 2000 if HOURS == 1 else 3600 * HOURS + 200
    options = ("--fault", f"ntp_silent_s={silent_s}")
    with reader(tmp_path, listening, 3000, *options) as run:
        for until_s in range(1800, silent_s, 1800):
            status = run.wait_for(lambda status, at=until_s: status["uptime_ms"] >= at * 1000)
            assert status["time"]["syncs"] == 0 and status["time"]["error"]
        status = run.wait_for(lambda status: status["time"]["syncs"] == 1)
        status = run.wait_for(delivered(status["history"]["next"] + 1))
        time.sleep(0.5)
        intervals = listening.all()
        found = check_chain(intervals, status)
    assert [interval["id"] for interval in found] == [interval["id"] for interval in intervals]
    labels = [interval["quality"] for interval in found]
    undated, estimated = labels.count("clock_not_set"), labels.count("estimated")
    assert estimated >= 2 and (undated >= 4) == (HOURS > 2)
    assert labels[: undated + estimated] == ["clock_not_set"] * undated + ["estimated"] * estimated
    assert set(labels[undated + estimated :]) <= {"partial", "complete"}
    for number, interval in enumerate(intervals):
        if number < undated + estimated:
            # A date that comes to be known later changes neither the id nor the uptime.
            assert interval["uptime_s"] == 900 * number
            assert interval["id"] == "b{}-{}-{}".format(interval["boot"], 900 * number, number)
        else:
            assert interval["uptime_s"] is None
        assert (interval["start_utc"] is None) == (number < undated)
        # What waited for its date is late; the last of them may just not be.
        assert interval["backfill"] or number + 1 >= undated + estimated
    starts = [interval["start_utc"] for interval in found[undated:]]
    assert starts == sorted(set(starts))
