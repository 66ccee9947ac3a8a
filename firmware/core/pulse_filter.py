"""Edges in, pulses out; every candidate that is not a pulse is counted under its reason.

A *candidate* is a stretch of light in which every dark gap is shorter than the debounce
time, so bounce merges on either edge. It is judged when a dark gap has lasted: by its lit
width, and by its start, which must lie at least the minimum interval after the start of
the last pulse. The filter never blocks itself: whatever the edges do, the next dark gap
closes the candidate and the one after is judged afresh.
"""

PENDING = 0
ACCEPTED = 1
TOO_SHORT = 2
TOO_LONG = 3
TOO_SOON = 4
FLICKER = 5
LATE = 6
INCOMPLETE = 7

# Published names, indexed by verdict.
REASONS = (
    "pending",
    "accepted",
    "too_short",
    "too_long",
    "too_soon",
    "flicker",
    "late",
    "incomplete",
)

# Verdicts on trusted timing, and those on timing that was lost.
REJECTS = (TOO_SHORT, TOO_LONG, TOO_SOON, FLICKER)
DOUBTS = (LATE, INCOMPLETE)

# Lamps on 50 and 60 Hz mains flicker at twice that: 10 and 8.3 ms. The margin takes the
# comparator's threshold wandering with the lamp's brightness.
_FLICKER_PERIOD_MIN_US = 7000
_FLICKER_PERIOD_MAX_US = 12000
# So many flashes at that period running are a lamp, and its light lasts on for a while.
_LAMP_FLASHES = 3
_LAMP_HOLD_US = 5000000
# Flashes of one lamp, where pulses hide most of them, are no further apart.
_FLASHES_APART_US = 1000000
# The lit time of a pulse without its bounce is this meter's within one part in so many.
_WIDTH_SHARE = 16
# No line noise lights longer than this.
_SPIKE_MAX_US = 1000
# After a flash that was no pulse, others are to be expected for so long.
_NOISE_HOLD_US = 5000000
# And the audit, whose memory is of pulses, may think of it for so long in a small house.
_AUDIT_HOLD_US = 300000000
# Line noise darkens the light no longer than this, and does not end it.
_DARK_SPIKE_US = 300


def interval_min_us(imp_per_kwh, fuse_a, phases=3, headroom_percent=140):
    """Return the shortest interval in us between two pulses that the main fuse admits.

    ``phases`` x ``fuse_a`` x 230 V is the nominal limit; a fuse carries 1.25 times its
    rating for hours (gG conventional non-fusing current, IEC 60269-1) and the voltage may
    stand 10 % high (EN 50160), hence the default headroom: 3 x 100 A gives 37.2 ms, and
    a limit without headroom would lose real pulses of a real overload.
    """
    power_max_w = phases * fuse_a * 230 * headroom_percent // 100
    return 3600000000000 // (imp_per_kwh * power_max_w)


class PulseFilter:
    """Judge candidates one at a time.

    Args:
        width_min_us: shortest lit time of a pulse.
        width_max_us: longest lit time of a pulse.
        debounce_us: dark gaps shorter than this are bounce.
        interval_min_us: least time between the starts of two pulses.
        stuck_us: light that lasts this long is a sensor state, not a candidate.

    Attributes:
        counts: candidates by verdict, indexed like ``REASONS``.
        edges: edge records taken in by closed candidates (not by an open one).
        mended: callbacks known to be lost in candidates that were judged all the same.
        start_us, width_us, records: of the last candidate judged.
        start_late: whether that start was read late, so that it is no time to count from.
        dark_us: when it was last known to be dark before that start.
        pulse_width_us: lit time of the last pulse accepted.
        late_judged: candidates that were judged although edges of theirs came late.
        flash_us: start of the last flash of a lamp that nothing else joined.
        train_us, train: since when how many such came in a row, the first not counted.
        lamp_us: start of the last one that another came not long before. A single one is
            none: a pulse in two pieces, between which a callback was lost, looks so.
        lit_known: whether the audit knows how long it is lit, for the caller to set.
    """

    def __init__(self, width_min_us, width_max_us, debounce_us, interval_min_us, stuck_us=2000000):
        self.width_min_us = width_min_us
        self.width_max_us = width_max_us
        self.debounce_us = debounce_us
        self.interval_min_us = interval_min_us
        self.stuck_us = stuck_us
        self.counts = [0] * len(REASONS)
        self.edges = 0
        self.mended = 0
        self.start_us = 0
        self.start_late = False
        self.dark_us = 0
        self.width_us = 0
        self.records = 0
        self.pulse_width_us = 0
        self.late_judged = 0
        self.lit_known = False
        self._open = False
        self._lit = 0
        self._late = False
        self._broken = False
        self._rise_us = None
        self._fall_us = None
        self._again_us = None
        self._before_us = None
        self._reject_us = None
        self._last_us = 0
        self._records = 0
        self._previous_us = None
        self._pulse_us = None
        self._pulse_late = False
        self._disagree = 0
        self._steady_us = 0
        self._longest_us = 0
        self._rest_us = 0
        self._body_us = 0
        self._certain_us = 0
        self._rise_late = False
        self._began_lit = False
        self._dark_us = None
        self._pulse_body_us = 0
        self._flashes = 0
        self._lamp_us = None
        # Long ago.
        self.flash_us = self.train_us = self.lamp_us = -_NOISE_HOLD_US
        self.train = 0

    def edge(self, t_us, lit, late=False):
        """Take one edge record and return the verdict it led to, or ``PENDING``.

        Args:
            t_us: monotonic time at which the interrupt callback ran.
            lit: level the callback read, 1 for light.
            late: the interpreter was blocked at that time, so ``t_us`` may lag the edge.
        """
        verdict = PENDING
        gap_us = t_us - self._last_us
        if self._open and gap_us >= self.debounce_us:
            if not self._lit:
                # The dark before a late edge may have been shorter than it looks.
                self._late = self._late or late
                verdict = self._close()
            elif lit:
                # Light twice with no dark between is either the falling edge's bounce, read
                # late, or a fall and a rise that went by unseen; the next fall tells.
                if self._again_us is not None:
                    self.counts[INCOMPLETE] += 1
                self._before_us = self._again_us
                self._again_us = t_us
                self._rest_us = 0
        elif lit and not late and self._again_us == self._last_us and gap_us < _DARK_SPIKE_US:
            # Nor were both: it was dark for less time than a callback takes to come.
            if self._before_us is not None:
                self.counts[INCOMPLETE] -= 1
            self._again_us = self._before_us
        if not self._open:
            self._begin(t_us, lit, late)
        elif self._lit or gap_us < _DARK_SPIKE_US:
            self._steady_us += gap_us
            if self._steady_us > self._longest_us:
                self._longest_us = self._steady_us
            again_us = self._again_us
            if again_us is not None and t_us > again_us:
                self._rest_us = max(self._rest_us, min(self._steady_us, t_us - again_us))
            if not late and self._lit and gap_us > self._certain_us:
                # A level is read when the callback runs, and nothing went by unseen.
                self._certain_us = gap_us
        else:
            self._steady_us = 0
        if self._open and not lit and self._records:
            self._note_body(t_us, gap_us)
        self._late = self._late or late
        self._lit = lit
        self._last_us = t_us
        self._records += 1
        self._disagree = 0
        if lit:
            if self._rise_us is None:
                self._rise_us = t_us
        else:
            self._fall_us = t_us
        return verdict

    def tick(self, now_us, lit):
        """Let time pass: close a candidate whose dark gap has lasted, or ``PENDING``.

        Args:
            now_us: monotonic time.
            lit: the pin's level now, read with no edge waiting in the ring. A level that
                contradicts the last edge twice running means that an edge was lost.
        """
        if lit != self._lit:
            self._disagree += 1
            if self._disagree < 2:
                return PENDING
            self._disagree = 0
            verdict = PENDING
            if lit:
                if self._open:
                    verdict = self._close()
                self._begin(now_us, 1)
                self._rise_us = now_us
            self._broken = True
            self._lit = lit
            self._last_us = now_us
            return verdict if lit else self._close()
        self._disagree = 0
        if not lit:
            if self._open and now_us - self._last_us >= self.debounce_us:
                return self._close()
            if not self._open:
                self._dark_us = now_us
        return PENDING

    def forbid_before(self, t_us):
        """Treat ``t_us`` as the start of a pulse that was counted without being timed."""
        if self._pulse_us is None or t_us > self._pulse_us:
            self._pulse_us = t_us
            self._pulse_late = True

    def idle(self):
        """Return True when no candidate is open: every edge so far has been judged."""
        return not self._open

    def known_us(self, now_us):
        """Return the time up to which every pulse that has started has been judged."""
        rise_us = self._rise_us
        if not self._open or rise_us is None or now_us - rise_us > self.width_max_us:
            # Light beyond the longest pulse is none, and must not hold the power up.
            return now_us
        return rise_us

    def stuck_on(self, now_us):
        """Return True when light has stood for ``stuck_us``: too much light, or a fault."""
        if not self._open or self._rise_us is None:
            return False
        # A lamp's dark gaps are no end of the light while they are shorter than bounce.
        lit = self._lit or now_us - self._last_us < self.debounce_us
        return bool(lit and now_us - self._rise_us >= self.stuck_us)

    def rejected(self):
        """Return how many candidates were no pulse, as a dict of reason to count.

        ``late`` and ``incomplete`` are not among them: there the timing is at fault, and
        the audit against the hardware count decides.
        """
        return {REASONS[i]: self.counts[i] for i in REJECTS}

    def _begin(self, t_us, lit, late=True):
        if self._dark_us is None or self._dark_us < self._last_us:
            self._dark_us = self._last_us
        self._open = True
        self._rise_late = late
        self._began_lit = bool(lit)
        self._late = False
        self._broken = False
        self._rise_us = t_us if lit else None
        self._fall_us = None if lit else t_us
        self._again_us = None
        self._before_us = None
        self._records = 0
        self._steady_us = 0
        self._longest_us = 0
        self._rest_us = 0
        self._body_us = 0
        self._certain_us = 0

    def _note_body(self, t_us, gap_us):
        """Take a fall: where light was steady, it may be that of a pulse without its bounce."""
        if not self._lit:
            # Dark twice: a spike shorter than a callback takes to come reads so as well.
            if gap_us < _DARK_SPIKE_US and self._last_us == self._fall_us:
                self._body_us = 0
        elif self._rise_us is not None and 4 * self._steady_us >= 3 * self.width_min_us:
            self._body_us = t_us - self._rise_us

    def _fits(self):
        """Return whether the light was that of this meter's pulses, which have one width."""
        return (
            self._body_us > 0
            and abs(self._body_us - self._pulse_body_us) * _WIDTH_SHARE <= self._pulse_body_us
        )

    def _close(self):
        self._open = False
        self.edges += self._records
        self.records = self._records
        verdict = self._judge()
        self.counts[verdict] += 1
        if verdict in (TOO_SHORT, FLICKER) and self._records == 2 and self.width_us > _SPIKE_MAX_US:
            self.train += 1
            if verdict == TOO_SHORT or self.flash_us != self._previous_us:
                self.train = 0
                self.train_us = self.start_us
            if self.start_us - self.flash_us <= _FLASHES_APART_US:
                self.lamp_us = self.start_us
            self.flash_us = self.start_us
        self._previous_us = self.start_us
        if verdict == FLICKER:
            self._flashes += 1
            if self._flashes >= _LAMP_FLASHES:
                self._lamp_us = self.start_us
        elif verdict not in DOUBTS:
            self._flashes = 0
        if verdict in REJECTS:
            self._reject_us = self.start_us
        return verdict

    def _judge(self):
        rise_us = self._rise_us
        fall_us = self._fall_us
        if rise_us is None:
            # Only dark was read. Two callbacks that came after the light had gone again
            # are a flash shorter than the interrupt latency; one alone lost its rise, and
            # is no pulse either where it was dark shortly before.
            self.start_us = self._last_us
            self.width_us = 0
            verdict = TOO_SHORT
            if self._broken or (self._records < 2 and not self._is_brief()):
                verdict = INCOMPLETE
        else:
            again_us = self._again_us
            # No fall at all where the beat found the dark after two rises.
            if (
                again_us is not None
                and fall_us is not None
                and fall_us - again_us >= self.debounce_us
            ):
                self.counts[INCOMPLETE] += 1
                rise_us = again_us
                self._longest_us = self._rest_us
                odd = False
            else:
                odd = bool(self._records & 1)
            self.start_us = rise_us
            self.width_us = 0 if fall_us is None else fall_us - rise_us
            verdict = INCOMPLETE if self._broken or fall_us is None else self._judge_timing()
            noisy = self._noisy(rise_us, _NOISE_HOLD_US)
            doubtful = self.lit_known or noisy
            if odd and verdict != INCOMPLETE and doubtful:
                # An edge was lost: among noise this may as well be two spikes, or the end
                # of a pulse, and where the lit time is known it tells.
                if verdict in (ACCEPTED, TOO_LONG, TOO_SOON):
                    # So may two spikes a pulse's width apart, where the dark between was lost.
                    known = self._fits() and not (self.lit_known and noisy)
                else:
                    known = self._began_lit or self._is_brief()
                if not known:
                    verdict = INCOMPLETE
            elif (
                again_us is not None
                and verdict == ACCEPTED
                and 8 * self.width_us < 7 * self._pulse_body_us
                and self._in_lamp_light()
            ):
                # Flashes whose falls were lost, up to a spike, look like a bouncing pulse,
                # but a lamp makes none shorter than it is.
                verdict = INCOMPLETE
        if self._late and verdict != INCOMPLETE:
            if not self._is_sure(verdict):
                return LATE
            verdict = ACCEPTED
            self.late_judged += 1
        if verdict == TOO_SOON and self._pulse_late:
            return LATE
        if verdict == ACCEPTED:
            self.pulse_width_us = self.width_us
            self._pulse_us = self.start_us
            self._pulse_late = self._late
            self.start_late = self._rise_late
            self.dark_us = self._dark_us or 0
            if not (self._late or self._records & 1 or self._in_lamp_light()):
                self._pulse_body_us = self._body_us
        if self._records & 1 and not self._late and verdict not in DOUBTS:
            self.mended += 1
        return verdict

    def _is_brief(self):
        """Return whether it was dark too shortly before the fall for a pulse to be missing."""
        dark_us = self._dark_us
        if self._late or dark_us is None:
            return False
        return 4 * (self._last_us - dark_us) < 3 * self.width_min_us

    def _is_sure(self, verdict):
        """Return whether a candidate with late edges is a pulse all the same.

        One rise and one fall that fit are, but for a lamp's flash whose fall came late. More
        edges may be several pulses or flashes that the block ran together, and without noise
        the hardware count tells best. Among noise it is the light itself: on when the block
        began, where a spike would have had to end within the block's first moment, or seen
        after it for longer than any spike. Where the audit knows the lit time, which tells for
        certain, it has to be seen.
        """
        lamp = self._in_lamp_light()
        noisy = self._noisy(self.start_us, _AUDIT_HOLD_US)
        doubtful = lamp or (self.lit_known and noisy)
        if verdict == ACCEPTED and self._records <= 2 and not doubtful:
            return True
        pulse_us = self._pulse_us
        close = pulse_us is not None and self.start_us - pulse_us < 2 * self.width_max_us
        if close or not noisy:
            return False
        if verdict == TOO_SHORT:
            rest_us = max(_SPIKE_MAX_US, self.width_min_us >> 1)
            return not lamp and self._certain_us >= rest_us
        steady = 4 * self._certain_us >= 3 * self.width_min_us
        return verdict == ACCEPTED and (steady or not doubtful)

    def _noisy(self, t_us, hold_us):
        return self._reject_us is not None and t_us - self._reject_us < hold_us

    def _in_lamp_light(self):
        return self._lamp_us is not None and self.start_us - self._lamp_us < _LAMP_HOLD_US

    def _judge_timing(self):
        if self.width_us > self.width_max_us:
            return TOO_LONG
        # Spikes, or flashes that a spike joins, may span a pulse's width, but no light in
        # them is as steady; a quarter is for bounce.
        if self.width_us < self.width_min_us or 4 * self._longest_us < 3 * self.width_min_us:
            previous_us = self._previous_us
            if previous_us is not None:
                period_us = self.start_us - previous_us
                if _FLICKER_PERIOD_MIN_US <= period_us <= _FLICKER_PERIOD_MAX_US:
                    return FLICKER
            return TOO_SHORT
        if self._pulse_us is not None and self.start_us - self._pulse_us < self.interval_min_us:
            return TOO_SOON
        return ACCEPTED
