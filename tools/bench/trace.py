"""Traces: the light's edges as text, and the truth beside them as JSON.

A trace is lines of `t_us level`, level 1 for light, in time order; lines that begin with
`#` are comments. The truth is an object; see `Truth`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.simulator.impairment import Lamp, Spikes
from tools.simulator.led import UpperLed
from tools.simulator.pulse_clock import NEVER_US, PulseClock

from .load import Steps, changes, duration_us
from .scenario import Impairment

IMP_PER_KWH = 1_000
# The load begins when the readers have started.
LEAD_US = 1_000_000
T_MAX_US = 1 << 53

Edge = tuple[int, int]  # (t_us, level)


class TraceError(ValueError):
    """A trace or truth that cannot be read; the text says where and what is accepted."""


@dataclass(frozen=True)
class Truth:
    """What really happened in a trace.

    `pulses_us`: the start of each pulse; `load`: (t_us, W) from which on the power held.
    """

    imp_per_kwh: int
    width_us: int
    duration_us: int
    pulses_us: tuple[int, ...]
    load: tuple[tuple[int, int], ...]

    @property
    def pulses(self) -> int:
        return len(self.pulses_us)

    def to_json(self) -> str:
        return json.dumps({"pulses": self.pulses, **asdict(self)})

    @classmethod
    def from_json(cls, text: str) -> Truth:
        """The truth that `to_json` wrote; TraceError if the text is none."""
        try:
            fields = json.loads(text)
            truth = cls(
                imp_per_kwh=_whole(fields["imp_per_kwh"]),
                width_us=_whole(fields["width_us"]),
                duration_us=_whole(fields["duration_us"]),
                pulses_us=tuple(_whole(t_us) for t_us in fields["pulses_us"]),
                load=tuple((_whole(t_us), _whole(w)) for t_us, w in fields["load"]),
            )
            agrees = fields["pulses"] == truth.pulses
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise TraceError(f"truth: not an object as the bench writes it: {error!r}") from error
        if not agrees:
            raise TraceError("truth: field pulses is not the number of pulses_us")
        return truth


def _whole(value: object) -> int:
    if type(value) is not int or not 0 <= value <= T_MAX_US:
        raise ValueError(f"{value!r}: accepted is a whole number, 0 to 2**53")
    return value


def generate(
    steps: Steps, width_us: int, impairment: Impairment, seed: int
) -> tuple[list[Edge], Truth]:
    """Play a load on a meter's LED and return what a comparator sees, and the truth."""
    pulses_us: list[int] = []
    load = [(LEAD_US + t_us, power_w) for t_us, power_w in changes(steps)]
    end_us = LEAD_US + duration_us(steps)
    lamp = Lamp(random.Random(f"{seed} lamp"), LEAD_US) if impairment.lamp else None
    edges = list(play([*load, (end_us, 0)], width_us, impairment, lamp, seed, pulses_us))
    truth = Truth(IMP_PER_KWH, width_us, end_us, tuple(pulses_us), tuple(load))
    return edges, truth


def play(
    load: list[tuple[int, int]],
    width_us: int,
    impairment: Impairment,
    lamp: Lamp | None,
    seed: int,
    pulses_us: list[int],
    phase: int = 0,
) -> Iterator[Edge]:
    """Yield the edges of a load; it ends with its last change, which is to 0 W.

    `pulses_us` is filled with the start of each pulse; `phase` is the energy since the
    last pulse at the beginning, W·µs·imp/kWh.
    """
    # One generator each, so that one impairment never shifts another's draws.
    led = UpperLed(width_us, impairment.bounce_us, random.Random(f"{seed} bounce"))
    spikes = Spikes(random.Random(f"{seed} emi"), LEAD_US, impairment.emi_per_s or 1.0)
    if lamp is None:
        lamp = Lamp(random.Random(0), LEAD_US)
        lamp.next_us = NEVER_US
    if not impairment.emi_per_s:
        spikes.next_us = NEVER_US
    clock = PulseClock(IMP_PER_KWH, LEAD_US, phase)
    following = 0
    shown = False
    while True:
        change_us = load[following][0] if following < len(load) else NEVER_US
        now_us = min(clock.next_us, change_us, led.next_us)
        if now_us == NEVER_US:
            return
        # Lamp and line noise end with the load, but what they began is finished.
        now_us = min(now_us, lamp.next_us, spikes.next_us)
        if now_us == clock.next_us:
            clock.take_pulse(now_us)
            pulses_us.append(now_us)
            led.flash(now_us)
        if now_us == change_us:
            clock.set_power(now_us, load[following][1])
            following += 1
            if following == len(load):
                # Whatever is lit is dark from here on.
                if lamp.lit:
                    lamp.step(now_us)
                lamp.next_us = NEVER_US
                spikes.active = False
                spikes.next_us = NEVER_US
        for source in (led, lamp, spikes):
            if source.next_us == now_us:
                source.step(now_us)
        lit = (led.lit or lamp.lit) != spikes.active
        if lit != shown:
            yield now_us, int(lit)
            shown = lit


def write(path: Path, edges: Iterable[Edge]) -> None:
    """Write a trace."""
    with path.open("w") as file:
        file.writelines(f"{t_us} {level}\n" for t_us, level in edges)


def parse(lines: Iterable[str], where: str = "trace") -> Iterator[Edge]:
    """Read a trace; TraceError says in which line what is not accepted."""
    last_us = -1
    for number, line in enumerate(lines, start=1):
        if line.startswith("#") or not line.strip():
            continue
        fields = line.split()
        if (
            len(fields) != 2
            or not (fields[0].isascii() and fields[0].isdecimal())
            or fields[1] not in ("0", "1")
            or len(fields[0]) > len(str(T_MAX_US))
            or int(fields[0]) > T_MAX_US
        ):
            raise TraceError(f"{where}, line {number}: {line.strip()[:40]!r}, accepted: t_us level")
        t_us = int(fields[0])
        if t_us <= last_us:
            raise TraceError(f"{where}, line {number}: {t_us} is not later than {last_us}")
        last_us = t_us
        yield t_us, int(fields[1])
