"""A configuration in the making: what a person types becomes what the firmware accepts."""

import json

import pytest

from tools.board import boards
from tools.board.config_document import Document


def test_what_is_typed_becomes_the_fields_own_kind():
    document = Document()
    for name, text in {
        "meter.number": "01234567",
        "meter.imp_per_kwh": "2000",
        "meter.reading_kwh": "12345.678",
        "meter.prosumer": "ja",
        "pulse.active_low": "No",
        "mains.pin": "null",
        "wifi.ssid": "12345",
    }.items():
        document.set_text(name, text)
    assert document.errors() == []
    stored = json.loads(document.encoded())
    # Digits in quotes stay text, or the leading zero would be lost.
    assert stored["meter"]["number"] == "01234567"
    assert stored["meter"]["imp_per_kwh"] == 2000
    assert stored["meter"]["reading_kwh"] == "12345.678"
    assert stored["meter"]["prosumer"] is True
    assert stored["pulse"]["active_low"] is False
    assert stored["mains"]["pin"] is None
    assert stored["wifi"]["ssid"] == "12345"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("meter.number", "1234"),
        ("meter.imp_per_kwh", "many"),
        ("meter.prosumer", "perhaps"),
        ("meter.fuse_a", "3"),
        ("no.such", "1"),
    ],
)
def test_what_is_not_accepted_is_said_in_one_line(name, text):
    document = Document()
    document.set_text(name, text)
    errors = document.errors()
    assert len(errors) == 1
    assert "accepted" in errors[0]


def test_one_field_is_judged_alone_and_all_of_them_together():
    document = Document()
    document.set_text("breaker.pin", "34")
    assert document.error_of("breaker.pin") is None or "breaker.pin" in document.errors()[0]
    assert any("pin" in line for line in document.errors())


def test_what_is_there_is_kept():
    document = Document(b'{"web": {"port": 8080}, "meter": {"fuse_a": 20}}')
    assert document.problem is None
    assert document.get("meter.fuse_a") == 20
    document.set_text("meter.fuse_a", "25")
    assert json.loads(document.encoded()) == {"meter": {"fuse_a": 25}, "web": {"port": 8080}}


@pytest.mark.parametrize("stored", [b"{", b"[]", b"\xff", b'{"meter": 3}'])
def test_a_broken_file_is_said_to_be_and_started_over(stored):
    document = Document(stored)
    assert document.problem
    assert document.errors() == []


def test_pins_of_the_board_are_offered_only_where_the_default_is_no_good():
    c3, devkit = boards.named("esp32_c3_devkit"), boards.named("esp32_devkitc")
    document = Document()
    document.suggest_pins(c3)
    assert document.get("pulse.pin") == c3.roles["pulse"]
    assert document.errors(c3) == []
    document = Document()
    document.suggest_pins(devkit)
    assert document.get("pulse.pin") == 34
    document = Document(b'{"pulse": {"pin": 9}}')
    document.suggest_pins(c3)
    assert "strapping" in document.errors(c3)[0]


def test_a_file_nested_too_deep_is_started_over():
    document = Document(b"[" * 5_000)
    assert document.problem
    assert document.encoded() == b"{}\n"
    document.set_text("mains.pin", "[" * 5_000)
    assert any("mains.pin" in line for line in document.errors())


def test_a_board_with_a_counter_gets_a_pin_for_the_clock_that_measures_lit_time():
    devkit, c3 = boards.named("esp32_devkitc"), boards.named("esp32_c3_devkit")
    assert devkit and c3
    document = Document()
    document.suggest_pins(devkit)
    assert document.get("pulse.clock_pin") == devkit.roles["reference_clock"]
    assert document.errors(devkit) == []
    without = Document()
    without.set_text("pulse.clock_pin", "null")
    without.suggest_pins(devkit)
    assert without.get("pulse.clock_pin") is None
    alone = Document()
    alone.suggest_pins(c3)
    assert alone.get("pulse.clock_pin") is None
    alone.set_text("pulse.clock_pin", "34")
    assert "input" in alone.errors(devkit)[0]
