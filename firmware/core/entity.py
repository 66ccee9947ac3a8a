"""What the reader tells a home automation: one table for the states, and names of topics.

Each entity is a row: object id, component, pace, and from there on its path in the status. The
object id is also the last part of the state's topic, and never changes: unique ids are made of
it. What discovery says of each is in ``core.discovery``.
"""

from core.supply import FAULTS

# When a changed value is due, see ``core.pacing``.
AT_ONCE = 0
POWER = 1
ENERGY = 2
SLOW = 3

SENSOR = "sensor"
BINARY = "binary_sensor"

UNKNOWN_TEXT = "None"  # what Home Assistant takes for "unknown"

# Forms of discovery.
OFF = "off"
PER_ENTITY = "entity"
DEVICE = "device"
FORMS = (PER_ENTITY, DEVICE, OFF)

# What follows the reader's own prefix, and what is said there.
AVAILABILITY = "availability"
ONLINE = "online"
OFFLINE = "offline"
COMMAND_RESULT = "command"
READING = "reading"
SET_READING = "set/reading"
APPLY_LOWER = "apply_lower"
PRESS = "PRESS"

ENTITIES = (
    ("energy", SENSOR, ENERGY, "register", "kwh"),
    ("power", SENSOR, POWER, "power", "w"),
    ("breaker", BINARY, AT_ONCE, "supply", "breaker"),
    ("supply", SENSOR, AT_ONCE, "supply", "state"),
    ("reconnect", SENSOR, AT_ONCE, "supply", "reconnect"),
    ("mains", BINARY, AT_ONCE, "supply", "mains"),
    ("fault", SENSOR, AT_ONCE, "supply", "fault"),
    ("pulse_age", SENSOR, SLOW, "power", "age_s"),
    ("hour_predicted", SENSOR, SLOW, "demand", "hour_predicted_w"),
    ("hour_power", SENSOR, SLOW, "demand", "hour_mean_w"),
    ("month_peak", SENSOR, SLOW, "demand", "month_peak_w"),
    ("last_month_peak", SENSOR, SLOW, "demand", "last_month_peak_w"),
    ("peak_warning", BINARY, AT_ONCE, "demand", "new_peak_warning"),
    ("pulses", SENSOR, SLOW, "register", "pulses"),
    ("too_short", SENSOR, SLOW, "pulse", "rejected", "too_short"),
    ("too_long", SENSOR, SLOW, "pulse", "rejected", "too_long"),
    ("too_soon", SENSOR, SLOW, "pulse", "rejected", "too_soon"),
    ("flicker", SENSOR, SLOW, "pulse", "rejected", "flicker"),
    ("missed", SENSOR, SLOW, "pulse", "missed_by_handler"),
    ("rssi", SENSOR, SLOW, "wifi", "rssi_dbm"),
    ("uptime", SENSOR, SLOW, "uptime_ms"),
    ("reset_cause", SENSOR, SLOW, "reset_cause"),
    ("version", SENSOR, SLOW, "version"),
    ("saves", SENSOR, SLOW, "saves"),
)

# Where a path begins: in the row itself, since a tuple of its own takes more memory.
_PATH = 3

_TEXTS = {True: "ON", False: "OFF", "open": "ON", "closed": "OFF"}


def present(entity, status):
    """Return whether the status says anything of an entity, and be it "unknown"."""
    for k in range(_PATH, len(entity)):
        if not isinstance(status, dict) or entity[k] not in status:
            return False
        status = status[entity[k]]
    # Without a mains-sense input there is nothing to be known, ever.
    return status is not None or entity[0] != "mains"


def text(entity, status):
    """Return an entity's state as published; the entity must be ``present``."""
    value = status
    for k in range(_PATH, len(entity)):
        value = value[entity[k]]
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
