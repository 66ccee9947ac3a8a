"""The closing comparison: the reader's register against the meter's."""

from __future__ import annotations

from dataclasses import dataclass

from .ledger import Ledger
from .reader_status import ReaderStatus


@dataclass(frozen=True)
class Truth:
    """The meter's own count. `reader_off`: pulses that fell while the reader was off."""

    pulses: int
    register_wh: int
    imp_per_kwh: int
    reader_off: int = 0


@dataclass(frozen=True)
class Verdict:
    """`ok`: equal, or every difference has its reason. `missing`: pulses, None if unknown."""

    ok: bool
    missing: int | None
    lines: tuple[str, ...]


def missing_pulses(truth: Truth, reader: ReaderStatus) -> int | None:
    """Pulses by which the reader's register is behind the meter's (negative: ahead)."""
    if reader.register_wh is not None and truth.imp_per_kwh <= 1_000:
        # A pulse is at least the register's last digit, so the register tells exactly.
        difference_wh = truth.register_wh - reader.register_wh
        return round(difference_wh * truth.imp_per_kwh / 1_000)
    if reader.pulses is not None:
        return truth.pulses - reader.pulses
    return None


def compare(truth: Truth, reader: ReaderStatus | None, ledger: Ledger) -> Verdict:
    """The closing lines, and whether the run may be called good."""
    meter_text = f"meter {grouped_kwh(truth.register_wh)} kWh"
    missing = None if reader is None else missing_pulses(truth, reader)
    if reader is None or missing is None:
        text = f"register unknown (the firmware does not answer), {meter_text}"
        return Verdict(False, None, (text,))
    register_wh = reader.register_wh
    register_text = "unknown" if register_wh is None else f"{grouped_kwh(register_wh)} kWh"
    text = f"register {register_text}, {meter_text}"
    if missing == 0:
        return Verdict(True, 0, (f"{text}: equal to the pulse ({_count(truth.pulses)})",))
    if missing < 0:
        return Verdict(False, missing, (f"{text}: {_count(-missing)} too many",))

    since_compared = missing - ledger.missing_explained
    reader_off = truth.reader_off - ledger.reader_off_compared
    reasons = []
    if ledger.missing_explained:
        reasons.append(f"  {_count(ledger.missing_explained)} missing since an earlier run")
    if reader_off:
        reasons.append(f"  {_count(reader_off)} while the reader was off or starting")
    if ledger.unsaved:
        reasons.append(
            f"  up to {_count(ledger.unsaved)} seen but not saved when the reader was cut off"
        )
    unexplained = max(0, since_compared - reader_off - ledger.unsaved)
    if unexplained:
        reasons.append(f"  {_count(unexplained)} without explanation")
    if since_compared < 0:
        reasons.append(f"  {_count(-since_compared)} too many since the earlier run")
    ok = since_compared >= 0 and not unexplained
    return Verdict(ok, missing, (f"{text}: {_count(missing)} missing", *reasons))


def _count(pulses: int) -> str:
    return "1 pulse" if pulses == 1 else f"{pulses} pulses"


def grouped_kwh(energy_wh: int) -> str:
    """12345901 Wh as `12 345.901`, the way the meter's display groups it."""
    sign = "-" if energy_wh < 0 else ""
    whole, decimals = divmod(abs(energy_wh), 1_000)
    return f"{sign}{whole:,}.{decimals:03d}".replace(",", " ")
