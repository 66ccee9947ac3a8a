"""The firmware on a real broker: Debian's mosquitto, killed, paused, restarted with nothing.

What is published is read off by ``mosquitto_sub``, which shares no code with the reader.
"""

import json
import os
import queue
import shutil
import signal
import subprocess
import threading
import time

import pytest
from simulator_run import PATIENCE_S, SimulatorRun, equal_pulses
from web_client import Events

from tools.simulator.broker import Broker, find

BASE = "omnipower/240ac4000001"
SPEED = 20
PROGRAMS = ("mosquitto", "mosquitto_sub", "mosquitto_pub")
MISSING = [name for name in PROGRAMS if find(name) is None]
pytestmark = pytest.mark.skipif(
    bool(MISSING),
    reason="not installed: {} (Debian: mosquitto mosquitto-clients)".format(", ".join(MISSING)),
)


class Watcher:
    """Everything that passes the broker, as ``mosquitto_sub`` prints it."""

    def __init__(self, port, *options):
        self._lines = queue.SimpleQueue()
        self.seen = []
        self._process = subprocess.Popen(
            [find("mosquitto_sub"), "-p", str(port), "-t", "#", "-q", "1", "-F", "%r %t %p"]
            + list(options),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            retained, topic, *message = line.rstrip("\n").split(" ", 2)
            self._lines.put((topic, message[0] if message else "", retained == "1"))

    def wait_for(self, topic, accepts=lambda message: True):
        """Return the next message on a topic that is accepted."""
        give_up = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up:
            try:
                message = self._lines.get(timeout=0.5)
            except queue.Empty:
                continue
            self.seen.append(message)
            if message[0] == topic and accepts(message[1]):
                return message[1]
        raise AssertionError(f"{topic} never came to it; seen: {self.seen[-30:]}")

    def close(self):
        self._process.kill()
        self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@pytest.fixture
def broker(tmp_path):
    broker = Broker(tmp_path)
    broker.start()
    yield broker
    broker.stop()


def reader(tmp_path, port, *options, host="localhost", speed=SPEED):
    """Start the reader on a virtual meter, with this broker."""
    return SimulatorRun(
        tmp_path / "run",
        *("--speed", str(speed)),
        *("--set", f'mqtt.host="{host}"', "--set", f"mqtt.port={port}"),
        *options,
    )


def publish(port, topic, message, *options):
    """Publish text or bytes with QoS 1."""
    source = "-s" if message else "-n"
    subprocess.run(
        [find("mosquitto_pub"), "-p", str(port), "-t", topic, source, "-q", "1", *options],
        input=message if isinstance(message, bytes) else message.encode(),
        check=True,
        timeout=PATIENCE_S,
    )


def connected(run, times=1):
    return run.wait_for(
        lambda status: (
            status["mqtt"]["state"] == "connected" and status["mqtt"]["connections"] >= times
        )
    )


def error_of(run, *words):
    """Return the status' line on MQTT once it has all the words."""
    status = run.wait_for(
        lambda status: all(word in (status["mqtt"]["error"] or "") for word in words)
    )
    return status["mqtt"]["error"]


def ended_equal(run):
    run.interrupt()
    code, output = run.finish()
    assert code == 0, output
    return equal_pulses(output)


def test_discovery_and_states_are_retained_and_follow_the_house(tmp_path, broker):
    with reader(tmp_path, broker.port, "--profile", "constant:3600") as run:
        connected(run)
        with Watcher(broker.port) as live:
            first = float(live.wait_for(f"{BASE}/energy"))
            assert abs(float(live.wait_for(f"{BASE}/power", lambda w: w != "None")) - 3600) < 40
            live.wait_for(f"{BASE}/energy", lambda kwh: float(kwh) > first + 0.1)
        with Watcher(broker.port) as late:
            late.wait_for(f"{BASE}/version")
            time.sleep(1)
            late.wait_for(f"{BASE}/energy")
            retained = {topic: message for topic, message, kept in late.seen if kept}
        ended_equal(run)
    assert retained[f"{BASE}/availability"] == "online"
    assert retained[f"{BASE}/supply"] == "live"
    assert retained[f"{BASE}/breaker"] == "OFF"
    configs = {t: json.loads(m) for t, m in retained.items() if t.startswith("homeassistant/")}
    assert len(configs) >= 20
    unique_ids = [config["uniq_id"] for config in configs.values()]
    assert len(set(unique_ids)) == len(unique_ids)
    for topic, config in configs.items():
        assert config["dev"]["sn"] == "12345678"
        assert config["avty_t"] == f"{BASE}/availability"
        if "stat_t" in config and "set_reading" not in topic and "command" not in topic:
            assert config["stat_t"] in retained, topic


def test_one_message_announces_the_device_where_that_is_configured(tmp_path, broker):
    # As the form per entity would have left it: large and many.
    for i in range(25):
        topic = f"homeassistant/sensor/omnipower_240ac4000001/left_{i}/config"
        publish(broker.port, topic, json.dumps({"name": "x" * 500}), "-r")
    with reader(tmp_path, broker.port, "--set", 'mqtt.discovery="device"', speed=5) as run:
        connected(run)
        with Watcher(broker.port) as watcher:
            config = watcher.wait_for("homeassistant/device/omnipower_240ac4000001/config")
            watcher.wait_for(f"{BASE}/uptime")
            watcher.wait_for(f"{BASE}/uptime")
            last = {topic: message for topic, message, _ in watcher.seen}
        ended_equal(run)
    config = json.loads(config)
    assert config["cmps"]["energy"]["p"] == "sensor"
    # What the other form had left behind is gone: it would double the entity.
    assert [topic for topic, message in last.items() if "/sensor/" in topic and message] == []


def test_an_open_breaker_is_told_everywhere_within_3_s(tmp_path, broker):
    # The scenario lights the LED 60 s after the meter's start, which is the reader's, too.
    # Three seconds later time stands still: what is there by then had left the board.
    lit_ms, until_ms = 60000, 63000
    options = ("--scenario", "breaker", "--fault", f"hold_at_s={until_ms // 1000}")
    with reader(tmp_path, broker.port, *options, speed=10) as run:
        connected(run)
        stream = Events(run.port, timeout=PATIENCE_S)
        with Watcher(broker.port) as watcher:
            log = tmp_path / "run" / "firmware.log"
            give_up = time.monotonic() + PATIENCE_S
            while f"held at {until_ms} ms" not in log.read_text():
                assert time.monotonic() < give_up, log.read_text()
                time.sleep(0.05)
            watcher.wait_for(f"{BASE}/breaker", lambda state: state == "ON")
            watcher.wait_for(f"{BASE}/supply", lambda state: state == "breaker_open")
            (tmp_path / "run" / "go_on").touch()
            for _, seen in stream:
                if seen["supply"]["state"] == "breaker_open":
                    break
                assert seen["supply"]["breaker"] == "closed"
            watcher.wait_for(f"{BASE}/reconnect", lambda who: who == "customer")
        stream.close()
        asked = run.get("/api/v1/status")
        ended_equal(run)
    assert lit_ms < seen["uptime_ms"] <= until_ms
    assert asked["supply"]["state"] == "breaker_open"
    # What is asked for tells the state of that instant: open since, to the second below.
    assert lit_ms < asked["uptime_ms"] - 1000 * asked["supply"]["since_s"] <= until_ms


def test_a_reader_that_dies_is_offline(tmp_path, broker):
    with reader(tmp_path, broker.port) as run:
        connected(run)
        with Watcher(broker.port) as watcher:
            watcher.wait_for(f"{BASE}/availability", lambda state: state == "online")
            run.kill_firmware()
            watcher.wait_for(f"{BASE}/availability", lambda state: state == "offline")
            watcher.wait_for(f"{BASE}/availability", lambda state: state == "online")
        run.interrupt()
        code, output = run.finish()
    assert code == 0, output


def test_a_broker_killed_and_restarted_empty_is_told_everything_again(tmp_path, broker):
    with reader(tmp_path, broker.port, "--profile", "constant:7200") as run:
        connected(run)
        for times in (2, 3):
            broker.kill()
            error_of(run, "mqtt.host")
            # Counting and the page go on meanwhile.
            pulses = run.get("/api/v1/status")["register"]["pulses"]
            run.wait_for(lambda status, at=pulses: status["register"]["pulses"] > at + 20)
            broker.start()
            connected(run, times)
            with Watcher(broker.port) as watcher:
                watcher.wait_for("homeassistant/sensor/omnipower_240ac4000001/energy/config")
                watcher.wait_for(f"{BASE}/availability", lambda state: state == "online")
                watcher.wait_for(f"{BASE}/energy")
        assert ended_equal(run) > 40


def test_a_hung_broker_delays_nothing_but_itself(tmp_path, broker):
    with reader(tmp_path, broker.port, "--profile", "constant:7200") as run:
        connected(run)
        os.kill(broker.process.pid, signal.SIGSTOP)
        try:
            error_of(run, "mqtt.host")
            pulses = run.get("/api/v1/status")["register"]["pulses"]
            run.wait_for(lambda status: status["register"]["pulses"] > pulses + 20)
        finally:
            os.kill(broker.process.pid, signal.SIGCONT)
        connected(run, 2)
        with Watcher(broker.port) as watcher:
            watcher.wait_for(f"{BASE}/availability", lambda state: state == "online")
            watcher.wait_for(f"{BASE}/energy")
        assert ended_equal(run) > 40


def test_home_assistants_birth_is_answered_with_everything(tmp_path, broker):
    with reader(tmp_path, broker.port) as run:
        connected(run)
        with Watcher(broker.port, "-R") as watcher:  # only what is not retained from before
            watcher.wait_for(f"{BASE}/uptime")
            publish(broker.port, "homeassistant/status", "online")
            watcher.wait_for("homeassistant/sensor/omnipower_240ac4000001/energy/config")
            watcher.wait_for(f"{BASE}/version")
        ended_equal(run)


BAD_COMMANDS = (
    ("reading", "abc", "reading_kwh"),
    ("reading", "-1", "reading_kwh"),
    ("reading", "1e5", "reading_kwh"),
    ("reading", "", "reading_kwh"),
    ("reading", "12345.6789", "3 decimals"),
    ("reading", b"\xff\xfe\x00", "UTF-8"),
    ("reading", "9" * 33, "33 bytes"),
    ("reading", "9" * 300, "bytes"),
    ("reading", "9" * 100_000, "bytes"),
    ("apply", "PRESS", "no reading was given"),
    ("apply", "press", "PRESS"),
    ("format_flash", "PRESS", "no such command"),
)


def test_bad_commands_are_refused_with_a_message_and_change_nothing(tmp_path, broker):
    with reader(tmp_path, broker.port) as run:
        connected(run)
        before = run.get("/api/v1/status")["register"]
        with Watcher(broker.port, "-R") as watcher:
            watcher.wait_for(f"{BASE}/uptime")
            for name, message, words in BAD_COMMANDS:
                publish(broker.port, f"{BASE}/set/{name}", message)
                answer = watcher.wait_for(f"{BASE}/command")
                assert answer.startswith("error: ") and words in answer, (message[:40], answer)
                assert len(answer) < 200
        after = run.get("/api/v1/status")
        assert after["mqtt"]["connections"] == 1
        assert 0 <= after["register"]["wh"] - before["wh"] < 1000
        ended_equal(run)


def test_a_flood_of_commands_holds_up_nothing(tmp_path, broker):
    lines = "\n".join(f"{i} is no reading" for i in range(3000))
    with reader(tmp_path, broker.port, "--profile", "constant:7200") as run:
        connected(run)
        with Watcher(broker.port, "-R") as watcher:
            watcher.wait_for(f"{BASE}/uptime")
            subprocess.run(
                [find("mosquitto_pub"), "-p", str(broker.port), "-t", f"{BASE}/set/reading", "-l"],
                input=lines.encode(),
                check=True,
                timeout=PATIENCE_S,
            )
            watcher.wait_for(f"{BASE}/command", lambda answer: "not obeyed" in answer)
            watcher.wait_for(f"{BASE}/energy")
            publish(broker.port, f"{BASE}/set/reading", "23456.7")
            watcher.wait_for(f"{BASE}/command", lambda answer: answer.startswith("ok: "))
        assert run.get("/api/v1/status")["mqtt"]["connections"] == 1
        ended_equal(run)


def test_the_register_is_set_in_two_steps(tmp_path, broker):
    with reader(tmp_path, broker.port) as run:
        connected(run)
        with Watcher(broker.port, "-R") as watcher:
            watcher.wait_for(f"{BASE}/uptime")
            publish(broker.port, f"{BASE}/set/reading", "23456,7")
            assert watcher.wait_for(f"{BASE}/reading") == "23456.700"
            assert watcher.wait_for(f"{BASE}/command").startswith("ok: ")
            assert run.get("/api/v1/status")["register"]["wh"] < 13_000_000
            publish(broker.port, f"{BASE}/set/apply", "PRESS")
            assert "23456.700" in watcher.wait_for(f"{BASE}/command")
            watcher.wait_for(f"{BASE}/energy", lambda kwh: float(kwh) >= 23456.7)
            # Lower than before: a typing error, since a meter never runs backward.
            publish(broker.port, f"{BASE}/set/reading", "12345.678")
            watcher.wait_for(f"{BASE}/command", lambda answer: answer.startswith("ok: "))
            publish(broker.port, f"{BASE}/set/apply", "PRESS")
            answer = watcher.wait_for(f"{BASE}/command")
            assert answer.startswith("error: ") and "below" in answer
            # Or the one before was the error: said with intent, it is set.
            publish(broker.port, f"{BASE}/set/apply_lower", "PRESS")
            watcher.wait_for(f"{BASE}/command", lambda answer: answer.startswith("ok: "))
            watcher.wait_for(f"{BASE}/energy", lambda kwh: 12345.678 <= float(kwh) < 13000)
        events = run.get("/api/v1/events")
        assert "register_set" in [event["kind"] for event in events]
        run.interrupt()
        run.finish()


# --- who may speak to whom ---------------------------------------------------------


def openssl(folder, *arguments):
    subprocess.run(
        ["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=PATIENCE_S
    )


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Return a folder with two CAs, and a broker's certificate signed by the first."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("certificates")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    for name in ("ca", "other"):
        openssl(
            folder,
            *("req", "-x509", *key, "-days", "2", "-subj", f"/CN={name}"),
            *("-keyout", f"{name}.key", "-out", f"{name}.pem"),
        )
    openssl(
        folder, *("req", *key, "-subj", "/CN=localhost", "-keyout", "broker.key", "-out", "csr")
    )
    (folder / "names").write_text("subjectAltName=DNS:localhost")
    openssl(
        folder,
        *("x509", "-req", "-in", "csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"),
        *("-days", "2", "-extfile", "names", "-out", "broker.pem"),
    )
    return folder


@pytest.fixture
def secure_broker(tmp_path, certificates):
    passwords = tmp_path / "passwords"
    passwords.write_text("reader:correct horse\n")
    subprocess.run([find("mosquitto_passwd"), "-U", str(passwords)], check=True)
    broker = Broker(
        tmp_path,
        lines=(
            f"cafile {certificates / 'ca.pem'}",
            f"certfile {certificates / 'broker.pem'}",
            f"keyfile {certificates / 'broker.key'}",
            "allow_anonymous false",
            f"password_file {passwords}",
        ),
    )
    broker.start()
    yield broker
    broker.stop()


USER = ("--set", 'mqtt.user="reader"', "--set", 'mqtt.password="correct horse"')


def with_ca(certificates, name):
    return (
        *("--set", "mqtt.tls=true", "--set", f'mqtt.ca_file="{name}"'),
        *("--install", str(certificates / name)),
    )


def test_tls_with_the_right_ca_and_password(tmp_path, secure_broker, certificates):
    options = (*USER, *with_ca(certificates, "ca.pem"))
    with reader(tmp_path, secure_broker.port, *options) as run:
        connected(run)
        secure = ("--cafile", str(certificates / "ca.pem"), "-h", "localhost")
        with Watcher(secure_broker.port, *secure, "-u", "reader", "-P", "correct horse") as watcher:
            watcher.wait_for(f"{BASE}/energy")
            watcher.wait_for(f"{BASE}/uptime")
        status = run.get("/api/v1/status")
        assert "correct horse" not in json.dumps(status)
        secure_broker.kill()
        error_of(run, "mqtt.host")
        secure_broker.start()
        connected(run, 2)
        ended_equal(run)


def test_a_broker_that_another_ca_has_signed_is_refused(tmp_path, secure_broker, certificates):
    options = (*USER, *with_ca(certificates, "other.pem"))
    with reader(tmp_path, secure_broker.port, *options) as run:
        error_of(run, "TLS", "CA")
        assert run.get("/api/v1/status")["mqtt"]["connections"] == 0
        ended_equal(run)


def test_a_broker_of_another_name_is_refused(tmp_path, secure_broker, certificates):
    options = (*USER, *with_ca(certificates, "ca.pem"))
    with reader(tmp_path, secure_broker.port, *options, host="127.0.0.1") as run:
        error_of(run, "TLS", "CN")
        assert run.get("/api/v1/status")["mqtt"]["connections"] == 0
        ended_equal(run)


def test_a_missing_ca_file_is_named(tmp_path, broker):
    with reader(tmp_path, broker.port, "--set", "mqtt.tls=true") as run:
        error_of(run, "mqtt.ca_file", "ca.pem")
        ended_equal(run)


def test_a_wrong_password_is_named(tmp_path, secure_broker, certificates):
    options = (
        *("--set", 'mqtt.user="reader"', "--set", 'mqtt.password="wrong pony"'),
        *with_ca(certificates, "ca.pem"),
    )
    with reader(tmp_path, secure_broker.port, *options) as run:
        line = error_of(run, "mqtt.user", "mqtt.password", "refuses")
        assert "pony" not in line
        ended_equal(run)


def test_a_broker_that_is_not_there_is_named(tmp_path):
    with reader(tmp_path, 9, "--profile", "constant:7200") as run:
        error_of(run, "mqtt.host", "localhost:9", "refused")
        run.wait_for(lambda status: status["register"]["pulses"] > 50)
        ended_equal(run)
