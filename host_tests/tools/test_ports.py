"""Which port, and may one open it: every answer says what to do."""

import os
from types import SimpleNamespace

import pytest

from tools.board import ports
from tools.board.error import BoardError


def attached(monkeypatch, *ports_found):
    monkeypatch.setattr(ports.list_ports, "comports", lambda: list(ports_found))


def usb(device, vid=0x10C4):
    return Fake(device=device, vid=vid, product="a chip")


class Fake(SimpleNamespace):
    def __lt__(self, other):
        return self.device < other.device


def test_the_only_port_is_taken(monkeypatch):
    attached(monkeypatch, usb("/dev/ttyUSB0"), Fake(device="/dev/ttyS0", vid=None, product=None))
    assert ports.choose(None) == ports.Port("/dev/ttyUSB0", "CP210x")


def test_without_one_the_cable_is_suspected(monkeypatch):
    attached(monkeypatch)
    with pytest.raises(BoardError) as raised:
        ports.choose(None)
    assert "no board found" in raised.value.problem
    assert "carry data" in raised.value.advice
    assert "driver" in raised.value.advice


def test_with_several_one_is_to_be_named(monkeypatch):
    attached(monkeypatch, usb("/dev/ttyUSB0"), usb("/dev/ttyUSB1", 0x1A86))
    with pytest.raises(BoardError) as raised:
        ports.choose(None)
    assert "/dev/ttyUSB1 (CH340 or CH9102)" in raised.value.problem
    assert "--port /dev/ttyUSB0" in raised.value.advice


def test_a_web_port_is_told_from_a_serial_one(monkeypatch):
    attached(monkeypatch)
    with pytest.raises(BoardError) as raised:
        ports.choose("8080")
    assert "PORT=/dev/ttyUSB0" in raised.value.advice


def test_missing_rights_come_with_the_command_that_grants_them(monkeypatch, tmp_path):
    port = tmp_path / "ttyUSB0"
    port.touch()
    monkeypatch.setattr(ports.os, "access", lambda path, mode: False)
    with pytest.raises(BoardError) as raised:
        ports.check_access(str(port))
    assert "not allowed" in raised.value.problem
    assert "sudo usermod -aG " in raised.value.advice
    assert os.environ.get("USER", "") in raised.value.advice


def test_a_file_is_no_pseudo_terminal(tmp_path):
    assert not ports.is_pseudo_terminal(str(tmp_path))
    assert not ports.is_pseudo_terminal("/dev/pts/no-such")
