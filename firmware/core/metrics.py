"""Status as Prometheus reads it (text exposition format 0.0.4)."""

from core.supply import STATES

PREFIX = "omnipower_"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def _escape(text):
    return str(text).replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _labels(pairs):
    return "{" + ",".join(['{}="{}"'.format(name, _escape(text)) for name, text in pairs]) + "}"


def _family(name, kind, text, samples):
    """Yield one metric; what has no value has no sample, and no samples mean no metric."""
    known = [(pairs, value) for pairs, value in samples if value is not None]
    if not known:
        return
    yield "# HELP {}{} {}\n# TYPE {}{} {}\n".format(PREFIX, name, text, PREFIX, name, kind)
    for pairs, value in known:
        yield "{}{}{} {}\n".format(PREFIX, name, _labels(pairs) if pairs else "", value)


def lines(status):
    """Yield the body of ``/metrics`` in pieces.

    Args:
        status: body of ``/api/v1/status``.
    """
    register = status["register"]
    power = status["power"]
    pulse = status["pulse"]
    supply = status["supply"]
    about = [
        ("version", status.get("version", "")),
        ("counter", pulse["counter"]),
        ("reset_cause", status.get("reset_cause", "")),
    ]
    breaker = {"open": 1, "closed": 0}.get(supply["breaker"])
    states = [((("state", state),), int(state == supply["state"])) for state in STATES]
    rejected = [((("reason", name),), count) for name, count in sorted(pulse["rejected"].items())]
    one = [
        ("info", "gauge", "What this reader is.", [(about, 1)]),
        ("energy_wh_total", "counter", "The register, as on the display.", register["wh"]),
        ("pulses_total", "counter", "Pulses counted.", register["pulses"]),
        ("register_set", "gauge", "1 once set from the display.", int(register["set"])),
        ("power_w", "gauge", "Power of this moment.", power["w"]),
        ("last_pulse_age_s", "gauge", "Time since the last pulse.", power["age_s"]),
        ("pulses_missed_total", "counter", "Counted by hardware.", pulse["missed_by_handler"]),
        ("edges_lost_total", "counter", "Edges the handler lost.", pulse["edges_lost"]),
        ("candidates_rejected_total", "counter", "Flashes that were no pulse.", rejected),
        ("supply_state", "gauge", "1 for the state of supply.", states),
        ("breaker_open", "gauge", "1 while the breaker is open.", breaker),
        ("uptime_s", "gauge", "Time since the start.", status["uptime_ms"] // 1000),
        ("saves_total", "counter", "Saves of the register.", status.get("saves")),
        ("heap_free_bytes", "gauge", "Free heap.", status.get("heap", {}).get("free")),
        ("wifi_rssi_dbm", "gauge", "Signal strength.", status.get("wifi", {}).get("rssi_dbm")),
    ]
    for name, kind, text, value in one:
        samples = value if isinstance(value, list) else [((), value)]
        for piece in _family(name, kind, text, samples):
            yield piece
