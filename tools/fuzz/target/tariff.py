"""A tariff file."""

import json

from core import tariff
from tools.fuzz.target.oracle import clear, sound, text_of

_TIMES = (0, 1767225600, 1774746000, 1792890000, 4294967295)


def run(data):
    text = text_of(data)
    if text is None:
        return
    found, errors = tariff.parse(text)
    assert (found is None) == bool(errors)
    for line in errors:
        clear(line)
    if found:
        sound(found.name)
        json.dumps(found.name)
        for utc_s in _TIMES:
            assert 0 <= found.percent(utc_s) <= 100
