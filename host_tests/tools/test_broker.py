"""The broker that `make run` starts, and the options that configure the reader for it."""

import socket

import pytest

from tools.simulator import __main__ as program
from tools.simulator import broker

needs_mosquitto = pytest.mark.skipif(
    broker.find() is None, reason="mosquitto is not installed (Debian: mosquitto)"
)


@needs_mosquitto
def test_it_listens_on_loopback_and_ends(tmp_path):
    started = broker.Broker(tmp_path)
    started.start()
    socket.create_connection((broker.HOST, started.port), timeout=5).close()
    started.stop()
    with pytest.raises(OSError):
        socket.create_connection((broker.HOST, started.port), timeout=5)


@needs_mosquitto
def test_a_port_in_use_is_said_in_words(tmp_path):
    with socket.socket() as taken:
        taken.bind((broker.HOST, 0))
        port = taken.getsockname()[1]
        with pytest.raises(broker.BrokerError, match=str(port)):
            broker.Broker(tmp_path, port).start()


def test_a_machine_without_it_is_told_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(broker, "_PATH", str(tmp_path))
    assert broker.find() is None
    with pytest.raises(broker.BrokerError, match="apt-get install mosquitto"):
        broker.Broker(tmp_path).start()


def test_fields_of_the_configuration_are_gathered_in_sections():
    options = program._parser().parse_args(
        ["--set", "mqtt.port=1884", "--set", 'mqtt.host="a=b"', "--set", "web.port=80"]
    )
    assert program._sections(options.set) == {
        "mqtt": {"port": 1884, "host": "a=b"},
        "web": {"port": 80},
    }


@pytest.mark.parametrize("text", ["mqtt=1", "mqtt.port", ".port=1", "mqtt.host=name"])
def test_a_field_that_is_none_is_refused(text, capsys):
    with pytest.raises(SystemExit):
        program._parser().parse_args(["--set", text])
    assert "accepted is" in capsys.readouterr().err
