"""Text from outside leaves nothing in the interpreter's table of names, which never shrinks.

A loop over a text puts each different character there. So whoever may send texts could take the
whole heap, a character at a time.
"""

import gc
import json
import sys

from heap import growth

from core import config, origin, password, plain_text

# Characters that no text here had yet.
_fresh = [0x4E00]
_MANY = 40
# Differing texts take differing garbage by the byte; names would take 8 bytes each and more.
_SLACK = 8 * _MANY // 4


def each_in_turn(function, characters):
    """Call a function with each of these characters in a text."""
    for character in characters:
        function("long enough " + character)


def names_left(function):
    """Return the bytes that texts with different characters leave beyond those with one."""
    # Numbers in, texts out of the loop: a loop over a text would make names itself.
    codes = range(_fresh[0], _fresh[0] + _MANY)
    _fresh[0] += _MANY
    many = json.loads('["' + '","'.join(["\\u%04x" % code for code in codes]) + '"]')
    same = [many[0]] * _MANY
    if sys.implementation._build != "wasi":
        # Room for what the calls leave, see heap.py for why not there.
        gc.collect()
    each_in_turn(function, same)
    taken = growth(lambda texts: each_in_turn(function, texts), same)
    return growth(lambda texts: each_in_turn(function, texts), many) - taken


def test_the_measure_finds_names():
    assert names_left(list) > _SLACK


def test_texts_that_are_looked_at_leave_none():
    for function in (
        plain_text.is_plain,
        lambda text: plain_text.shown(text, 40),
        lambda text: plain_text.consists_of(text, b"0123456789"),
    ):
        assert names_left(function) <= _SLACK


def given(name, text):
    """Have a field of the configuration looked at."""
    section, field = name.split(".")
    return config.validate({section: {field: text}})


def test_what_is_configured_leaves_none():
    for name in ("wifi.ssid", "meter.number", "meter.reading_kwh", "mqtt.topic", "time.server"):
        assert names_left(lambda text, name=name: given(name, text)) <= _SLACK, name
    assert names_left(lambda text: config.validate({text: {text: 1}})) <= _SLACK
    assert names_left(lambda text: config.validate({"wifi": {text: 1}})) <= _SLACK


def test_what_a_request_says_of_itself_leaves_none():
    assert names_left(lambda text: origin.is_local("." + text)) <= _SLACK
    assert names_left(lambda text: origin.is_own("http://" + text, text)) <= _SLACK
    assert names_left(password.acceptable) <= _SLACK
