"""What the lower LED tells of reconnecting is an event, each time it becomes known."""

import rig

# isort: split
from world import Scripted

from core.event_log import EventLog
from core.payload import event
from services.logbook import Logbook

SECOND_US = 1000000


def lower_led(open_s, blink_from_s, until_s):
    """Return edges of the lower LED: lit at ``open_s``, blinking 1 s/1 s from some time on."""
    edges = [(open_s * SECOND_US, 1, 1)]
    at_s = blink_from_s
    while at_s + 1 < until_s:
        edges.append((at_s * SECOND_US, 1, 0))
        edges.append(((at_s + 1) * SECOND_US, 1, 1))
        at_s += 2
    edges.append((until_s * SECOND_US, 1, 0))
    return edges


def logged(edges, until_s):
    """Run the reader's counting half and return the events as published."""
    events = EventLog()

    def wire(world, metering):
        register = metering.meter.register
        book = Logbook(
            events, register, metering.supply, metering.uptime_s, lambda: None, lambda: None
        )
        metering.on_change = book.supply_changed

    rig.run(Scripted(edges), until_s * SECOND_US, prepare=wire)
    return [event(record) for record in events.events()]


def test_blinking_is_logged_as_reconnect_by_the_customer_and_steady_by_the_utility():
    told = logged(lower_led(5, 10, 60), 75)
    hints = [one["value"] for one in told if one["kind"] == "reconnect"]
    assert hints == ["customer"]
    assert all(one["utc"] == "clock not set" for one in told)

    told = logged([(5 * SECOND_US, 1, 1), (60 * SECOND_US, 1, 0)], 75)
    hints = [one["value"] for one in told if one["kind"] == "reconnect"]
    assert hints == ["utility"]
