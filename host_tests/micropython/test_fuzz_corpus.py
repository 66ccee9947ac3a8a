"""The corpus of the fuzzing on the interpreters of the board's kind; see docs/testing.md."""

import sys

from portable import SkipTest

try:
    import asyncio

    HAS_ASYNCIO = bool(asyncio)
except ImportError:
    HAS_ASYNCIO = False
ROOT = __file__[: __file__.rfind("/host_tests/")]
sys.path.append(ROOT)


def play(name):
    with open(ROOT + "/tools/fuzz/corpus/" + name + ".txt") as file:
        inputs = [eval(line) for line in file]
    assert len(inputs) > 1
    module = "tools.fuzz.target." + name
    __import__(module)
    for data in inputs:
        sys.modules[module].run(data)


def play_with_asyncio(name):
    if not HAS_ASYNCIO:
        raise SkipTest("there is no asyncio here, which the services import")
    play(name)


def test_journal():
    play("journal")


def test_register_record():
    play("register_record")


def test_event_log():
    play("event_log")


def test_history():
    play("history")


def test_interval():
    play("interval")


def test_worth():
    play("worth")


def test_outbox():
    play_with_asyncio("outbox")


def test_config():
    play("config")


def test_tariff():
    play("tariff")


def test_slot():
    play("slot")


def test_mqtt_command():
    play("mqtt_command")


def test_kwh():
    play("kwh")


def test_http_head():
    play("http_head")


def test_http_request():
    play_with_asyncio("http_request")


def test_origin():
    play("origin")


def test_password():
    play_with_asyncio("password")


def test_update_name():
    play_with_asyncio("update_name")


def test_captive_dns():
    play("captive_dns")
