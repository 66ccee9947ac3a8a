"""The fleet: virtual readers made of the firmware's core, and what is measured of them."""

import asyncio
import json
import subprocess
import tomllib
from pathlib import Path

import pytest

from tools.fleet import measure, run
from tools.fleet.reader import Reader
from tools.simulator.broker import Broker, find
from tools.simulator.profile import LoadProfile

DOCS = Path(__file__).parents[2] / "docs" / "fleet"
needs_mosquitto = pytest.mark.skipif(
    find() is None, reason="mosquitto is not installed (Debian: mosquitto)"
)
needs_promtool = pytest.mark.skipif(
    find("promtool") is None, reason="promtool is not installed (Debian: prometheus)"
)


def reader(power_w=3_600):
    return Reader(7, LoadProfile("steady", (power_w,)), 0, run.EPOCH_S)


def test_a_reader_closes_a_quarter_with_the_load_s_pulses():
    one = reader()
    for second in range(1_801):
        one.look(second * 1_000_000)
    assert one.waiting == 2
    topic, text = one.interval(1_800_000_000)
    body = json.loads(text)
    assert topic == f"omnipower/{one.board_id}/interval"
    assert (body["pulses"], body["wh"], body["mean_w"], body["quality"]) == (
        900,
        900,
        3_600,
        "complete",
    )
    one.delivered += 1
    assert json.loads(one.interval(1_800_000_000)[1])["total_pulses"] == 1_800
    assert one.closed_total == one.total == 1_800


def test_a_restart_loses_no_pulse_and_breaks_no_chain():
    one = reader()
    sent = []
    for second in range(3_600):
        one.look(second * 1_000_000)
        if second == 1_300:
            one.restart(second * 1_000_000)
    assert one.total == 3_599
    while message := one.interval(3_600_000_000):
        sent.append((0.0, *message))
        one.delivered += 1
    totals = {f"{one.base}/interval": one.closed_total}
    assert measure.intervals(sent, sent, totals).broken == 0


def test_states_and_discovery_are_the_firmware_s():
    one, other = reader(), Reader(8, LoadProfile("steady", (1_000,)), 0, run.EPOCH_S)
    one.look(5_000_000)
    states = {topic: text for topic, text, _ in one.due(5_000_000)}
    assert states[f"{one.base}/energy"] == "10007.005"
    discovery = dict(one.greeting(5_000_000))
    body = json.loads(discovery[f"homeassistant/sensor/omnipower_{one.board_id}/energy/config"])
    assert body["dev"]["sn"] == "20000007"
    assert discovery.keys().isdisjoint(dict(other.greeting(0)))


def interval(number, total, pulses=10):
    return json.dumps(
        {"id": str(number), "pulses": pulses, "total_pulses": total, "backfill": False}
    )


def test_losses_repetitions_and_gaps_are_found():
    topic = "omnipower/a/interval"
    sent = [(1.0, topic, interval(1, 10)), (2.0, topic, interval(2, 20))]
    whole = measure.intervals(sent, sent, {topic: 20})
    assert (whole.published, whole.received, whole.lost, whole.broken) == (2, 2, 0, 0)
    assert measure.intervals(sent, sent[:1], {topic: 20}).lost == 1
    assert measure.intervals(sent, sent[1:], {topic: 20}).broken == 1
    assert measure.intervals(sent, sent, {topic: 30}).broken == 1
    assert measure.intervals(sent, [*sent, sent[0]], {topic: 20}).again == 1


def test_latency_pairs_a_message_with_its_own_sending():
    sent = [(1.0, "a", "x"), (2.0, "a", "x"), (2.0, "b", "y")]
    found = measure.latency(sent, [(1.5, "a", "x"), (2.1, "a", "x"), (9.0, "c", "z")])
    assert found.count == 2
    assert (found.p50_ms, found.most_ms) == (pytest.approx(500), pytest.approx(500))


@needs_mosquitto
def test_ten_readers_lose_nothing_with_restarts_and_an_outage(tmp_path):
    report = asyncio.run(run.run(tmp_path, 10, 8.0, 400, 1.0, 1, lambda line: None))
    assert report.intervals.published >= 20
    assert report.intervals.lost == report.intervals.broken == report.waiting == 0
    assert report.restarts > 0
    # All were thrown out by the outage, and came back.
    assert report.connections >= 20
    assert report.all_messages.count > 100


@needs_mosquitto
def test_mosquitto_accepts_the_documented_configuration(tmp_path):
    text = (DOCS / "mosquitto.conf").read_text()
    text = text.replace("/etc/mosquitto/passwd", str(tmp_path / "passwd"))
    text = text.replace("/var/lib/mosquitto/", f"{tmp_path}/")
    subprocess.run(
        [find("mosquitto_passwd"), "-b", "-c", str(tmp_path / "passwd"), "reader", "secret"],
        check=True,
    )
    lines = tuple(
        line
        for line in text.splitlines()
        if line and not line.startswith(("#", "listener", "persistence true", "log_"))
    )
    broker = Broker(tmp_path, lines=lines)
    broker.start()
    try:
        asyncio.run(_refused_and_let_in(broker.port))
    finally:
        broker.stop()


async def _refused_and_let_in(port):
    import aiomqtt

    async with aiomqtt.Client("127.0.0.1", port, username="reader", password="secret") as client:
        await client.publish("omnipower/a/power", "5", qos=1)
    with pytest.raises(aiomqtt.MqttError):
        async with aiomqtt.Client("127.0.0.1", port):
            pass


@needs_promtool
def test_prometheus_accepts_the_documented_configuration():
    checked = subprocess.run(
        [find("promtool"), "check", "config", str(DOCS / "prometheus.yml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_telegraf_asks_for_topics_and_fields_that_are_there():
    configuration = tomllib.loads((DOCS / "telegraf.conf").read_text())
    intervals, states = configuration["inputs"]["mqtt_consumer"]
    one = reader()
    for second in range(901):
        one.look(second * 1_000_000)
    topic, text = one.interval(900_000_000)
    assert intervals["topics"] == [topic.replace(one.board_id, "+")]
    body = json.loads(text)
    assert intervals["json_time_key"] in body
    assert set(intervals["json_string_fields"]) < set(body)
    due = {topic for topic, _, _ in one.due(900_000_000)}
    assert {topic.replace("+", one.board_id) for topic in states["topics"]} < due
