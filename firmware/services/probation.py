"""Let a new version of the firmware stay once it has run well for some minutes.

Failure model: a version that raises, hangs or is reset before that is started three times
and then given up by ``boot_select``, which asks nothing of the version that failed.
"""

import asyncio

HEALTHY_S = 300
_LOOK_S = 5


class Probation:
    """Watches the first minutes of a version newly put in force.

    Args:
        beats: function that returns how many beats metering has made.
        failures: dict of services that have failed since boot.
        confirm: function that keeps the version; returns True when it was on probation.
        quiet: coroutine function that waits for a quiet moment: confirming writes flash.
        on_confirmed: called after a version on probation was kept.
        healthy_s: how long is well.
    """

    def __init__(self, beats, failures, confirm, quiet, on_confirmed, healthy_s=HEALTHY_S):
        self._beats = beats
        self._failures = failures
        self._confirm = confirm
        self._quiet = quiet
        self._on_confirmed = on_confirmed
        self._healthy_s = healthy_s

    async def run(self):
        """Return when the version is confirmed; a service that fails meanwhile starts it over."""
        healthy_s = 0
        while healthy_s < self._healthy_s:
            beats = self._beats()
            failed = len(self._failures)
            await asyncio.sleep(_LOOK_S)
            healthy_s += _LOOK_S
            if self._beats() == beats or len(self._failures) != failed:
                healthy_s = 0
        await self._quiet(2000)
        if self._confirm():
            self._on_confirmed()
