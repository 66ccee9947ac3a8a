"""Why the firmware ended, and how its board starts again."""

from __future__ import annotations

import time
from dataclasses import dataclass

EARLY_END_WALL_S = 3.0
EARLY_ENDS_MAX = 5
FIRST_PAUSE_WALL_S = 0.5
LONGEST_PAUSE_WALL_S = 8.0

# What the imitated `machine` module exits with.
_RESETS = {3: "hard", 4: "watchdog", 5: "soft", 6: "deepsleep"}
_WORDS = {
    "hard": "the firmware reset the board",
    "watchdog": "the watchdog reset the board",
    "soft": "the firmware asked for a soft reset",
    "deepsleep": "the board woke from deep sleep",
}


@dataclass(frozen=True)
class Restart:
    """How to go on after an end.

    `cause`: the next reset cause; `pause_wall_s`: wait this long first; `crashed`: nothing
    a board does by itself; `hopeless`: it ends at once again and again.
    """

    cause: str
    why: str
    pause_wall_s: float = 0.0
    crashed: bool = False
    hopeless: bool = False


class RestartPolicy:
    """Judges each end of the firmware process."""

    def __init__(self) -> None:
        self._early_ends = 0
        self._started_wall_s = 0.0

    def started(self) -> None:
        self._started_wall_s = time.monotonic()

    def ended(self, exit_code: int) -> Restart:
        """`exit_code` as Python's subprocess gives it: negative for a signal."""
        ran_wall_s = time.monotonic() - self._started_wall_s
        self._early_ends = self._early_ends + 1 if ran_wall_s < EARLY_END_WALL_S else 0
        hopeless = self._early_ends >= EARLY_ENDS_MAX
        # Whatever ends at once must not keep the machine busy with restarts.
        doublings = max(0, self._early_ends - 1)
        pause_wall_s = min(FIRST_PAUSE_WALL_S * 2**doublings, LONGEST_PAUSE_WALL_S)
        if exit_code in _RESETS:
            cause = _RESETS[exit_code]
            pause_wall_s = pause_wall_s if self._early_ends > 1 else 0.0
            return Restart(cause, _WORDS[cause], pause_wall_s, hopeless=hopeless)
        if exit_code < 0:
            why = f"the firmware was ended by signal {-exit_code}"
        else:
            why = f"the firmware ended with exit code {exit_code}"
        return Restart("power_on", why, pause_wall_s, crashed=True, hopeless=hopeless)
