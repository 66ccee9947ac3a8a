"""The tariff that the configuration names, or a clear word on why there is none."""

import os

from services import tariff_file

GOOD = '{"name": "x", "source": "x", "source_date": "2026-11-24", "peaks": 3}'


def folder():
    os.mkdir("tariffs")
    for name, text in (("good", GOOD), ("bad", GOOD.replace("3}", "300}")), ("none", "{}")):
        with open("tariffs/" + name + ".json", "w") as file:
            file.write(text)
    with open("secret.json", "w") as file:
        file.write(GOOD)


def test_a_named_tariff_is_loaded_and_any_other_name_refused():
    assert tariff_file.names("tariffs") == ["none"]
    folder()
    assert tariff_file.names("tariffs") == ["bad", "good", "none"]
    found, errors = tariff_file.load("tariffs", "good")
    assert (found.peaks, errors) == (3, [])
    # What none is does not depend on a file.
    assert tariff_file.load("tariffs", "none")[1] == []
    found, errors = tariff_file.load("tariffs", "bad")
    assert found.peaks == 0
    assert errors == [
        "tariffs/bad.json: tariff peaks: 300 is not accepted; accepted: whole number 0 to 31"
    ]
    for name in ("better", "../secret", "", "good.json"):
        found, errors = tariff_file.load("tariffs", name)
        assert found.peaks == 0
        assert errors == [
            "tariff.name: {!r} is not accepted; accepted: bad, good, none".format(name)
        ]
