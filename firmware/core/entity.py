"""What the reader tells a home automation: one table, for discovery and for the states.

Each entity is a row: object id, component, name, pace, path in the status, and what discovery
says of it in Home Assistant's documented abbreviations. The object id is also the last part of
the state's topic, and never changes: unique ids are made of it.
"""

from core.event_log import RESET_CAUSES
from core.supply import CUSTOMER, FAULTS, STATES, UNKNOWN, UTILITY

# When a changed value is due, see ``core.pacing``.
AT_ONCE = 0
POWER = 1
ENERGY = 2
SLOW = 3

SENSOR = "sensor"
BINARY = "binary_sensor"

UNKNOWN_TEXT = "None"  # what Home Assistant takes for "unknown"

_POWER = (("dev_cla", "power"), ("stat_cla", "measurement"), ("unit_of_meas", "W"))
_COUNT = (("stat_cla", "total_increasing"), ("ent_cat", "diagnostic"))
_SECONDS = (
    ("dev_cla", "duration"),
    ("stat_cla", "measurement"),
    ("unit_of_meas", "s"),
    ("ent_cat", "diagnostic"),
)
_DIAGNOSTIC = (("ent_cat", "diagnostic"),)

ENTITIES = (
    (
        "energy",
        SENSOR,
        "Energy",
        ENERGY,
        ("register", "kwh"),
        (
            ("dev_cla", "energy"),
            ("stat_cla", "total_increasing"),
            ("unit_of_meas", "kWh"),
            ("sug_dsp_prc", 3),
        ),
    ),
    ("power", SENSOR, "Power", POWER, ("power", "w"), _POWER),
    ("breaker", BINARY, "Breaker", AT_ONCE, ("supply", "breaker"), (("dev_cla", "problem"),)),
    (
        "supply",
        SENSOR,
        "Supply",
        AT_ONCE,
        ("supply", "state"),
        (("dev_cla", "enum"), ("ops", STATES)),
    ),
    (
        "reconnect",
        SENSOR,
        "Who may reconnect",
        AT_ONCE,
        ("supply", "reconnect"),
        (("dev_cla", "enum"), ("ops", (UNKNOWN, CUSTOMER, UTILITY))),
    ),
    ("mains", BINARY, "Mains", AT_ONCE, ("supply", "mains"), (("dev_cla", "power"),)),
    (
        "fault",
        SENSOR,
        "Sensor fault",
        AT_ONCE,
        ("supply", "fault"),
        (("dev_cla", "enum"), ("ops", FAULTS), ("ent_cat", "diagnostic")),
    ),
    ("pulse_age", SENSOR, "Last pulse age", SLOW, ("power", "age_s"), _SECONDS),
    (
        "hour_predicted",
        SENSOR,
        "Mean power predicted for this hour",
        SLOW,
        ("demand", "hour_predicted_w"),
        _POWER,
    ),
    ("hour_power", SENSOR, "Mean power this hour", SLOW, ("demand", "hour_mean_w"), _POWER),
    ("month_peak", SENSOR, "Peak of the month", SLOW, ("demand", "month_peak_w"), _POWER),
    (
        "last_month_peak",
        SENSOR,
        "Peak of last month",
        SLOW,
        ("demand", "last_month_peak_w"),
        _POWER,
    ),
    (
        "peak_warning",
        BINARY,
        "New peak ahead",
        AT_ONCE,
        ("demand", "new_peak_warning"),
        (("dev_cla", "problem"),),
    ),
    ("pulses", SENSOR, "Pulses", SLOW, ("register", "pulses"), _COUNT),
    ("too_short", SENSOR, "Rejected: too short", SLOW, ("pulse", "rejected", "too_short"), _COUNT),
    ("too_long", SENSOR, "Rejected: too long", SLOW, ("pulse", "rejected", "too_long"), _COUNT),
    ("too_soon", SENSOR, "Rejected: too soon", SLOW, ("pulse", "rejected", "too_soon"), _COUNT),
    ("flicker", SENSOR, "Rejected: flicker", SLOW, ("pulse", "rejected", "flicker"), _COUNT),
    ("missed", SENSOR, "Missed by the handler", SLOW, ("pulse", "missed_by_handler"), _COUNT),
    (
        "rssi",
        SENSOR,
        "Wi-Fi signal",
        SLOW,
        ("wifi", "rssi_dbm"),
        (
            ("dev_cla", "signal_strength"),
            ("stat_cla", "measurement"),
            ("unit_of_meas", "dBm"),
            ("ent_cat", "diagnostic"),
        ),
    ),
    ("uptime", SENSOR, "Uptime", SLOW, ("uptime_ms",), _SECONDS),
    (
        "reset_cause",
        SENSOR,
        "Reset cause",
        SLOW,
        ("reset_cause",),
        (("dev_cla", "enum"), ("ops", RESET_CAUSES), ("ent_cat", "diagnostic")),
    ),
    ("version", SENSOR, "Firmware version", SLOW, ("version",), _DIAGNOSTIC),
    ("saves", SENSOR, "Saves of the register", SLOW, ("saves",), _COUNT),
)

_TEXTS = {True: "ON", False: "OFF", "open": "ON", "closed": "OFF"}


def present(entity, status):
    """Return whether the status says anything of an entity, and be it "unknown"."""
    for key in entity[4]:
        if not isinstance(status, dict) or key not in status:
            return False
        status = status[key]
    # Without a mains-sense input there is nothing to be known, ever.
    return status is not None or entity[0] != "mains"


def text(entity, status):
    """Return an entity's state as published; the entity must be ``present``."""
    value = status
    for key in entity[4]:
        value = value[key]
    if entity[0] == "energy" and not status["register"]["set"]:
        # Counted from 0, setting the register later would look like years consumed at once.
        return UNKNOWN_TEXT
    if entity[1] == BINARY:
        return UNKNOWN_TEXT if value is None else _TEXTS.get(value, UNKNOWN_TEXT)
    if value is None:
        return FAULTS[0] if entity[0] == "fault" else UNKNOWN_TEXT
    if entity[0] == "uptime":
        value //= 1000
    return str(value)
