"""What the bench plays: a load, a pulse width, and what stands between LED and reader."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Impairment:
    """What is done to the light and to the reader's processor.

    `bounce_us`: bounce of each LED edge, 0 to this; `lamp`: bursts of 100 Hz flicker;
    `emi_per_s`: mean number of spikes of 5 to 200 µs a second; `stalls_us`: (every, for
    how long) the processor is blocked; `drop_per_million`: interrupt callbacks lost.
    """

    bounce_us: int = 0
    lamp: bool = False
    emi_per_s: float = 0.0
    stalls_us: tuple[tuple[int, int], ...] = ()
    drop_per_million: int = 0


# Flash and garbage collection every 10 s, a name look-up of a second every minute.
STALLS_US = ((10_000_000, 40_000), (60_000_000, 1_000_000))


@dataclass(frozen=True)
class Scenario:
    """One row of the table.

    `start_us`: what the processors' clocks show when the trace begins; `visible`: every
    pulse's edges are physically there, so that an exact count is possible.
    """

    name: str
    load: str = "stepped"
    width_us: int = 30_000
    impairment: Impairment = field(default_factory=Impairment)
    start_us: int = 0
    visible: bool = True


# ESPHome's micros() wraps at 2**32 us and MicroPython's ticks at 2**30: 40 s before both.
BEFORE_WRAP_US = (1 << 32) - 40_000_000

ALL_TOGETHER = Impairment(
    bounce_us=2_000, lamp=True, emi_per_s=5.0, stalls_us=STALLS_US, drop_per_million=1_000
)

SCENARIOS = (
    Scenario("pulses of 30 ms"),
    Scenario("pulses of 2 ms", width_us=2_000),
    Scenario("pulses of 80 ms", load="stepped_22_kw", width_us=80_000),
    Scenario("bounce", impairment=Impairment(bounce_us=2_000)),
    Scenario("bounce, 2 ms", width_us=2_000, impairment=Impairment(bounce_us=2_000)),
    Scenario("100 Hz flicker", impairment=Impairment(lamp=True)),
    Scenario("EMI 0.2/s", impairment=Impairment(emi_per_s=0.2)),
    Scenario("EMI 5/s", impairment=Impairment(emi_per_s=5.0)),
    Scenario("EMI 5/s, 2 ms", width_us=2_000, impairment=Impairment(emi_per_s=5.0)),
    Scenario("late callbacks", impairment=Impairment(stalls_us=STALLS_US)),
    Scenario("lost callbacks", impairment=Impairment(stalls_us=STALLS_US, drop_per_million=10_000)),
    Scenario("clocks wrap", start_us=BEFORE_WRAP_US),
    Scenario("all together", impairment=ALL_TOGETHER, visible=False),
    Scenario("steps", load="steps"),
    Scenario("ramp", load="ramp"),
    Scenario("fridge", load="fridge"),
    Scenario("EV 11 kW", load="ev_11_kw"),
    Scenario("standby 3 W", load="standby_3_w"),
    Scenario("zero", load="zero"),
    Scenario("main fuse 69 kW", load="main_fuse_69_kw"),
)
