"""Peak-power tariffs as data: which hours count, how much, and how many peaks are averaged.

A tariff is a JSON object of the fields in ``SCHEMA``. Files lie in ``tariffs/``; how to write
one is in docs/tariffs.md. Hours are Swedish local time.
"""

import json

from core import holiday, plain_text
from core.charge import Tariff, parse_date

PEAKS_MAX = 31

TEXT = "text"
WHOLE = "whole number"
FLAG = "true or false"
WHOLES = "list of whole numbers"
DATE = "date"
CHOICE = "one of"

# name: (kind, required or default, least, most); for text, least and most are lengths.
REQUIRED = "required"
SCHEMA: dict[str, tuple] = {
    "name": (TEXT, REQUIRED, 1, 40),
    "source": (TEXT, REQUIRED, 1, 300),
    "source_date": (DATE, REQUIRED, None, None),
    "valid_from": (DATE, None, None, None),
    "valid_to": (DATE, None, None, None),
    "interval_min": (CHOICE, 60, (15, 60), None),
    "peaks": (WHOLE, REQUIRED, 0, PEAKS_MAX),
    "one_per_day": (FLAG, True, None, None),
    "months": (WHOLES, list(range(1, 13)), 1, 12),
    "weekdays": (WHOLES, list(range(1, 8)), 1, 7),
    "hour_from": (WHOLE, 0, 0, 23),
    "hour_to": (WHOLE, 24, 1, 24),
    "holidays_off": (CHOICE, holiday.NONE, holiday.KINDS, None),
    "weight_percent": (WHOLE, 100, 1, 100),
    "outside_percent": (WHOLE, 0, 0, 100),
}


def accepted(name):
    """Return in words what a field accepts."""
    kind, default, least, most = SCHEMA[name]
    if kind == FLAG:
        return FLAG
    if kind == CHOICE:
        return "one of " + ", ".join([str(choice) for choice in least])
    if kind == TEXT:
        return "text of {} to {} characters".format(least, most)
    if kind == DATE:
        words = "a date such as 2026-01-31"
        return words if default == REQUIRED else words + ", or null"
    if kind == WHOLES:
        return "a list of different whole numbers {} to {}, at least one".format(least, most)
    return "whole number {} to {}".format(least, most)


def _is_whole(value, least, most):
    # A bool is an int to isinstance(), and 1 is not true.
    return type(value) is int and least <= value <= most


def _fits(name, value):
    kind, default, least, most = SCHEMA[name]
    if value is None:
        return default is None
    if kind == FLAG:
        return value is True or value is False
    if kind == CHOICE:
        return type(value) in (int, str) and value in least
    if kind == WHOLE:
        return _is_whole(value, least, most)
    if kind == TEXT:
        return isinstance(value, str) and least <= len(value) <= most and plain_text.is_plain(value)
    if kind == DATE:
        try:
            parse_date(value)
        except ValueError:
            return False
        return True
    return (
        isinstance(value, list)
        and len(value) > 0
        and all(_is_whole(item, least, most) for item in value)
        and len(set(value)) == len(value)
    )


def _quote(value):
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _refusal(name, value, accepts=None):
    return "tariff {}: {} is not accepted; accepted: {}".format(
        name, _quote(value), accepts or accepted(name)
    )


def validate(document):
    """Check a parsed tariff.

    Returns:
        (values, errors): all fields, and one line per fault naming field, value and what is
        accepted; with any error the values must not be used.
    """
    values = {}
    errors = []
    if not isinstance(document, dict):
        return values, ["tariff: not an object of fields; accepted: {...}"]
    for name in document:
        if name not in SCHEMA:
            # Written by hand, so a misspelt field must not pass for an absent one.
            errors.append(
                "tariff {}: no such field; accepted: {}".format(
                    plain_text.shown(str(name), 40), ", ".join(sorted(SCHEMA))
                )
            )
    for name, field in SCHEMA.items():
        if name in document:
            values[name] = document[name]
            if not _fits(name, values[name]):
                errors.append(_refusal(name, values[name]))
        elif field[1] == REQUIRED:
            errors.append("tariff {}: missing; accepted: {}".format(name, accepted(name)))
        else:
            values[name] = field[1]
    if not errors:
        _check_together(values, errors)
    return values, errors


def _check_together(values, errors):
    if values["hour_from"] == values["hour_to"] % 24 and values["hour_from"]:
        accepts = "an hour other than hour_from {}".format(values["hour_from"])
        errors.append(_refusal("hour_to", values["hour_to"], accepts))
    if values["outside_percent"] > values["weight_percent"]:
        accepts = "0 to weight_percent {}".format(values["weight_percent"])
        errors.append(_refusal("outside_percent", values["outside_percent"], accepts))
    first, last = values["valid_from"], values["valid_to"]
    if first and last and parse_date(first) > parse_date(last):
        errors.append(_refusal("valid_to", last, "a date not before valid_from " + first))


def parse(text):
    """Return (tariff or None, errors) of a tariff file's text."""
    try:
        document = json.loads(text)
    except ValueError:
        return None, ["tariff: not valid JSON; accepted: a JSON object of fields"]
    except (RuntimeError, MemoryError):
        # What a pathologically nested file raises, by interpreter.
        return None, ["tariff: nested too deep; accepted: an object of fields"]
    values, errors = validate(document)
    return (None if errors else Tariff(values)), errors


def none():
    """Return the tariff of a utility that has none: nothing is charged, nothing warns."""
    return Tariff(
        validate({"name": "none", "source": "-", "source_date": "2026-01-01", "peaks": 0})[0]
    )
