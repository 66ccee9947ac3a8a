"""The virtual OMNIPOWER: exact, reproducible, and unaware of real time.

All it does is decided by its settings, its seed and the virtual instants at which it is
told something. Advancing it in one step or in a thousand gives the same edges.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from .impairment import Lamp, Spikes
from .led import LowerLed, UpperLed
from .profile import MINUTE_US, LoadProfile, load_profile
from .pulse_clock import NEVER_US, PulseClock
from .scenario import SCENARIOS, Action, Script
from .settings import MeterSettings, kwh_text

# Signals the reader can see.
UPPER_LED, LOWER_LED, MAINS_SENSE = range(3)
Edge = tuple[int, int, int]  # (t_us, signal, lit)


class VirtualMeter:
    """One meter and the house behind it, at the virtual instant `now_us`."""

    def __init__(
        self,
        settings: MeterSettings,
        profile: LoadProfile | None = None,
        *,
        start_us: int = 0,
        pulses: int = 0,
        register_wh: int | None = None,
    ) -> None:
        """`start_us`, `pulses`, `register_wh`: where an earlier meter stopped."""
        self.settings = settings
        self.profile = profile or load_profile(settings.profile)
        self.now_us = start_us
        self.pulses = pulses
        self.breaker_open = False
        self.mains = True
        self.drained = False
        # Told the instant of every pulse.
        self.on_pulse: Callable[[int], None] | None = None
        self._customer_may_reconnect = False
        self._base_pulses = pulses
        self._base_wh = settings.register_wh if register_wh is None else register_wh
        self._profile_start_us = start_us
        self._minute_us = start_us
        self._clock = PulseClock(settings.imp_per_kwh, start_us)
        # One generator each, so that one impairment never shifts another's draws.
        self._upper = UpperLed(settings.pulse_width_us, settings.bounce_us, self._random("bounce"))
        self._lower = LowerLed()
        self._lamp = Lamp(self._random("lamp"), start_us)
        self._spikes = Spikes(self._random("emi"), start_us, settings.emi_per_s or 1.0)
        if not settings.lamp:
            self._lamp.next_us = NEVER_US
        if not settings.emi_per_s:
            self._spikes.next_us = NEVER_US
        self._script = Script(SCENARIOS[settings.scenario], start_us)
        self._shown = self.levels()

    # Truth

    @property
    def power_w(self) -> int:
        """What the house draws now, W."""
        if self.drained or self.breaker_open or not self.mains:
            return 0
        return self.profile.power_w(self.now_us - self._profile_start_us)

    @property
    def register_wh(self) -> int:
        """The register, Wh, truncated as the display truncates it."""
        since_base = self.pulses - self._base_pulses
        return self._base_wh + since_base * 1_000 // self.settings.imp_per_kwh

    @property
    def display(self) -> str:
        return f"{kwh_text(self.register_wh)} kWh"

    @property
    def next_reader_off_us(self) -> int:
        """When the scenario will take the reader's own power; NEVER_US if it will not."""
        return self._script.next_reader_off_us()

    def levels(self) -> list[int]:
        """What each signal shows now, 0 or 1, by signal number."""
        upper = (self._upper.lit or self._lamp.lit) != self._spikes.active
        return [int(upper), int(self._lower.lit), int(self.mains)]

    # Time

    def advance(self, until_us: int, limit: int | None = None) -> list[Edge]:
        """Goes on to `until_us` and returns the edges up to and at it, in time order.

        With `limit` (4 or more) it stops early, at an instant after which no more than
        `limit` edges have come; `now_us` says how far it got.
        """
        edges: list[Edge] = []
        self._note_edges(edges)
        while (next_us := self._next_us()) <= until_us:
            if limit is not None and len(edges) > limit - len(self._shown):
                return edges
            self.now_us = next_us
            self._step(next_us)
            self._note_edges(edges)
        self.now_us = max(self.now_us, until_us)
        return edges

    def _next_us(self) -> int:
        return min(
            self._clock.next_us,
            self._script.next_us,
            self._minute_us,
            self._upper.next_us,
            self._lamp.next_us,
            self._spikes.next_us,
            self._lower.next_us,
        )

    def _step(self, now_us: int) -> None:
        # The pulse goes first: energy that has flowed is counted and shown, even if
        # the load ends at the same instant.
        if self._clock.next_us == now_us:
            self._clock.take_pulse(now_us)
            self.pulses += 1
            if self.on_pulse:
                self.on_pulse(now_us)
            self._upper.flash(now_us)
        if self._script.next_us == now_us:
            self.do(self._script.take())
        if self._minute_us == now_us:
            self._minute_us += MINUTE_US
            self._apply_power()
        for source in (self._upper, self._lamp, self._spikes, self._lower):
            if source.next_us == now_us:
                source.step(now_us)

    def _note_edges(self, edges: list[Edge]) -> None:
        levels = self.levels()
        if levels != self._shown:
            for signal, lit in enumerate(levels):
                if lit != self._shown[signal]:
                    edges.append((self.now_us, signal, lit))
            self._shown = levels

    # What happens to the meter

    def do(self, action: Action) -> None:
        """Something happens now; its edges come with the next advance."""
        if action is Action.READER_OFF:
            return  # Nothing changes at the meter; whoever serves the reader acts on it.
        if action is Action.MAINS_OFF:
            # A flash that has begun is finished from the meter's supply capacitors,
            # so the pulses seen and the register agree whenever the cut comes.
            self.mains = False
        elif action is Action.MAINS_ON:
            self.mains = True
        elif action is Action.BREAKER_CLOSE:
            self.breaker_open = False
        elif action in (Action.BREAKER_OPEN_CUSTOMER, Action.BREAKER_OPEN_UTILITY):
            self.breaker_open = True
            self._customer_may_reconnect = action is Action.BREAKER_OPEN_CUSTOMER
        if self.breaker_open and self.mains:
            self._lower.show_open(self.now_us, blinking=self._customer_may_reconnect)
        else:
            self._lower.dark()
        self._apply_power()

    def drain(self) -> None:
        """No more pulses start and nothing more happens; one being shown is finished."""
        self.drained = True
        self._script.hold()
        self._apply_power()

    def _apply_power(self) -> None:
        self._clock.set_power(self.now_us, self.power_w)

    # Saving

    _KEPT = (
        "now_us",
        "pulses",
        "breaker_open",
        "mains",
        "_customer_may_reconnect",
        "_base_pulses",
        "_base_wh",
        "_profile_start_us",
        "_minute_us",
    )
    _PARTS = ("_clock", "_upper", "_lower", "_lamp", "_spikes", "_script")

    def state(self) -> dict[str, Any]:
        """All that changes, as JSON values. Draining is not kept: it ends with the run."""
        values = {name: getattr(self, name) for name in self._KEPT}
        parts = {name: getattr(self, name).state() for name in self._PARTS}
        return {"values": values, "parts": parts, "register_wh": self.register_wh}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on where a meter of the same settings was when `state` was taken."""
        for name in self._KEPT:
            setattr(self, name, state["values"][name])
        for name in self._PARTS:
            getattr(self, name).restore(state["parts"][name])
        self._script.resume(self.now_us)
        self._shown = self.levels()
        self._apply_power()

    def _random(self, purpose: str) -> random.Random:
        return random.Random(f"{self.settings.seed} {purpose}")
