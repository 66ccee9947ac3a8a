"""A real Prometheus asks the real firmware, as in docs/fleet.md, and knows its register."""

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from simulator_run import PATIENCE_S, SimulatorRun, free_port

from tools.simulator.broker import find

CONFIGURATION = Path(__file__).parents[2] / "docs" / "fleet" / "prometheus.yml"
pytestmark = pytest.mark.skipif(
    find("prometheus") is None, reason="prometheus is not installed (Debian: prometheus)"
)


def ask(port, query):
    """Return the samples of a query, as Prometheus answers it, or none while it starts."""
    url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": query})
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)["data"]["result"]
    except (urllib.error.URLError, ConnectionError, TimeoutError, ValueError):
        return []


def test_prometheus_knows_the_register(tmp_path):
    text = CONFIGURATION.read_text().replace("scrape_interval: 15s", "scrape_interval: 1s")
    (tmp_path / "prometheus.yml").write_text(text)
    port = free_port()
    with SimulatorRun(tmp_path / "state") as reader:
        (tmp_path / "readers.json").write_text(
            json.dumps([{"targets": [f"127.0.0.1:{reader.port}"], "labels": {"house": "1"}}])
        )
        process = subprocess.Popen(
            [
                find("prometheus"),
                f"--config.file={tmp_path / 'prometheus.yml'}",
                f"--storage.tsdb.path={tmp_path / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            give_up = time.monotonic() + 2 * PATIENCE_S
            samples = []
            while not samples and time.monotonic() < give_up:
                time.sleep(0.5)
                samples = ask(port, 'omnipower_energy_wh_total{house="1"}')
            status = reader.get("/api/v1/status")
        finally:
            process.kill()
            process.wait()
    assert len(samples) == 1
    seen_wh = int(samples[0]["value"][1])
    # The register has gone on since the scrape, and never back.
    assert 0 <= status["register"]["wh"] - seen_wh < 100
    assert samples[0]["metric"]["job"] == "omnipower"
