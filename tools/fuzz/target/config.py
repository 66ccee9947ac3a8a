"""``config.json``, from the flash and as a change over the network."""

import json

from core import config
from services.settings import Settings
from tools.fuzz.target.oracle import Memory, clear, sound, text_of

_GOOD = '{"meter": {"number": "12345678"}}'


def run(data):
    text = text_of(data)
    if text is None:
        return
    settings, errors = config.parse(text)
    assert sorted(settings) == sorted(config.SCHEMA)
    for line in errors:
        clear(line)
    if not errors:
        _in_force(settings)
    _change(text)


def _in_force(settings):
    for value in settings.values():
        if isinstance(value, str):
            # Services send it: to the broker, to a page, to the Wi-Fi.
            sound(value)
    shown, _ = config.shown(settings)
    assert config.parse(json.dumps(shown))[1] == []


def _change(text):
    try:
        document = json.loads(text)
    except (ValueError, RuntimeError, MemoryError):
        return
    file, last_good = Memory(_GOOD), Memory()
    settings = Settings(file, last_good, lambda pin: pin != 20)
    errors = settings.change(document)
    if errors:
        assert file.content == _GOOD
        for line in errors:
            clear(line)
        return
    again = Settings(file, last_good, lambda pin: pin != 20)
    assert again.source == config.FILE and again.errors == []
    json.dumps(again.shown())
