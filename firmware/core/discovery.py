"""Home Assistant's MQTT discovery: what makes the entities appear without a line of YAML.

Two forms. Per entity, which every version takes, each a small message of its own; and one
message for the whole device, for Home Assistant 2024.11 and newer. Keys are Home Assistant's
documented abbreviations. Unique ids are made of the board's id, so they survive new names,
prefixes and meters.
"""

from core import entity
from core.entity import (
    APPLY_LOWER,
    AVAILABILITY,
    COMMAND_RESULT,
    DEVICE,
    PER_ENTITY,
    PRESS,
    READING,
    SET_READING,
)
from core.event_log import RESET_CAUSES
from core.supply import CUSTOMER, FAULTS, STATES, UNKNOWN, UTILITY

_POWER = (("dev_cla", "power"), ("stat_cla", "measurement"), ("unit_of_meas", "W"))
_COUNT = (("stat_cla", "total_increasing"), ("ent_cat", "diagnostic"))
_SECONDS = (
    ("dev_cla", "duration"),
    ("stat_cla", "measurement"),
    ("unit_of_meas", "s"),
    ("ent_cat", "diagnostic"),
)
_DIAGNOSTIC = (("ent_cat", "diagnostic"),)

# object id: name, and what else is said in Home Assistant's documented abbreviations
_SAID: dict[str, tuple] = {
    "energy": (
        "Energy",
        (
            ("dev_cla", "energy"),
            ("stat_cla", "total_increasing"),
            ("unit_of_meas", "kWh"),
            ("sug_dsp_prc", 3),
        ),
    ),
    "power": ("Power", _POWER),
    "breaker": ("Breaker", (("dev_cla", "problem"),)),
    "supply": ("Supply", (("dev_cla", "enum"), ("ops", STATES))),
    "reconnect": (
        "Who may reconnect",
        (("dev_cla", "enum"), ("ops", (UNKNOWN, CUSTOMER, UTILITY))),
    ),
    "mains": ("Mains", (("dev_cla", "power"),)),
    "fault": ("Sensor fault", (("dev_cla", "enum"), ("ops", FAULTS), ("ent_cat", "diagnostic"))),
    "pulse_age": ("Last pulse age", _SECONDS),
    "hour_predicted": ("Mean power predicted for this hour", _POWER),
    "hour_power": ("Mean power this hour", _POWER),
    "month_peak": ("Peak of the month", _POWER),
    "last_month_peak": ("Peak of last month", _POWER),
    "peak_warning": ("New peak ahead", (("dev_cla", "problem"),)),
    "pulses": ("Pulses", _COUNT),
    "too_short": ("Rejected: too short", _COUNT),
    "too_long": ("Rejected: too long", _COUNT),
    "too_soon": ("Rejected: too soon", _COUNT),
    "flicker": ("Rejected: flicker", _COUNT),
    "missed": ("Missed by the handler", _COUNT),
    "rssi": (
        "Wi-Fi signal",
        (
            ("dev_cla", "signal_strength"),
            ("stat_cla", "measurement"),
            ("unit_of_meas", "dBm"),
            ("ent_cat", "diagnostic"),
        ),
    ),
    "uptime": ("Uptime", _SECONDS),
    "reset_cause": (
        "Reset cause",
        (("dev_cla", "enum"), ("ops", RESET_CAUSES), ("ent_cat", "diagnostic")),
    ),
    "version": ("Firmware version", _DIAGNOSTIC),
    "saves": ("Saves of the register", _COUNT),
}


class Discovery:
    """Makes the payloads, one at a time so that they need little memory.

    Args:
        prefix: Home Assistant's discovery prefix, usually ``homeassistant``.
        base: the reader's own topics begin with this.
        board_id: hex text that no other board has.
        meter_number: 8 digits, or empty.
        version: the firmware's.
    """

    def __init__(self, prefix, base, board_id, meter_number, version):
        self._prefix = prefix
        self._base = base
        self._node = "omnipower_" + board_id
        self._meter_number = meter_number
        self._version = version

    def entities(self, status):
        """Yield (topic, payload) for each entity that the status knows of."""
        for object_id, component, body in self._bodies(status):
            body["avty_t"] = self._topic(AVAILABILITY)
            body["dev"] = self._device()
            body["o"] = self._origin()
            yield self.entity_topic(component, object_id), body

    def device(self, status):
        """Return (topic, payload) of the one message for the whole device."""
        components = {}
        for object_id, component, body in self._bodies(status):
            body["p"] = component
            components[object_id] = body
        return self.device_topic(), {
            "dev": self._device(),
            "o": self._origin(),
            "avty_t": self._topic(AVAILABILITY),
            "qos": 1,
            "cmps": components,
        }

    def outdated(self, form):
        """Yield filters of what other forms have left retained, which would double everything.

        Only what is there may be cleared: to Home Assistant an empty message is a conflict.
        """
        if form != DEVICE:
            yield self.device_topic()
        if form != PER_ENTITY:
            yield self.entity_topic("+", "+")

    def entity_topic(self, component, object_id):
        """Return the discovery topic of an entity."""
        return "{}/{}/{}/{}/config".format(self._prefix, component, self._node, object_id)

    def device_topic(self):
        """Return the discovery topic of the device."""
        return "{}/device/{}/config".format(self._prefix, self._node)

    def _bodies(self, status):
        for row in entity.ENTITIES:
            if entity.present(row, status):
                name, said = _SAID[row[0]]
                body = self._body(row[0], name)
                body["stat_t"] = self._topic(row[0])
                for key, value in said:
                    body[key] = list(value) if isinstance(value, tuple) else value
                yield row[0], row[1], body
        body = self._body("set_reading", "Reading on the display")
        body["stat_t"] = self._topic(READING)
        body["cmd_t"] = self._topic(SET_READING)
        body["max"] = 16
        body["ent_cat"] = "config"
        yield "set_reading", "text", body
        for object_id, name, command in (
            ("set_register", "Set the register to that reading", "apply"),
            ("set_lower", "Set the register to that reading, though lower", APPLY_LOWER),
        ):
            body = self._body(object_id, name)
            body["cmd_t"] = self._topic("set/" + command)
            body["pl_prs"] = PRESS
            body["ent_cat"] = "config"
            yield object_id, "button", body
        body = self._body("command", "Answer to the last command")
        body["stat_t"] = self._topic(COMMAND_RESULT)
        body["ent_cat"] = "diagnostic"
        yield "command", "sensor", body

    def _body(self, object_id, name):
        return {"name": name, "uniq_id": self._node + "_" + object_id, "qos": 1}

    def _topic(self, suffix):
        return self._base + "/" + suffix

    def _device(self):
        device = {
            "ids": [self._node],
            "name": "OMNIPOWER",
            "mf": "Kamstrup",
            "mdl": "OMNIPOWER, read optically",
            "sw": self._version,
        }
        if self._meter_number:
            device["sn"] = self._meter_number
        return device

    def _origin(self):
        return {"name": "omnipower-optical-reader", "sw": self._version}
