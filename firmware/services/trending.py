"""Keep the power of the last two hours for the page's chart."""

import asyncio

_SAMPLE_MS = 2000


class Trending:
    """Samples the power every 2 s.

    Args:
        trend: ``core.trend.Trend``.
        metering: ``services.metering.Metering``.
    """

    def __init__(self, trend, metering):
        self._trend = trend
        self._metering = metering

    async def run(self):
        """Sample for ever."""
        while True:
            await asyncio.sleep_ms(_SAMPLE_MS)
            shot = self._metering.snapshot()
            self._trend.sample(shot.uptime_ms // 1000, shot.power_mw)

    def body(self):
        """Return the body of ``/api/v1/trend``: means in W, oldest first."""
        now_s = self._metering.uptime_s()
        trend = self._trend
        return {
            "slot_s": trend.slot_s,
            "age_s": trend.age_s(now_s),
            "power_w": trend.power_w(),
        }
