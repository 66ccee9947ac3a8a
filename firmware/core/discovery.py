"""Home Assistant's MQTT discovery: what makes the entities appear without a line of YAML.

Two forms. Per entity, which every version takes, each a small message of its own; and one
message for the whole device, for Home Assistant 2024.11 and newer. Keys are Home Assistant's
documented abbreviations. Unique ids are made of the board's id, so they survive new names,
prefixes and meters.
"""

from core import entity

OFF = "off"
PER_ENTITY = "entity"
DEVICE = "device"
FORMS = (PER_ENTITY, DEVICE, OFF)

ONLINE = "online"
OFFLINE = "offline"
AVAILABILITY = "availability"
COMMAND_RESULT = "command"
READING = "reading"
SET_READING = "set/reading"
APPLY_LOWER = "apply_lower"
PRESS = "PRESS"


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
                body = self._body(row[0], row[2])
                body["stat_t"] = self._topic(row[0])
                for key, value in row[5]:
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
