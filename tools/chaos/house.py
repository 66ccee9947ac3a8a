"""The house: a virtual meter that plays a load, its light, and the instant of every pulse."""

from __future__ import annotations

import threading
from bisect import bisect_right

from tools.simulator.edge_server import EdgeServer
from tools.simulator.meter import VirtualMeter
from tools.simulator.profile import LoadProfile, load_profile
from tools.simulator.settings import MeterSettings

_PATIENCE_S = 0.05


class House:
    """Serves the reader's edges from a thread of its own, and knows the truth.

    `port`: where the reader connects; `now_us`: how far edges were handed out.

    Args:
        profile: the load, as `load_profile` takes it.
        from_h: where in it to begin.
    """

    def __init__(self, profile: str, from_h: float) -> None:
        self.settings = MeterSettings(profile=profile)
        load = load_profile(profile)
        minute = round(60 * from_h) % len(load.minute_powers_w)
        powers_w = load.minute_powers_w[minute:] + load.minute_powers_w[:minute]
        self._meter = VirtualMeter(self.settings, LoadProfile(load.name, powers_w))
        self._pulses_us: list[int] = []
        self._meter.on_pulse = self._pulses_us.append
        self._server = EdgeServer(self._meter, lambda event: None)
        self.port = self._server.port
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def now_us(self) -> int:
        return self._meter.now_us

    def power_off(self, duration_us: int) -> None:
        """Have the reader's next start come so much later; call it while none is connected."""
        self._server.off_us = duration_us

    def gone(self) -> bool:
        """Whether the meter has noticed that the reader is not there."""
        return not self._server.connected

    def pulses(self, t_us: int) -> int:
        """Pulses that had begun at a virtual instant."""
        return bisect_right(self._pulses_us, t_us)

    def pulses_between(self, from_us: int, to_us: int) -> int:
        """Pulses that began after `from_us`, up to `to_us`; 0 where it lies before."""
        return max(0, self.pulses(to_us) - self.pulses(from_us))

    def close(self) -> None:
        self._ended.set()
        self._thread.join(5)
        self._server.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            self._server.serve(_PATIENCE_S)
