"""Active power from the intervals between pulses, and what is known between them.

At time t after the last pulse the load cannot have averaged more than one pulse per t, so
the value falls with that bound as soon as physics allows instead of standing until a
time-out. Integers throughout: milliwatts inside.
"""

MEASURED = "measured"
BOUNDED = "bounded"
STALE = "stale"

# A jump up this steep is held until a second interval agrees, which costs at most this
# long: one spurious pulse between two real ones then never shows as a spike.
_CONFIRM_INTERVAL_US = 1000000
_CONFIRM_RATIO = 2
# One spurious pulse makes two intervals short, so a value above the fuse takes three.
_OVER_FUSE_INTERVALS = 3


class PowerMeter:
    """Turn pulse times into power, its age and its quality.

    Args:
        imp_per_kwh: meter constant.
        power_max_w: what the main fuse admits; a value above it takes three intervals
            running, fewer read as this.
        silence_us: without a pulse for so long the power reads 0.
    """

    def __init__(self, imp_per_kwh, power_max_w, silence_us):
        # 3.6e6 J/kWh over imp/kWh is the energy of a pulse; x 1e9 for mW over us.
        self._pulse_mw_us = 3600000000000000 // imp_per_kwh
        self._max_mw = power_max_w * 1000
        self._silence_us = silence_us
        self._last_us = None
        self._previous_us = None
        self._missed = 0
        self._missed_us = None
        self._spread_over = 0
        self._mean_mw = None
        self._spread = False
        self._over = 0
        self._jump_mw = None
        self._jump_until_us = 0

    def pulse(self, t_us):
        """Take a pulse that started at monotonic ``t_us``."""
        last_us = self._last_us
        if last_us is None:
            self._last_us = t_us
            self._missed = 0
            return
        elapsed_us = t_us - last_us
        if elapsed_us <= 0:
            return
        mean_mw = self._pulse_mw_us * (self._missed + 1) // elapsed_us
        self._spread = self._missed > 0 or elapsed_us > self._silence_us
        self._previous_us = last_us
        self._last_us = t_us
        self._spread_over = self._missed
        self._missed = 0
        self._over = self._over + 1 if mean_mw > self._max_mw else 0
        limited = self._over < _OVER_FUSE_INTERVALS
        steep = elapsed_us < _CONFIRM_INTERVAL_US and (
            self._mean_mw is None or mean_mw > _CONFIRM_RATIO * self._mean_mw
        )
        if steep:
            # Here too and not only in read(): what is shown must not depend on who looked.
            jump_mw = self._jump_mw if t_us <= self._jump_until_us else None
            agrees = jump_mw is not None and (
                mean_mw * _CONFIRM_RATIO >= jump_mw and jump_mw * _CONFIRM_RATIO >= mean_mw
            )
            if not agrees:
                self._jump_mw = mean_mw
                self._jump_until_us = t_us + elapsed_us + (elapsed_us >> 2)
                return
        self._mean_mw = min(mean_mw, self._max_mw) if limited else mean_mw
        self._jump_mw = None

    def missed(self, pulses, now_us=None, by_us=None):
        """Spread ``pulses`` that were counted without a time over the interval they fell in.

        ``by_us``: monotonic time by which they had all begun, where that is known. The interval
        is the one since the last pulse, or, when at ``now_us`` the one before is the
        longer, that one: a pulse may have ended the gap before the audit found it.
        """
        last_us = self._last_us
        previous_us = self._previous_us
        if now_us is None or previous_us is None or now_us - last_us > last_us - previous_us:
            before_us = self._missed_us if self._missed else last_us
            known = by_us is not None and before_us is not None
            self._missed_us = max(by_us, before_us) if known else None
            self._missed += pulses
            return
        self._spread_over += pulses
        self._mean_mw = min(
            self._pulse_mw_us * (self._spread_over + 1) // (last_us - previous_us), self._max_mw
        )
        self._spread = True

    def read(self, now_us, known_us=None):
        """Return (power_mw or None, age_us or None, quality) at monotonic ``now_us``.

        Up to ``known_us``, by default now, every pulse that has started is known. A pulse
        is known only some time after its light went out, and at 43 kW the bound would fall
        noticeably in that time.

        ``measured``: the interval's mean; ``bounded``: the most that the time since the
        last pulse still admits; ``stale``: silence, 0, or None while nothing is known.
        """
        last_us = self._last_us
        if last_us is None:
            return None, None, STALE
        age_us = max(0, now_us - last_us)
        if age_us > self._silence_us:
            return 0, age_us, STALE
        if self._jump_mw is not None and now_us > self._jump_until_us:
            # No second pulse where a steady load would have sent one: not a load.
            self._jump_mw = None
        mean_mw = self._mean_mw
        if mean_mw is None:
            return None, age_us, STALE
        quiet_us = age_us if known_us is None else known_us - last_us
        if quiet_us > 0:
            bound_mw = self._pulse_mw_us * (self._missed + 1) // quiet_us
            by_us = self._missed_us
            if self._missed and by_us is not None and quiet_us > by_us - last_us:
                # Nor has one come since the last of those missed.
                bound_mw = min(bound_mw, self._pulse_mw_us // (quiet_us - by_us + last_us))
            if bound_mw < mean_mw:
                return bound_mw, age_us, BOUNDED
        return mean_mw, age_us, BOUNDED if self._spread else MEASURED
