"""Is the power on? Lower LED, pulses and an optional mains-sense input tell four states.

The lower LED is lit while the meter's own breaker is open: the installation is dead, the
meter lives. Utilities with meters of this family light it for some seconds after opening
and then let it blink when the customer may reconnect, or stand when only the utility may.
A dark gap of a few seconds is therefore still an open breaker.
"""

LIVE = "live"
IDLE = "idle"
BREAKER_OPEN = "breaker_open"
SUPPLY_LOST = "supply_lost"
UNKNOWN = "unknown"
STATES = (UNKNOWN, LIVE, IDLE, BREAKER_OPEN, SUPPLY_LOST)

OPEN = "open"
CLOSED = "closed"

CUSTOMER = "customer"
UTILITY = "utility"
HINTS = (UNKNOWN, CUSTOMER, UTILITY)

UPPER_STUCK_ON = "upper_stuck_on"
UPPER_STUCK_OFF = "upper_stuck_off"
LOWER_STUCK_ON = "lower_stuck_on"
LOWER_FLICKER = "lower_flicker"
MAINS_SENSE = "mains_sense"
FAULTS = ("none", UPPER_STUCK_ON, UPPER_STUCK_OFF, LOWER_STUCK_ON, LOWER_FLICKER, MAINS_SENSE)

# Pulses under a lit breaker LED, or without mains, that prove the other sensor wrong. Two
# may still have been on their way; three are a load.
_CONTRADICTING_PULSES = 3
# Pulses counted this soon after the LED lit or the mains went belong to the time before: a
# blocked interpreter counts them late.
_PULSES_LATE_US = 500000
_BLINKS_TO_OPEN = 3
_BLINKS_TO_HINT = 2


class Supply:
    """Decide the state of supply from samples taken every few ten ms.

    Args:
        open_hold_us: the lower LED must stand lit this long to mean an open breaker.
        close_hold_us: it must stay dark this long to mean a closed one; longer than the
            dark phase of its blinking.
        steady_us: lit without a gap for this long means that only the utility reconnects.
        idle_us: no pulse for this long is idle.
        lost_hold_us: mains must be absent this long to mean a lost supply.
        stuck_off_us: no pulse for this long with mains present suggests a sensor that has
            come loose; 0 never suggests it.
    """

    def __init__(
        self,
        open_hold_us=1500000,
        close_hold_us=6000000,
        steady_us=30000000,
        idle_us=3600000000,
        lost_hold_us=2000000,
        stuck_off_us=86400000000,
    ):
        self._open_hold_us = open_hold_us
        self._close_hold_us = close_hold_us
        self._steady_us = steady_us
        self._idle_us = idle_us
        self._lost_hold_us = lost_hold_us
        self._stuck_off_us = stuck_off_us
        self._began_us = None
        self._pulses = 0
        self._pulse_us = None
        # Lower LED: level taken as true, since when, and its completed lit phases.
        self._lit = False
        self._phase_us = None
        self._blinks = 0
        self._pulses_while_lit = 0
        self._pulses_while_dark = 0
        self._flicker_us = None
        self._mains_gone_us = None
        self._mains_held = False
        self._pulses_without_mains = 0
        self._breaker_open = False
        self.state = UNKNOWN
        self.since_us = 0
        self.breaker = UNKNOWN
        self.reconnect = UNKNOWN
        self.fault = None

    def sample(self, now_us, pulses, lower_lit, lower_edges=0, mains=None, upper_stuck=False):
        """Take one sample and return True when ``state``, ``fault`` or ``reconnect`` changed.

        Args:
            now_us: monotonic time.
            pulses: pulses counted so far.
            lower_lit: light on the lower LED's sensor now.
            lower_edges: its edges since the last sample; several are lamp flicker, in
                which the momentary level means nothing.
            mains: mains-sense input, or None where there is none.
            upper_stuck: the upper sensor stands in steady light.
        """
        if self._began_us is None:
            self._began_us = now_us
            self._pulses = pulses
            self._phase_us = now_us
        fresh = pulses - self._pulses
        self._pulses = pulses
        if fresh > 0:
            self._pulse_us = now_us
        hint = self.reconnect
        self._watch_lower(now_us, lower_lit, lower_edges, fresh)
        self._watch_mains(now_us, mains, fresh)
        fault = self._find_fault(now_us, mains, upper_stuck)
        state = self._find_state(now_us, mains)
        changed = state != self.state or fault != self.fault or hint != self.reconnect
        if state != self.state:
            self.since_us = now_us
        self.state = state
        self.fault = fault
        return changed

    def _watch_lower(self, now_us, lit, edges, fresh):
        if edges > 2:
            if self._flicker_us is None:
                self._flicker_us = now_us
                self._pulses_while_dark = 0
            # What the light hides, consumption still proves.
            self._pulses_while_dark += fresh
            if self._pulses_while_dark >= _CONTRADICTING_PULSES:
                self._close()
            self._hint(0)
            return
        if self._flicker_us is not None:
            # Nothing is known of the level in between: its time begins anew.
            self._flicker_us = None
            self._phase_us = now_us
        if lit != self._lit:
            if not lit:
                self._blinks += 1
            self._lit = lit
            self._phase_us = now_us
            self._pulses_while_dark = 0
        phase_us = now_us - self._phase_us
        if not lit:
            self._pulses_while_dark += fresh
        elif phase_us >= _PULSES_LATE_US:
            self._pulses_while_lit += fresh
        if lit:
            if phase_us >= self._open_hold_us or self._blinks >= _BLINKS_TO_OPEN:
                if not self._breaker_open:
                    self._blinks = 0
                self._breaker_open = True
        else:
            # Consumption proves the breaker closed at once; darkness takes its time.
            consuming = self._pulses_while_dark >= 2
            if phase_us >= self._close_hold_us or consuming:
                self._close()
        self._hint(phase_us)

    def _close(self):
        self._breaker_open = False
        self._blinks = 0
        self._pulses_while_lit = 0

    def _hint(self, phase_us):
        if not self._breaker_open:
            self.reconnect = UNKNOWN
        elif self._blinks >= _BLINKS_TO_HINT:
            self.reconnect = CUSTOMER
            if self._lit and phase_us >= self._steady_us:
                self._blinks = 0
        elif self._lit and phase_us >= self._steady_us:
            self.reconnect = UTILITY

    def _watch_mains(self, now_us, mains, fresh):
        if mains is False:
            if self._mains_gone_us is None:
                self._mains_gone_us = now_us
                self._pulses_without_mains = 0
            gone_us = now_us - self._mains_gone_us
            if gone_us >= _PULSES_LATE_US:
                self._pulses_without_mains += fresh
            if gone_us >= self._lost_hold_us:
                self._mains_held = False
        else:
            self._mains_gone_us = None
            self._pulses_without_mains = 0
            self._mains_held = mains is True

    def _find_fault(self, now_us, mains, upper_stuck):
        if upper_stuck:
            return UPPER_STUCK_ON
        if self._pulses_while_lit >= _CONTRADICTING_PULSES:
            return LOWER_STUCK_ON
        if self._pulses_without_mains >= _CONTRADICTING_PULSES:
            return MAINS_SENSE
        if self._flicker_us is not None and now_us - self._flicker_us > 10000000:
            return LOWER_FLICKER
        if self._stuck_off_us and mains and not self._breaker_open:
            quiet_us = now_us - (self._began_us if self._pulse_us is None else self._pulse_us)
            if quiet_us >= self._stuck_off_us:
                return UPPER_STUCK_OFF
        return None

    def _find_state(self, now_us, mains):
        contradicted = self._pulses_while_lit >= _CONTRADICTING_PULSES
        is_open = self._breaker_open and not contradicted
        last_us = self._began_us if self._pulse_us is None else self._pulse_us
        quiet = now_us - last_us >= self._idle_us
        lost = (
            self._mains_gone_us is not None
            and now_us - self._mains_gone_us >= self._lost_hold_us
            and self._pulses_without_mains < _CONTRADICTING_PULSES
        )
        # An open breaker's LED blinks: its dark phases are no loss, whatever the mains say.
        if lost and not is_open and (contradicted or not self._lit):
            # A dark meter cannot show its breaker.
            self.breaker = UNKNOWN
            return SUPPLY_LOST
        if is_open:
            self.breaker = OPEN
            return BREAKER_OPEN
        pulsing = self._pulse_us is not None and not quiet
        if pulsing or self._mains_held:
            # A sensor that contradicts the pulses says nothing of the breaker.
            self.breaker = UNKNOWN if contradicted else CLOSED
            return IDLE if quiet else LIVE
        self.breaker = UNKNOWN
        return UNKNOWN
