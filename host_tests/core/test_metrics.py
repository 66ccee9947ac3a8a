"""Status as Prometheus reads it; the real parser is asked in system/test_web.py."""

from core import config, metrics, payload
from core.edge_ring import EdgeRing
from core.meter import Meter
from core.snapshot import Snapshot
from core.supply import Supply
from core.ticks import MonotonicClock


def status():
    meter = Meter(config.defaults(), EdgeRing(8), MonotonicClock(0, 0), True)
    meter.register.set_reading("12345678.901")
    supply = Supply()
    supply.sample(0, 0, False)
    return payload.status(Snapshot(meter, supply, 10000000))


def text(body):
    return "".join(metrics.lines(body))


def test_the_register_is_exact():
    assert "\nomnipower_energy_wh_total 12345678901\n" in text(status())


def test_what_is_not_known_is_not_there():
    assert "omnipower_power_w" not in text(status())
    body = status()
    body["power"]["w"] = 0
    assert "\nomnipower_power_w 0\n" in text(body)


def test_every_sample_has_a_type():
    typed = set()
    for line in text(status()).split("\n"):
        if line.startswith("# TYPE "):
            typed.add(line.split(" ")[2])
        elif line and not line.startswith("#"):
            assert line.split(" ")[0].split("{")[0] in typed, line


def test_one_state_of_supply_is_1():
    lines = [line for line in text(status()).split("\n") if "supply_state{" in line]
    assert len(lines) == 5
    assert [line for line in lines if line.endswith(" 1")] == [
        'omnipower_supply_state{state="unknown"} 1'
    ]


def test_labels_are_escaped():
    body = status()
    body["version"] = 'a"b\\c\nd'
    assert 'version="a\\"b\\\\c\\nd"' in text(body)
