"""The firmware as it is, on the imitated board, beside the virtual meter: whole runs."""

import pytest
from simulator_run import VERDICT, SimulatorRun, equal_pulses

PULSES_AT_LEAST = 200
SAVE_S = 10


@pytest.mark.parametrize("scenario", ["normal", "bounce", "flicker", "emi"])
def test_the_register_equals_the_meter_to_the_pulse(tmp_path, scenario):
    options = ("--scenario", scenario, "--speed", "300")
    with SimulatorRun(tmp_path / "run", *options) as run:
        run.wait_for(lambda status: status["register"]["pulses"] >= PULSES_AT_LEAST)
        run.interrupt()
        code, output = run.finish()
    assert code == 0, output
    assert equal_pulses(output) >= PULSES_AT_LEAST


@pytest.mark.parametrize("load_w", [3, 230, 11000, 69000])
def test_any_load_is_counted_to_the_pulse_through_stalls_and_lost_callbacks(tmp_path, load_w):
    options = (
        *("--profile", f"constant:{load_w}", "--speed", "2000"),
        *("--fault", "stalls_ms=[[10000, 40], [60000, 1000]]"),
        *("--fault", "drop_per_million=1000"),
    )
    with SimulatorRun(tmp_path / "run", *options) as run:
        run.wait_for(lambda status: status["register"]["pulses"] >= min(1000, load_w + 1))
        run.interrupt()
        code, output = run.finish()
    assert code == 0, output
    assert equal_pulses(output) >= min(1000, load_w + 1)


def test_an_open_breaker_is_seen_with_who_may_reconnect_and_logged(tmp_path):
    with SimulatorRun(tmp_path / "run", "--scenario", "breaker", "--speed", "60") as run:
        run.wait_for(lambda status: status["supply"]["state"] == "live")
        opened = run.wait_for(lambda status: status["supply"]["reconnect"] == "customer")
        assert opened["supply"]["state"] == "breaker_open"
        assert opened["supply"]["breaker"] == "open"
        run.wait_for(lambda status: status["supply"]["breaker"] == "closed")
        run.wait_for(lambda status: status["supply"]["reconnect"] == "utility")
        events = run.get("/api/v1/events")
        run.interrupt()
        code, output = run.finish()
    assert code == 0, output
    states = [event["value"] for event in events if event["kind"] == "supply"]
    assert states[:4] == ["live", "breaker_open", "live", "breaker_open"], states
    assert all(event["utc"].startswith("20") for event in events if event["kind"] == "supply")


def test_a_lost_supply_is_seen_and_the_readers_own_power_cut_survived(tmp_path):
    with SimulatorRun(tmp_path / "run", "--scenario", "power_cut", "--speed", "60") as run:
        run.wait_for(lambda status: status["supply"]["state"] == "supply_lost")
        run.wait_for(lambda status: status["supply"]["state"] == "live")
        # Every second cut takes the reader's power as well: its uptime starts over.
        before = run.get("/api/v1/status")
        after = run.wait_for(lambda status: status["uptime_ms"] < before["uptime_ms"])
        assert after["reset_cause"] == "power_on"
        assert after["register"]["pulses"] > 0
        run.wait_for(lambda status: status["supply"]["state"] == "live")
        run.interrupt()
        code, output = run.finish()
    assert code == 0, output


def test_kill_9_loses_at_most_the_pulses_since_the_last_save(tmp_path):
    load_w = 7200
    options = ("--profile", f"constant:{load_w}", "--speed", "30")
    with SimulatorRun(tmp_path / "run", *options) as run:
        run.wait_for(lambda status: status["register"]["pulses"] >= PULSES_AT_LEAST)
        before = run.get("/api/v1/status")
        run.kill_firmware()
        after = run.wait_for(lambda status: status["uptime_ms"] < before["uptime_ms"])
        lost_at_most = load_w * SAVE_S // 3600
        assert after["register"]["pulses"] >= before["register"]["pulses"] - lost_at_most
        assert after["reset_cause"] == "power_on"
        run.interrupt()
        code, output = run.finish()
    # The run ends well only when every missing pulse is explained by the kill.
    assert code == 0, output


def test_started_again_the_register_goes_on_where_it_was(tmp_path):
    options = ("--scenario", "bounce", "--speed", "120")
    with SimulatorRun(tmp_path / "run", *options) as run:
        run.wait_for(lambda status: status["register"]["pulses"] >= 50)
        run.interrupt()
        code, output = run.finish()
    assert code == 0, output
    ended_kwh = VERDICT.search(output).group(1).replace(" ", "")
    with SimulatorRun(tmp_path / "run", *options) as run:
        status = run.wait_for(lambda status: True)
        assert status["reset_cause"] == "soft"
        assert float(status["register"]["kwh"]) >= float(ended_kwh)
        run.wait_for(lambda later: later["register"]["pulses"] > status["register"]["pulses"])
        run.interrupt()
        code, output = run.finish()
    assert code == 0, output
    assert equal_pulses(output) > 50
