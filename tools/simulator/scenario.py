"""Scenarios: what happens to the meter, and what disturbs its light."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .impairment import SECOND_US
from .pulse_clock import NEVER_US
from .resumable import Resumable


class Action(StrEnum):
    """What a scenario, or a person at the terminal, does to the meter."""

    BREAKER_OPEN_CUSTOMER = "breaker open"
    BREAKER_OPEN_UTILITY = "breaker open utility"
    BREAKER_CLOSE = "breaker close"
    MAINS_OFF = "mains off"
    MAINS_ON = "mains on"
    READER_OFF = "reader off"


# How long the reader is without power when its own supply fails too.
READER_OFF_US = 20 * SECOND_US


@dataclass(frozen=True)
class Scenario:
    """Light as it is disturbed, and a script that repeats every `period_s`.

    `bounce_us`: bounce of each LED edge, 0 to this; `lamp`: bursts of 100 Hz flicker;
    `emi_per_s`: mean number of spikes a second; `script`: (seconds, what happens).
    """

    bounce_us: int = 0
    lamp: bool = False
    emi_per_s: float = 0.0
    script: tuple[tuple[int, Action], ...] = ()
    period_s: int = 0


SCENARIOS = {
    "normal": Scenario(),
    "bounce": Scenario(bounce_us=2_000),
    "flicker": Scenario(lamp=True),
    "emi": Scenario(emi_per_s=2.0),
    # Opened by the customer's own doing first, by the utility the next time.
    "breaker": Scenario(
        script=(
            (60, Action.BREAKER_OPEN_CUSTOMER),
            (240, Action.BREAKER_CLOSE),
            (300, Action.BREAKER_OPEN_UTILITY),
            (480, Action.BREAKER_CLOSE),
        ),
        period_s=480,
    ),
    # The reader rides through the first cut on its power bank; in the middle of the
    # second one it loses its own power as well.
    "power_cut": Scenario(
        script=(
            (180, Action.MAINS_OFF),
            (240, Action.MAINS_ON),
            (360, Action.MAINS_OFF),
            (380, Action.READER_OFF),
            (420, Action.MAINS_ON),
        ),
        period_s=360,
    ),
}


class Script(Resumable):
    """Walks a scenario's script round and round; `next_us` is the next step's instant."""

    kept = ("_start_us", "_done")

    def __init__(self, scenario: Scenario, start_us: int) -> None:
        self._steps = scenario.script
        self._period_us = scenario.period_s * SECOND_US
        self._start_us = start_us
        self._done = 0
        self._not_before_us = start_us
        self._held = False

    @property
    def next_us(self) -> int:
        return NEVER_US if self._held else self._due_us(self._done)

    def take(self) -> Action:
        """The step due at `next_us` is carried out."""
        action = self._action(self._done)
        self._done += 1
        return action

    def hold(self) -> None:
        """Nothing more happens until the script is made anew or restored."""
        self._held = True

    def resume(self, now_us: int) -> None:
        """Steps that fell due while the script was held happen at `now_us`."""
        self._not_before_us = now_us

    def next_reader_off_us(self) -> int:
        """When the reader will lose its own power; NEVER_US if it will not."""
        if self._held or Action.READER_OFF not in (action for _, action in self._steps):
            return NEVER_US
        step = self._done
        while self._action(step) is not Action.READER_OFF:
            step += 1
        return self._due_us(step)

    def _action(self, step: int) -> Action:
        return self._steps[step % len(self._steps)][1]

    def _due_us(self, step: int) -> int:
        if not self._steps:
            return NEVER_US
        cycle, index = divmod(step, len(self._steps))
        offset_us = self._steps[index][0] * SECOND_US
        return max(self._start_us + cycle * self._period_us + offset_us, self._not_before_us)
