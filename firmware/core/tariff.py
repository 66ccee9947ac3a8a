"""Peak-power tariffs as data: which hours count, how much, and how many peaks are averaged.

A tariff is a JSON object of the fields in ``SCHEMA``. Files lie in ``tariffs/``; how to write
one is in docs/tariffs.md. Hours are Swedish local time.
"""

import json

from core import holiday, local_time, plain_text

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


def parse_date(value):
    """Return the day of ``"2026-01-31"``, counted from 1970-01-01.

    Raises:
        ValueError: not such a date of 1970 to 2105.
    """
    accepts = "accepted: a date such as 2026-01-31"
    if not isinstance(value, str) or len(value) != 10 or value[4] != "-" or value[7] != "-":
        raise ValueError(accepts)
    digits = value[:4] + value[5:7] + value[8:]
    if not all(c in "0123456789" for c in digits):
        raise ValueError(accepts)
    year, month, day = int(value[:4]), int(value[5:7]), int(value[8:])
    if not 1970 <= year <= 2105 or not 1 <= month <= 12:
        raise ValueError(accepts)
    if not 1 <= day <= local_time.month_length(year, month):
        raise ValueError(accepts)
    return local_time.days(year, month, day)


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


class Tariff:
    """A validated tariff.

    Attributes:
        name: of the utility.
        peaks: how many peaks are averaged; 0 where there is no peak-power charge.
        one_per_day: whether a local day gives at most one of them.
        interval_s: over which the mean is taken, 3600 or 900.
    """

    def __init__(self, values):
        self.name = values["name"]
        self.peaks = values["peaks"]
        self.one_per_day = values["one_per_day"]
        self.interval_s = values["interval_min"] * 60
        self._months = values["months"]
        self._weekdays = values["weekdays"]
        self._hour_from = values["hour_from"]
        self._hour_to = values["hour_to"]
        self._off = values["holidays_off"]
        self._weight = values["weight_percent"]
        self._outside = values["outside_percent"]
        self._first_day = parse_date(values["valid_from"]) if values["valid_from"] else None
        self._last_day = parse_date(values["valid_to"]) if values["valid_to"] else None
        # The day looked at last: within a day only the hour differs.
        self._day = None
        self._day_weight = 0
        self._day_counts = False

    def percent(self, utc_s):
        """Return the weight of the interval that begins at ``utc_s``, 0 to 100 %."""
        local_s = utc_s + local_time.offset_s(utc_s)
        day = local_s // local_time.DAY_S
        if day != self._day:
            self._look_at(day)
        if not self._day_counts:
            return self._day_weight
        hour = local_s // 3600 % 24
        begin, end = self._hour_from, self._hour_to
        # Hours such as 22 to 6 run over midnight.
        inside = begin <= hour < end if begin < end else hour >= begin or hour < end
        return self._weight if inside else self._outside

    def _look_at(self, day):
        self._day = day
        month = local_time.civil(day)[1]
        valid = (self._first_day is None or day >= self._first_day) and (
            self._last_day is None or day <= self._last_day
        )
        self._day_counts = (
            valid
            and month in self._months
            and local_time.weekday(day) in self._weekdays
            and not holiday.is_off(day, self._off)
        )
        self._day_weight = self._outside if valid else 0
