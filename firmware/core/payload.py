"""Snapshot to JSON-ready dicts: the only place where integers become what people read."""

import json

from core.energy import format_kwh
from core.event_log import (
    BOOT,
    CLOCK_NOT_SET,
    FAULT,
    RECONNECT,
    RESET_CAUSES,
    SUPPLY,
    UPDATE,
    UPDATES,
)
from core.local_time import DAY_S, civil
from core.supply import FAULTS, HINTS, STATES

_VALUES = {BOOT: RESET_CAUSES, SUPPLY: STATES, FAULT: FAULTS, UPDATE: UPDATES, RECONNECT: HINTS}
_PIECE = 400


def power_w(power_mw):
    """Return mW as W: with one decimal below 100 W, whole above, None for unknown."""
    if power_mw is None:
        return None
    if power_mw >= 100000:
        return (power_mw + 500) // 1000
    return (power_mw + 50) // 100 / 10


def status(snapshot):
    """Return the body of ``/api/v1/status`` that follows from the snapshot."""
    return dict(sections(snapshot))


def sections(snapshot):
    """Yield that body's members, (name, value), each made when it is asked for."""
    yield "uptime_ms", snapshot.uptime_ms
    yield (
        "register",
        {
            # Text, since a single-precision float cannot hold a reading of 8 digits.
            "kwh": snapshot.reading_kwh,
            "wh": snapshot.reading_wh,
            "pulses": snapshot.pulses,
            "set": snapshot.register_set,
            "imp_per_kwh": snapshot.imp_per_kwh,
        },
    )
    yield (
        "power",
        {
            "w": power_w(snapshot.power_mw),
            "age_s": None if snapshot.age_ms is None else snapshot.age_ms // 100 / 10,
            "quality": snapshot.quality,
        },
    )
    yield (
        "pulse",
        {
            "counter": snapshot.counter,
            "accepted": snapshot.accepted,
            "missed_by_handler": snapshot.missed,
            "rejected": snapshot.rejected,
            "edges_lost": snapshot.edges_lost,
            "ring_overflow": snapshot.ring_overflow,
            "width_us": snapshot.pulse_width_us,
        },
    )
    yield (
        "supply",
        {
            "state": snapshot.state,
            "since_s": snapshot.state_ms // 1000,
            "breaker": snapshot.breaker,
            "reconnect": snapshot.reconnect,
            "fault": snapshot.fault,
            "mains": snapshot.mains,
        },
    )
    if snapshot.demand:
        yield "demand", demand(snapshot.demand)


def pieces(members):
    """Yield the JSON text of an object, as bytes, in pieces of some 400 each.

    A status is 2 kB. In pieces it needs no hole of that size in the heap, and its members never are
    there all at once.

    Args:
        members: iterable of (name, value); the names need no escapes.
    """
    text = ""
    before = "{"
    for name, value in members:
        text += '{}"{}": {}'.format(before, name, json.dumps(value))
        before = ", "
        if len(text) >= _PIECE:
            yield text.encode()
            text = ""
    yield (text + ("{}" if before == "{" else "}")).encode()


def demand(state):
    """Return ``Demand.state()`` as people and programs read it; None is not known yet."""
    body = dict(state)
    body["peaks"] = [
        {"start_utc": utc_text(start_s), "mean_w": mean_w, "charged_w": charged_w}
        for start_s, mean_w, charged_w in state["peaks"]
    ]
    return body


def utc_text(utc_s):
    """Return seconds since 1970 as ``2026-11-24T13:05:09Z``, None as "clock not set"."""
    if utc_s is None:
        return CLOCK_NOT_SET
    days, second = divmod(utc_s, DAY_S)
    year, month, day = civil(days)
    return "{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}Z".format(
        year,
        month,
        day,
        second // 3600,
        second // 60 % 60,
        second % 60,
    )


def event(record):
    """Return an ``EventLog`` event as people and programs read it."""
    names = _VALUES.get(record["kind"])
    value = record["value"]
    if names:
        value = names[value] if value < len(names) else "unknown"
    return {
        "utc": utc_text(record["utc_s"]),
        "uptime_s": record["uptime_s"],
        "boot": record["boot"],
        "kind": record["kind"],
        "value": value,
        "duration_s": record["duration_s"],
        "reading_kwh": format_kwh(record["reading_wh"]),
    }
