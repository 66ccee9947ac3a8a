"""Real databases take what the real firmware says, as in docs/fleet.md, and know its register."""

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from simulator_run import PATIENCE_S, SimulatorRun, free_port

from tools.simulator.broker import find

FLEET = Path(__file__).parents[2] / "docs" / "fleet"
pytestmark = pytest.mark.skipif(
    find("prometheus") is None, reason="prometheus is not installed (Debian: prometheus)"
)


def ask(url, **parameters):
    """Return what a database answers, or {} while it starts."""
    try:
        with urllib.request.urlopen(
            url + "?" + urllib.parse.urlencode(parameters), timeout=5
        ) as answer:
            return json.load(answer)
    except (urllib.error.URLError, ConnectionError, TimeoutError, ValueError):
        return {}


@contextmanager
def running(folder, *command):
    """Run a database in a folder."""
    with (folder / f"{Path(command[0]).name}.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.kill()
            process.wait()


@contextmanager
def prometheus(folder, text, reader):
    """Run Prometheus with a configuration, asking one reader once a second; give its address."""
    assert "scrape_interval: 15s" in text
    text = text.replace("scrape_interval: 15s", "scrape_interval: 1s")
    (folder / "prometheus.yml").write_text(text)
    (folder / "readers.json").write_text(
        json.dumps([{"targets": [f"127.0.0.1:{reader.port}"], "labels": {"house": "1"}}])
    )
    port = free_port()
    with running(
        folder,
        find("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ):
        yield f"http://127.0.0.1:{port}"


def until_told(question):
    """Ask until there is an answer, and return it."""
    give_up = time.monotonic() + 2 * PATIENCE_S
    while time.monotonic() < give_up:
        told = question()
        if told:
            return told
        time.sleep(0.5)
    raise AssertionError("no answer")


def is_register(seen_wh, reader):
    """Whether it is what the register was a moment ago; it has gone on since, and never back."""
    return 0 <= reader.get("/api/v1/status")["register"]["wh"] - seen_wh < 100


def test_prometheus_knows_the_register(tmp_path):
    text = (FLEET / "prometheus.yml").read_text()
    query = 'omnipower_energy_wh_total{house="1"}'
    with SimulatorRun(tmp_path / "state") as reader, prometheus(tmp_path, text, reader) as url:
        samples = until_told(
            lambda: ask(url + "/api/v1/query", query=query).get("data", {}).get("result")
        )
        assert len(samples) == 1
        assert is_register(int(samples[0]["value"][1]), reader)
        assert samples[0]["metric"]["job"] == "omnipower"


@pytest.mark.skipif(find("influxd") is None, reason="influxd is not installed (Debian: influxdb)")
def test_influxdb_knows_the_register_by_way_of_prometheus(tmp_path):
    port = free_port()
    conf = (FLEET / "influxdb.conf").read_text()
    for told, here in (
        ("/var/lib/influxdb", str(tmp_path / "influxdb")),
        ("127.0.0.1:8086", f"127.0.0.1:{port}"),
        ("127.0.0.1:8088", f"127.0.0.1:{free_port()}"),
    ):
        assert told in conf
        conf = conf.replace(told, here)
    (tmp_path / "influxdb.conf").write_text(conf)
    text = (FLEET / "prometheus-influxdb.yml").read_text()
    assert "127.0.0.1:8086" in text
    text = text.replace("127.0.0.1:8086", f"127.0.0.1:{port}")
    influx = f"http://127.0.0.1:{port}/query"
    with running(tmp_path, find("influxd"), "-config", str(tmp_path / "influxdb.conf")):
        # As docs/fleet.md has it done once.
        until_told(lambda: ask(influx, q="SHOW DATABASES"))
        create = urllib.parse.urlencode({"q": "CREATE DATABASE omnipower"}).encode()
        urllib.request.urlopen(influx, data=create, timeout=5).close()
        with SimulatorRun(tmp_path / "state") as reader, prometheus(tmp_path, text, reader):
            query = "SELECT last(value) FROM omnipower_energy_wh_total WHERE house = '1'"
            told = until_told(
                lambda: ask(influx, db="omnipower", q=query)["results"][0].get("series")
            )
            assert is_register(int(told[0]["values"][0][1]), reader)
            names = ask(influx, db="omnipower", q="SHOW MEASUREMENTS")["results"][0]["series"][0]
            assert all(name.startswith("omnipower_") for (name,) in names["values"])
