"""Watch the photodiodes closely while someone aims them."""

import asyncio
import time

from services import on_demand

_SAMPLE_MS = 23
_IDLE_MS = 500
# Nobody has asked for so long: nobody is looking.
_LOOKING_MS = 60000


class Aiming:
    """Samples while it is looked at.

    Args:
        metering: ``services.metering.Metering``.
        upper_lit, lower_lit: functions that tell whether there is light now.
    """

    def __init__(self, metering, upper_lit, lower_lit):
        self._metering = metering
        self._upper_lit = upper_lit
        self._lower_lit = lower_lit
        self._sight = None
        self._asked_ms = None

    def body(self):
        """Return the body of ``/api/v1/aim``, and go on sampling for a minute."""
        return self._look().body()

    def learn(self):
        """Begin to learn the pulse width; return how it stands."""
        return self._look().learn()

    def _look(self):
        """Note that someone looks; return what is made when the first one does."""
        self._asked_ms = time.ticks_ms()
        if self._sight is None:
            self._sight = on_demand.need("services.sight").Sight(
                self._metering, self._upper_lit, self._lower_lit
            )
        return self._sight

    async def run(self):
        """Sample for ever, while someone looks or something is learnt."""
        while True:
            sight = self._sight
            asked_ms = self._asked_ms
            looking = asked_ms is not None and (
                time.ticks_diff(time.ticks_ms(), asked_ms) < _LOOKING_MS
            )
            if sight is not None and (looking or sight.learning()):
                sight.sample()
                await asyncio.sleep_ms(_SAMPLE_MS)
            else:
                self._asked_ms = None
                await asyncio.sleep_ms(_IDLE_MS)
