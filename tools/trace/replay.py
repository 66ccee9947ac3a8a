"""Play a trace to the firmware's own core, beat by beat, as the board would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tools.board.stored_config import core

from .trace_file import COUNT, LOWER, UPPER, Trace

BEAT_US = 47_000
# After the last edge the filter needs darkness to judge, and supply its hold-off times.
TAIL_US = 5_000_000
PERIOD = 1 << 30
_POWER_EVERY_US = 1_000_000
_RING = 1 << 14


@dataclass
class Result:
    """What the core made of a trace.

    `pulses_us`: when a pulse was counted; `powers`: (t_us, mW or None) once a second and at
    every pulse; `states`: (t_us, state of supply); `rejected`: reason to count.
    """

    pulses: int = 0
    accepted: int = 0
    missed: int = 0
    edges: int = 0
    width_us: int | None = None
    pulses_us: list[int] = field(default_factory=list)
    rejects_us: list[tuple[int, str]] = field(default_factory=list)
    powers: list[tuple[int, int | None]] = field(default_factory=list)
    states: list[tuple[int, str]] = field(default_factory=list)
    rejected: dict[str, int] = field(default_factory=dict)
    duration_us: int = 0
    imp_per_kwh: int = 1000
    hardware: bool = False


class Replay:
    """One trace through one meter.

    `settings`: validated configuration. `hardware`: use the trace's hardware count; without
    one in the trace, the interrupt handler's edges count alone, as on a C3.
    """

    def __init__(self, trace: Trace, settings: dict[str, Any], hardware: bool = True) -> None:
        self._trace = trace
        self._ring = core("edge_ring").EdgeRing(_RING)
        self._clock = core("ticks").MonotonicClock(0, 0, PERIOD)
        self._hardware = hardware and trace.has_count
        self._meter = core("meter").Meter(settings, self._ring, self._clock, self._hardware)
        self._supply = core("supply").Supply(
            open_hold_us=settings["breaker.open_hold_ms"] * 1000,
            close_hold_us=settings["breaker.close_hold_ms"] * 1000,
            steady_us=settings["breaker.steady_s"] * 1_000_000,
            idle_us=settings["supply.idle_s"] * 1_000_000,
            lost_hold_us=settings["mains.lost_hold_ms"] * 1000,
            stuck_off_us=settings["supply.stuck_off_h"] * 3_600_000_000,
        )
        self._lit = 0
        self._lower = 0
        self._lower_edges = 0
        self._count = 0
        self._fresh = False
        self._power_due_us = 0
        self._rejected: dict[str, int] = {}
        self.result = Result(imp_per_kwh=settings["meter.imp_per_kwh"], hardware=self._hardware)

    def run(self, on_time: Callable[[int], None] = lambda t_us: None) -> Result:
        """Plays it all; `on_time` is told how far it is."""
        records = self._trace.records
        end_us = self._trace.duration_us + TAIL_US
        at = now_us = 0
        while now_us < end_us:
            now_us += BEAT_US
            while at < len(records) and records[at].t_us <= now_us:
                self._take(records[at].kind, records[at].t_us, records[at].value)
                at += 1
            self._beat(now_us)
            if now_us // BEAT_US % 1000 == 0:
                on_time(now_us)
        self._close(end_us)
        return self.result

    def _take(self, kind: str, t_us: int, value: int) -> None:
        if kind == UPPER:
            if not value and not self.result.edges and not self._lit:
                # What the light was to begin with, not an edge.
                return
            self._lit = value
            self._fresh = False
            self.result.edges += 1
            self._ring.push(t_us % PERIOD, value)
        elif kind == LOWER:
            self._lower = value
            self._lower_edges += 1
        elif kind == COUNT:
            self._count = value
            self._fresh = True

    def _beat(self, now_us: int) -> None:
        """One beat of ``services.metering``, on recorded time."""
        meter = self._meter
        rises = self._count if self._hardware else None
        self._clock.update(now_us % PERIOD, now_us // 1000 % PERIOD)
        pulses = meter.drain() + meter.tick(now_us, self._lit)
        # A count in the trace speaks of the edges before it; after the next edge it is stale.
        if not self._lit and meter.settled() and (self._fresh or not self._hardware):
            pulses += meter.audit(now_us, rises)
        meter.beat_done(now_us)
        if pulses:
            self.result.pulses_us += [meter.last_pulse_us or now_us] * pulses
        self._supply.sample(
            now_us,
            meter.register.total,
            bool(self._lower),
            self._lower_edges,
            None,
            meter.filter.stuck_on(now_us),
        )
        self._lower_edges = 0
        state = self._supply.state
        if not self.result.states or self.result.states[-1][1] != state:
            self.result.states.append((now_us, state))
        self._note_rejects(now_us)
        if pulses or now_us >= self._power_due_us:
            self._power_due_us = now_us + _POWER_EVERY_US
            self.result.powers.append((now_us, meter.power_now(now_us)[0]))

    def _note_rejects(self, now_us: int) -> None:
        rejected = self._meter.filter.rejected()
        if rejected != self._rejected:
            for reason, count in rejected.items():
                extra = count - self._rejected.get(reason, 0)
                self.result.rejects_us += [(now_us, reason)] * extra
            self._rejected = dict(rejected)

    def _close(self, end_us: int) -> None:
        meter = self._meter
        result = self.result
        result.duration_us = end_us - TAIL_US
        result.pulses = meter.register.total
        result.accepted = meter.filter.counts[1]
        result.missed = meter.reconciler.missed
        result.width_us = meter.filter.pulse_width_us
        result.rejected = {name: n for name, n in meter.filter.rejected().items() if n}
