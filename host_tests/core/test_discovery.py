"""What Home Assistant is told, held against what its documentation and its code accept."""

import json

from core import config, entity
from core.discovery import Discovery
from core.entity import DEVICE, OFF, PER_ENTITY
from core.event_log import RESET_CAUSES
from core.supply import FAULTS, STATES

BASE = "omnipower/240ac4000001"

# As main.py's status has it; only what the table looks at.
STATUS = {
    "uptime_ms": 61999,
    "register": {"kwh": "12345.678", "pulses": 345, "set": True},
    "power": {"w": 2345, "age_s": 1.5},
    "supply": {
        "state": "live",
        "breaker": "closed",
        "reconnect": "unknown",
        "fault": None,
        "mains": True,
    },
    "demand": {
        "hour_mean_w": 1200,
        "hour_predicted_w": 1300,
        "month_peak_w": 5100,
        "last_month_peak_w": None,
        "new_peak_warning": False,
    },
    "pulse": {
        "rejected": {"too_short": 1, "too_long": 2, "too_soon": 3, "flicker": 4},
        "missed_by_handler": 5,
    },
    "wifi": {"rssi_dbm": -61},
    "saves": 9,
    "reset_cause": "power_on",
    "version": "0.1.0",
}

# What the documentation of Home Assistant's MQTT integration lists, by platform.
COMMON = ("name", "uniq_id", "qos", "avty_t", "dev", "o", "ent_cat", "dev_cla", "stat_t")
KEYS = {
    "sensor": COMMON + ("stat_cla", "unit_of_meas", "sug_dsp_prc", "ops"),
    "binary_sensor": COMMON,
    "text": COMMON + ("cmd_t", "max"),
    "button": COMMON + ("cmd_t", "pl_prs"),
}
NEEDED = {
    "sensor": ("stat_t",),
    "binary_sensor": ("stat_t",),
    "text": ("cmd_t",),
    "button": ("cmd_t",),
}
DEVICE_KEYS = ("ids", "name", "mf", "mdl", "sw", "sn")

# (device class, state class) to the units that Home Assistant's sensor accepts with them.
UNITS = {
    ("energy", "total_increasing"): ("Wh", "kWh", "MWh"),
    ("power", "measurement"): ("W", "kW"),
    ("duration", "measurement"): ("s", "min", "h", "d", "ms"),
    ("signal_strength", "measurement"): ("dB", "dBm"),
    ("enum", None): (None,),
    (None, "total_increasing"): (None,),
    (None, None): (None,),
}
BINARY_CLASSES = ("problem", "power")


def discovery(prefix="homeassistant", base=BASE, meter="12345678"):
    return Discovery(prefix, base, "240ac4000001", meter, "0.1.0")


def configs(**changes):
    return dict(discovery(**changes).entities(STATUS))


def platform_of(topic):
    return topic.split("/")[1]


def test_every_entity_has_a_topic_that_home_assistant_listens_to():
    for topic in configs():
        prefix, platform, node, object_id, last = topic.split("/")
        assert prefix == "homeassistant" and last == "config"
        assert platform in KEYS
        for part in (node, object_id):
            assert part and all(c.isalpha() or c.isdigit() or c in "_-" for c in part), topic


def test_every_payload_is_json_of_documented_keys_only():
    for topic, body in configs().items():
        body = json.loads(json.dumps(body))
        platform = platform_of(topic)
        for key in body:
            assert key in KEYS[platform], (topic, key)
        for key in NEEDED[platform] + ("name", "uniq_id", "dev", "o", "avty_t"):
            assert body[key], (topic, key)
        assert body["qos"] == 1
        assert body["o"]["name"]
        for key in body["dev"]:
            assert key in DEVICE_KEYS


def test_class_unit_and_kind_of_every_sensor_go_together():
    for topic, body in configs().items():
        if platform_of(topic) != "sensor":
            continue
        kind = body.get("dev_cla"), body.get("stat_cla")
        assert kind in UNITS, (topic, kind)
        assert body.get("unit_of_meas") in UNITS[kind], topic
        assert ("ops" in body) == (kind[0] == "enum"), topic


def test_binary_sensors_and_categories_are_of_known_classes():
    for topic, body in configs().items():
        platform = platform_of(topic)
        if platform == "binary_sensor":
            assert body["dev_cla"] in BINARY_CLASSES, topic
        # Only what takes commands may be of category config.
        if platform in ("text", "button"):
            assert body["ent_cat"] == "config", topic
        else:
            assert body.get("ent_cat") in (None, "diagnostic"), topic


def test_energy_fits_the_energy_dashboard():
    body = configs()["homeassistant/sensor/omnipower_240ac4000001/energy/config"]
    assert body["dev_cla"] == "energy"
    assert body["stat_cla"] == "total_increasing"
    assert body["unit_of_meas"] == "kWh"
    assert body["stat_t"] == BASE + "/energy"


def test_every_enum_lists_every_state_it_can_take():
    options = {
        topic.split("/")[3]: body["ops"] for topic, body in configs().items() if "ops" in body
    }
    assert options["supply"] == list(STATES)
    assert options["fault"] == list(FAULTS)
    assert options["reset_cause"] == list(RESET_CAUSES)
    for row in entity.ENTITIES:
        if row[0] in options:
            assert entity.text(row, STATUS) in options[row[0]], row[0]


def test_the_meter_number_is_the_serial_number_and_may_be_missing():
    for body in configs().values():
        assert body["dev"]["sn"] == "12345678"
    for body in configs(meter="").values():
        assert "sn" not in body["dev"]


def test_unique_ids_are_unique_and_survive_new_names_and_meters():
    ids = sorted([body["uniq_id"] for body in configs().values()])
    assert len(set(ids)) == len(ids) > 20
    renamed = configs(prefix="ha", base="house/meter", meter="87654321")
    assert sorted([body["uniq_id"] for body in renamed.values()]) == ids
    devices = {body["dev"]["ids"][0] for body in renamed.values()}
    assert devices == {"omnipower_240ac4000001"}
    for body in renamed.values():
        assert body["avty_t"] == "house/meter/availability"


def test_what_the_reader_does_not_know_of_is_not_announced():
    status = dict(STATUS)
    del status["demand"]
    topics = dict(discovery().entities(status))
    assert not [topic for topic in topics if "/month_peak/" in topic]
    assert [topic for topic in topics if "/energy/" in topic]


def test_without_a_mains_sense_input_there_is_no_such_entity():
    status = dict(STATUS)
    status["supply"] = dict(STATUS["supply"])
    status["supply"]["mains"] = None
    assert not [topic for topic in dict(discovery().entities(status)) if "/mains/" in topic]


def test_the_device_form_has_the_same_entities_in_one_message():
    topic, body = discovery().device(STATUS)
    assert topic == "homeassistant/device/omnipower_240ac4000001/config"
    body = json.loads(json.dumps(body))
    assert sorted(body) == ["avty_t", "cmps", "dev", "o", "qos"]
    assert body["o"]["name"] and body["dev"]["ids"]
    single = {topic.split("/")[3]: body for topic, body in configs().items()}
    assert sorted(body["cmps"]) == sorted(single)
    for object_id, component in body["cmps"].items():
        assert component.pop("p") in KEYS
        for key in ("dev", "o", "avty_t"):
            assert key not in component
            del single[object_id][key]
        assert component == single[object_id]


def matches(topic_filter, topic):
    wanted, parts = topic_filter.split("/"), topic.split("/")
    return len(wanted) == len(parts) and all(w in ("+", p) for w, p in zip(wanted, parts))


def test_a_change_of_form_finds_what_the_other_has_left_and_not_its_own():
    found = discovery()
    device = found.device_topic()
    for form, left, own in (
        (PER_ENTITY, [device], list(configs())),
        (DEVICE, list(configs()), [device]),
        (OFF, list(configs()) + [device], []),
    ):
        filters = list(found.outdated(form))
        for topic in left:
            assert [f for f in filters if matches(f, topic)], (form, topic)
        for topic in own + ["homeassistant/sensor/another/energy/config"]:
            assert not [f for f in filters if matches(f, topic)], (form, topic)


def test_no_message_for_one_entity_is_large():
    # The chip builds each of them in RAM.
    for topic, body in configs().items():
        assert len(json.dumps(body)) < 640, topic


def states(**changes):
    status = dict(STATUS)
    status.update(changes)
    return {
        row[0]: entity.text(row, status) for row in entity.ENTITIES if entity.present(row, status)
    }


def test_states_are_what_the_announced_entities_understand():
    texts = states()
    assert texts["energy"] == "12345.678"
    assert texts["power"] == "2345"
    assert texts["breaker"] == "OFF"
    assert texts["mains"] == "ON"
    assert texts["supply"] == "live"
    assert texts["fault"] == "none"
    assert texts["uptime"] == "61"
    assert texts["peak_warning"] == "OFF"
    assert texts["too_soon"] == "3"


def test_what_is_not_known_is_unknown_and_not_zero_or_off():
    texts = states(
        power={"w": None, "age_s": None},
        supply={
            "state": "unknown",
            "breaker": "unknown",
            "reconnect": "unknown",
            "fault": None,
            "mains": None,
        },
        wifi={"rssi_dbm": None},
    )
    for object_id in ("power", "pulse_age", "breaker", "rssi"):
        assert texts[object_id] == "None", object_id
    assert texts["supply"] == "unknown"


def test_an_open_breaker_is_a_problem():
    supply = dict(STATUS["supply"])
    supply["breaker"] = "open"
    assert states(supply=supply)["breaker"] == "ON"


def test_a_register_never_set_is_unknown():
    # Else setting it later would look like 12 345 kWh used in a second.
    assert states(register={"kwh": "0.345", "pulses": 345, "set": False})["energy"] == "None"


def test_the_forms_are_what_the_configuration_offers():
    assert config.SCHEMA["mqtt.discovery"][1] == PER_ENTITY
    for form in (PER_ENTITY, DEVICE, OFF):
        assert config.validate({"mqtt": {"discovery": form}})[1] == []
    assert config.validate({"mqtt": {"discovery": "auto"}})[1]
