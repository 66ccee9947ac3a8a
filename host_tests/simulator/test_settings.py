"""The configuration, changed from the page: whole, or not at all."""

import shims

shims.install()

# isort: split
import json

from services.settings import Settings


class File:
    """A ``TextFile`` in memory."""

    def __init__(self, text=None, full=False):
        self.text = text
        self.full = full

    def read(self):
        return self.text

    def write(self, text):
        if self.full:
            raise OSError(28)
        self.text = text


def settings_of(file, last_good=None, has_pin=lambda pin: True):
    return Settings(file, last_good or File(), has_pin)


def document(file):
    return json.loads(file.text)


def test_fields_left_out_stay():
    file = File('{"meter": {"fuse_a": 20, "phases": 1}, "wifi": {"ssid": "x"}}')
    assert settings_of(file).change({"meter": {"fuse_a": 25}}) == []
    assert document(file) == {"meter": {"fuse_a": 25, "phases": 1}, "wifi": {"ssid": "x"}}


def test_with_one_fault_nothing_changes():
    file = File('{"meter": {"fuse_a": 20}}')
    settings = settings_of(file)
    before = file.text
    for change in (
        {"meter": {"fuse_a": 25, "phases": 2}},
        {"meter": {"fuse_a": 25}, "x": {}},
        {"meter": 25},
        {"pulse": {"pin": 35}},
        [],
    ):
        assert settings.change(change), change
        assert file.text == before


def test_a_pin_that_the_chip_has_not_is_refused():
    file = File('{"meter": {"fuse_a": 20}}')
    settings = settings_of(file, has_pin=lambda pin: pin < 40)
    errors = settings.change({"pulse": {"pin": 45}})
    assert errors and errors[0].startswith("pulse.pin: 45")
    assert document(file) == {"meter": {"fuse_a": 20}}


def test_what_is_in_force_changes_with_the_restart_only():
    settings = settings_of(File("{}"))
    settings.change({"meter": {"fuse_a": 25}})
    assert settings.values["meter.fuse_a"] == 100


def test_a_faulty_file_is_mended_from_the_last_good_one():
    file = File('{"meter": {"fuse_a": 1}}')
    settings = settings_of(file, File('{"meter": {"phases": 1}}'))
    assert settings.errors
    assert settings.change({"meter": {"fuse_a": 25}}) == []
    assert document(file) == {"meter": {"phases": 1, "fuse_a": 25}}


def test_a_file_that_is_none_begins_anew():
    file = File("{")
    assert settings_of(file).change({"meter": {"fuse_a": 25}}) == []
    assert document(file) == {"meter": {"fuse_a": 25}}


def test_a_full_flash_is_told():
    file = File("{}", full=True)
    try:
        settings_of(file, File("{}")).change({"meter": {"fuse_a": 25}})
    except OSError:
        pass
    else:
        raise AssertionError("nobody was told")
    assert file.text == "{}"


def test_secrets_are_set_or_not_and_never_shown():
    settings = settings_of(File('{"wifi": {"password": "a secret word"}}'))
    shown = settings.shown()
    assert shown["secrets"]["wifi.password"] is True
    assert "password" not in shown["values"]["wifi"]
    assert "secret word" not in json.dumps(shown)
