"""The configuration's schema: every field, its default, its range, and clear refusals.

``config.json`` is a JSON object of sections; a field is named ``section.field`` in every
message. A file with any fault is refused whole, since half a configuration is a guess.
"""

import json

from core import plain_text
from core.energy import parse_kwh
from core.entity import FORMS
from core.pulse_filter import interval_min_us

WHOLE = "whole number"
FLAG = "true or false"
TEXT = "text"
DIGITS = "digits"
PIN = "GPIO number"
READING = "reading"
CHOICE = "one of"
TOPIC = "topic"

FILE = "file"
LAST_GOOD = "last_good"
DEFAULTS = "defaults"

# name: (kind, default, least, most). For text, least and most are lengths; for a choice, least is
# what there is to choose from. The comments are the meanings in docs/configuration.md: a board
# has no use for them.
SCHEMA: dict[str, tuple] = {
    "meter.number": (DIGITS, "", 8, 8),  # number printed on the meter, 8 digits, or empty
    "meter.imp_per_kwh": (WHOLE, 1000, 1, 100000),  # meter constant, imp/kWh
    "meter.fuse_a": (WHOLE, 100, 6, 1000),  # main fuse, A per phase
    "meter.phases": (WHOLE, 3, 1, 3),  # phases
    "meter.reading_kwh": (READING, "", None, None),  # the display's reading, to set the register
    "meter.display_decimals": (WHOLE, 3, 0, 3),  # decimals of the kWh display
    "meter.prosumer": (FLAG, False, None, None),  # the house also exports: the LED has no sign
    "pulse.pin": (PIN, 34, 0, 48),  # photodiode over the upper LED
    "pulse.active_low": (FLAG, False, None, None),  # the sensor's output is low when lit
    "pulse.pcnt": (FLAG, True, None, None),  # use the hardware pulse counter where there is one
    "pulse.clock_pin": (PIN, None, 0, 48),  # free pin for the clock that measures lit time, or null
    "pulse.width_min_ms": (WHOLE, 10, 1, 1000),  # shortest lit time of a pulse
    "pulse.width_max_ms": (WHOLE, 200, 2, 2000),  # longest lit time of a pulse
    "pulse.debounce_us": (WHOLE, 2500, 100, 50000),  # dark gaps shorter than this are bounce
    "breaker.pin": (PIN, 35, 0, 48),  # photodiode over the lower LED
    "breaker.active_low": (FLAG, False, None, None),  # the sensor's output is low when lit
    "breaker.open_hold_ms": (WHOLE, 1500, 100, 60000),  # lit this long means open
    "breaker.close_hold_ms": (WHOLE, 6000, 100, 60000),  # dark this long means closed
    "breaker.steady_s": (WHOLE, 30, 1, 3600),  # steady this long: only the utility reconnects
    "button.pin": (PIN, 0, 0, 48),  # push button to ground, the board's BOOT button by default
    "mains.pin": (PIN, None, 0, 48),  # mains-sense input, or null
    "mains.active_low": (FLAG, False, None, None),  # the input is low when mains is present
    "mains.lost_hold_ms": (WHOLE, 2000, 100, 60000),  # absent this long means supply lost
    "power.silence_s": (WHOLE, 1800, 10, 86400),  # no pulse for this long reads 0 W
    "supply.idle_s": (WHOLE, 3600, 10, 604800),  # no pulse for this long is idle
    "supply.stuck_off_h": (WHOLE, 24, 0, 720),  # no pulse for this long: sensor loose? 0: never
    "storage.save_s": (WHOLE, 10, 1, 3600),  # least time between two saves of the register
    "wifi.ssid": (TEXT, "", 0, 32),  # network name, empty: no Wi-Fi
    "wifi.password": (TEXT, "", 0, 63),  # WPA2 passphrase, 8 to 63 characters, or empty
    "wifi.hostname": (TEXT, "omnipower", 1, 32),  # name on the network
    "tariff.name": (TEXT, "none", 1, 32),  # peak-power tariff, a file of tariffs/, or none
    "time.server": (TEXT, "pool.ntp.org, ntp.se", 1, 200),  # NTP servers, separated by commas
    "mqtt.host": (TEXT, "", 0, 64),  # the broker's name or address, empty: no MQTT
    "mqtt.port": (WHOLE, 1883, 1, 65535),  # TCP port of the broker, usually 8883 with TLS
    "mqtt.user": (TEXT, "", 0, 64),  # user name, empty: none
    "mqtt.password": (TEXT, "", 0, 128),  # password, empty: none
    "mqtt.tls": (FLAG, False, None, None),  # encrypt, and check the broker's certificate
    "mqtt.ca_file": (TEXT, "ca.pem", 1, 64),  # file with the certificate of the CA to trust
    "mqtt.keepalive_s": (WHOLE, 30, 5, 3600),  # silent 1.5 times as long, the reader is offline
    "mqtt.prefix": (TOPIC, "omnipower", 1, 64),  # the reader's topics begin with this
    "mqtt.discovery": (CHOICE, "entity", FORMS, None),  # how Home Assistant learns of the reader
    "mqtt.discovery_prefix": (TOPIC, "homeassistant", 1, 64),  # Home Assistant's discovery prefix
    "mqtt.deadband_w": (WHOLE, 10, 0, 10000),  # power is published when it moved as much, W
    "mqtt.energy_s": (WHOLE, 30, 1, 3600),  # least time between two published readings
    "web.port": (WHOLE, 80, 1, 65535),  # TCP port of the web page
    "web.read_open": (FLAG, True, None, None),  # reading needs no password on the local network
    "web.idle_s": (WHOLE, 10, 1, 86400),  # a client that gets nothing through so long is cut off
}

SECRETS = ("wifi.password", "mqtt.password")
_QUOTED_MAX = 40

# The defaults of these fields by chip: not every chip has the classic ESP32's pins.
CHIP_FIELDS = ("pulse.pin", "breaker.pin", "button.pin")
CHIP_PINS = {
    "ESP32": (34, 35, 0),
    "ESP32S3": (4, 5, 0),
    "ESP32C3": (4, 5, 9),
    "ESP32C6": (1, 2, 9),
}


def suit(machine):
    """Make the defaults those of a chip; ``machine``: as in ``sys.implementation._machine``."""
    chip = machine.split(" with ")[-1].replace("-", "")[:7]
    for name, pin in zip(CHIP_FIELDS, CHIP_PINS.get(chip, CHIP_PINS["ESP32"])):
        SCHEMA[name] = (PIN, pin) + SCHEMA[name][2:]


def defaults():
    """Return the default settings, a dict of ``section.field`` to value."""
    return {name: field[1] for name, field in SCHEMA.items()}


def accepted(name):
    """Return in words what a field accepts."""
    kind, default, least, most = SCHEMA[name]
    if kind == FLAG:
        return FLAG
    if kind == TEXT:
        return "text of {} to {} characters".format(least, most)
    if kind == CHOICE:
        return "one of " + ", ".join(['"{}"'.format(choice) for choice in least])
    if kind == TOPIC:
        return "text of {} to {} characters without + or #".format(least, most)
    if kind == READING:
        return 'a reading in quotes such as "12345.678", up to 99999999.999, or empty'
    if kind == DIGITS:
        return "{} digits in quotes, or empty".format(most)
    words = "{} {} to {}".format(kind, least, most)
    return words + " or null" if default is None else words


def _fits(name, value):
    kind, default, least, most = SCHEMA[name]
    if value is None:
        return default is None
    if kind == FLAG:
        return value is True or value is False
    if kind in (WHOLE, PIN):
        # A bool is an int to isinstance(), and 1 is not true.
        return type(value) is int and least <= value <= most
    if not isinstance(value, str):
        return False
    if kind == CHOICE:
        return value in least
    if kind == TOPIC and ("+" in value or "#" in value):
        return False
    if kind == READING:
        return not value or _is_reading(value)
    if kind == DIGITS:
        digits = plain_text.consists_of(value, b"0123456789")
        return not value or (least <= len(value) <= most and digits)
    return least <= len(value) <= most and plain_text.is_plain(value)


def _is_reading(text):
    try:
        parse_kwh(text)
    except ValueError:
        return False
    return True


def _quote(name, value):
    if name in SECRETS:
        return "the value given"
    # Not repr(): what is nested deep enough overflows the stack.
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return _cut(repr(value))


def _cut(text):
    return text if len(text) <= _QUOTED_MAX else text[: _QUOTED_MAX - 3] + "..."


def refusal(name, value, accepts=None):
    """Return the one line that refuses ``value`` for a field."""
    return "{}: {} is not accepted; accepted: {}".format(
        name, _quote(name, value), accepts or accepted(name)
    )


def _unknown(name, what, accepts):
    """Return the line on a name that is not the schema's; its value may be a secret."""
    return "{}: no such {}; accepted: {}".format(plain_text.shown(name, _QUOTED_MAX), what, accepts)


def shown(settings):
    """Return (document, secrets) of settings: sections of fields, and which secrets are set."""
    document = {}
    for name, value in settings.items():
        if name not in SECRETS:
            section, field = name.split(".")
            document.setdefault(section, {})[field] = value
    return document, {name: bool(settings[name]) for name in SECRETS}


def merge(document, change):
    """Return (document, errors): a copy with the fields of ``change`` put into it.

    Only the shape of ``change`` is checked; the result is for ``validate``.
    """
    merged = {section: dict(fields) for section, fields in document.items()}
    errors = []
    if not isinstance(change, dict):
        return merged, ["config.json: not an object of sections; accepted: {...}"]
    for section, fields in change.items():
        if not isinstance(fields, dict):
            name = _unknown(str(section), "section", "").split(":")[0]
            errors.append("{}: not an object; accepted: an object of fields".format(name))
        else:
            merged.setdefault(section, {}).update(fields)
    return merged, errors


def validate(document):
    """Check a parsed ``config.json``.

    Args:
        document: dict of sections, each a dict of fields; what is missing is default.

    Returns:
        (settings, errors): all fields' values, and one line per fault; with any error the
        settings must not be used.
    """
    settings = defaults()
    errors = []
    if not isinstance(document, dict):
        return settings, ["config.json: not an object of sections; accepted: {...}"]
    sections = sorted({name.split(".")[0] for name in SCHEMA})
    for section, fields in document.items():
        if section not in sections:
            errors.append(_unknown(str(section), "section", ", ".join(sections)))
        elif not isinstance(fields, dict):
            errors.append("{}: not an object; accepted: an object of fields".format(section))
        else:
            for field, value in fields.items():
                name = "{}.{}".format(section, field)
                if name not in SCHEMA:
                    known = sorted([n for n in SCHEMA if n.startswith(section + ".")])
                    errors.append(_unknown(name, "field", ", ".join(known)))
                elif not _fits(name, value):
                    errors.append(refusal(name, value))
                else:
                    settings[name] = value
    if not errors:
        _check_together(settings, errors)
    return settings, errors


def _check_together(settings, errors):
    """Refuse fields that are each in range but contradict one another."""
    if settings["meter.phases"] == 2:
        errors.append(refusal("meter.phases", 2, "1 or 3"))
        return
    _check_filter(settings, errors)
    if 0 < len(settings["wifi.password"]) < 8:
        errors.append(refusal("wifi.password", "", "empty, or 8 to 63 characters"))
    used = {}
    for name in ("pulse.pin", "breaker.pin", "mains.pin", "button.pin", "pulse.clock_pin"):
        pin = settings[name]
        if pin is not None and pin in used:
            errors.append(refusal(name, pin, "a pin other than that of " + used[pin]))
        used[pin] = name


def _check_filter(settings, errors):
    """Refuse a filter wider than the pulses' spacing: it would cap the meter without a word."""
    imp_per_kwh = settings["meter.imp_per_kwh"]
    fuse_a = settings["meter.fuse_a"]
    phases = settings["meter.phases"]
    interval_us = interval_min_us(imp_per_kwh, fuse_a, phases)
    least_ms = settings["pulse.width_min_ms"]
    most_ms = settings["pulse.width_max_ms"]
    debounce_us = settings["pulse.debounce_us"]
    # What the narrowest filter needs.
    least_us = 1000 * SCHEMA["pulse.width_min_ms"][2]
    need_us = least_us + SCHEMA["pulse.debounce_us"][2]
    debounce_max_us = min(interval_us // 2, interval_us - least_us)
    where = " at {} imp/kWh and {} x {} A, whose pulses come every {} us".format(
        imp_per_kwh, phases, fuse_a, interval_us
    )
    if interval_us < need_us:
        most = interval_min_us(1, fuse_a, phases) // need_us
        accepts = "1 to {} at {} x {} A".format(most, phases, fuse_a)
        errors.append(refusal("meter.imp_per_kwh", imp_per_kwh, accepts))
    elif debounce_us > debounce_max_us:
        accepts = "{} to {}".format(SCHEMA["pulse.debounce_us"][2], debounce_max_us)
        errors.append(refusal("pulse.debounce_us", debounce_us, accepts + where))
    elif least_ms * 1000 + debounce_us > interval_us:
        accepts = "1 to {}".format((interval_us - debounce_us) // 1000)
        errors.append(refusal("pulse.width_min_ms", least_ms, accepts + where))
    elif most_ms <= least_ms:
        accepts = "more than pulse.width_min_ms {}".format(least_ms)
        errors.append(refusal("pulse.width_max_ms", most_ms, accepts))


def parse(text):
    """Return (settings, errors) of a configuration file's text."""
    try:
        document = json.loads(text)
    except ValueError:
        return defaults(), ["config.json: not valid JSON; accepted: a JSON object of sections"]
    except (RuntimeError, MemoryError):
        # What a pathologically nested file raises, by interpreter.
        return defaults(), ["config.json: nested too deep; accepted: an object of sections"]
    return validate(document)


def choose(text, last_good_text):
    """Return (settings, source, errors): the file, else the last good one, else defaults.

    Args:
        text: what ``config.json`` holds, or None where there is no such file.
        last_good_text: the last text that validated, or None.
    """
    errors = []
    if text is not None:
        settings, errors = parse(text)
        if not errors:
            return settings, FILE, []
    if last_good_text is not None:
        settings, stale = parse(last_good_text)
        if not stale:
            missing = ["config.json: missing; the last good one is used"]
            return settings, LAST_GOOD, errors or missing
    return defaults(), DEFAULTS, errors
