"""What the panel shows, in the panel's own terms: every value ready to print."""

from __future__ import annotations

from dataclasses import dataclass, field

from .reader_status import ReaderStatus

UNKNOWN = "\N{EN DASH}"
AT_LEAST = "\N{GREATER-THAN OR EQUAL TO}"
TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass
class View:
    """A moment of the run. None is "not known"."""

    title: str = ""
    url: str = ""
    state: str = "starting"
    mqtt_port: int | None = None
    virtual_us: int = 0
    speed: float = 1.0
    achieved_speed: float | None = None
    imp_per_kwh: int = 1_000
    reader: ReaderStatus | None = None
    true_register_wh: int | None = None
    true_pulses: int | None = None
    true_pulses_range: tuple[int, int] | None = None
    true_power_w: int | None = None
    breaker_open: bool = False
    mains: bool = True
    pulses_while_reader_off: int = 0
    restarts: int = 0
    # Watts, one value per wall second: (measured, true).
    powers_w: list[tuple[float | None, float | None]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def behind(self) -> int | None:
        """Pulses the reader is behind (negative: ahead) of what it can have seen; 0 is right."""
        reader = self.reader
        if reader is None or reader.register_wh is None or self.true_register_wh is None:
            return None
        # The register tells more than the reader's own count: it survives a new reader.
        # Expressed in pulses on the meter's scale, it can be laid against the range.
        difference_wh = self.true_register_wh - reader.register_wh
        register_pulses = (self.true_pulses or 0) - round(difference_wh * self.imp_per_kwh / 1_000)
        if self.true_pulses_range is None:
            return None
        lowest, highest = self.true_pulses_range
        if register_pulses < lowest:
            return lowest - register_pulses
        return min(0, highest - register_pulses)

    @property
    def too_slow(self) -> bool:
        return self.achieved_speed is not None and self.achieved_speed < 0.9 * self.speed


def clock_text(virtual_us: int) -> str:
    """Virtual time since the meter was new, as `2 d 03:04:05`."""
    seconds = virtual_us // 1_000_000
    days, rest = divmod(seconds, 86_400)
    text = f"{rest // 3_600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days} d {text}" if days else text


def power_text(power_w: float | None) -> str:
    """Watts, grouped, with one decimal only where it says something."""
    if power_w is None:
        return UNKNOWN
    decimals = 1 if power_w < 100 and power_w != round(power_w) else 0
    return f"{power_w:,.{decimals}f} W".replace(",", " ")


def in_step_text(behind: int | None) -> str:
    """The difference in pulses, as far as it is certain: the two are not asked at one instant."""
    if behind is None:
        return UNKNOWN
    if behind == 0:
        return "in step"
    return f"{AT_LEAST} {abs(behind)} {'missing' if behind > 0 else 'too many'}"


def mqtt_text(view: View) -> str:
    """How to watch the topics, and how the reader's connection is."""
    if view.mqtt_port is None:
        return ""
    report = view.reader.get("mqtt") if view.reader else None
    state = UNKNOWN
    if isinstance(report, dict):
        state = f"{report.get('state')}, {report.get('messages')} messages"
        if report.get("error"):
            state += f" ({report['error']})"
    return f"mosquitto_sub -p {view.mqtt_port} -t '#' -v  {state}"


SUPPLY_WORDS = {
    "live": "live",
    "idle": "idle: no load for long",
    "breaker_open": "breaker open",
    "supply_lost": "supply lost",
    "unknown": "unknown",
}
RECONNECT_WORDS = {
    "customer": "you may reconnect",
    "utility": "only the utility may reconnect",
    "unknown": "who may reconnect: not known yet",
}


def supply_text(reader: ReaderStatus | None) -> str:
    """The reader's own account of the supply, in words."""
    state = reader.get("supply", "state") if reader else None
    if reader is None or state is None:
        return UNKNOWN
    words = SUPPLY_WORDS.get(state, str(state))
    if state == "breaker_open":
        reconnect = reader.get("supply", "reconnect")
        words += f", {RECONNECT_WORDS.get(reconnect, str(reconnect))}"
    if fault := reader.get("supply", "fault"):
        words += f" ({fault})"
    return words


def true_supply_text(view: View) -> str:
    """What is really so."""
    if view.true_pulses is None:
        return UNKNOWN
    if not view.mains:
        return "mains off"
    return "open" if view.breaker_open else "live"


def rejected_text(reader: ReaderStatus | None) -> str:
    """Rejected pulses by reason, the most frequent first."""
    if reader is None or reader.get("pulse", "rejected") is None:
        return UNKNOWN
    rejected = reader.rejected
    if not rejected:
        return "none"
    ordered = sorted(rejected.items(), key=lambda item: -item[1])
    return ", ".join(f"{reason.replace('_', ' ')} {count}" for reason, count in ordered)
