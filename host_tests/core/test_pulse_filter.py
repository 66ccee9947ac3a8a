"""The pulse filter: what is a pulse, and why everything else is not."""

from core.pulse_filter import (
    ACCEPTED,
    DOUBTS,
    FLICKER,
    INCOMPLETE,
    LATE,
    PENDING,
    REASONS,
    REJECTS,
    TOO_LONG,
    TOO_SHORT,
    TOO_SOON,
    PulseFilter,
    interval_min_us,
)

MS = 1000
S = 1000000
INTERVAL = interval_min_us(1000, 100)
WIDTH_MIN = 10 * MS
WIDTH_MAX = 200 * MS
DEBOUNCE = 2500


def new_filter(**changed):
    arguments = {
        "width_min_us": WIDTH_MIN,
        "width_max_us": WIDTH_MAX,
        "debounce_us": DEBOUNCE,
        "interval_min_us": INTERVAL,
    }
    arguments.update(changed)
    return PulseFilter(**arguments)


def feed(pulse_filter, edges, late=False):
    """Take (t_us, lit) records in order; return the verdicts that were not PENDING."""
    verdicts = [pulse_filter.edge(t_us, lit, late) for t_us, lit in edges]
    return [verdict for verdict in verdicts if verdict != PENDING]


def settle(pulse_filter, now_us, lit=0):
    """Let the beat pass until everything is judged."""
    verdicts = [pulse_filter.tick(now_us + i * 50 * MS, lit) for i in range(3)]
    return [verdict for verdict in verdicts if verdict != PENDING]


def pulse(start_us, width_us=30 * MS):
    return [(start_us, 1), (start_us + width_us, 0)]


def train(start_us, period_us, count, width_us=30 * MS):
    edges = []
    for k in range(count):
        edges += pulse(start_us + k * period_us, width_us)
    return edges


def judge(edges, pulse_filter=None, late=False):
    """Return (filter, verdicts) of a sequence of edges and a dark end."""
    pulse_filter = pulse_filter or new_filter()
    verdicts = feed(pulse_filter, edges, late)
    last_us = edges[-1][0]
    return pulse_filter, verdicts + settle(pulse_filter, last_us + S)


def read_late(light, latency_us=40):
    """Return what callbacks record that read the level a little after each edge.

    ``light`` is a list of (t_us, lit) changes; the callback of each reads the level that
    holds ``latency_us`` later.
    """
    records = []
    for t_us, _ in light:
        level = 0
        for at_us, lit in light:
            if at_us <= t_us + latency_us:
                level = lit
        records.append((t_us, level))
    return records


def counts(pulse_filter):
    """Return the counts that are not zero, by reason."""
    return {REASONS[i]: n for i, n in enumerate(pulse_filter.counts) if n}


def test_a_pulse_is_accepted_with_its_start_and_width():
    pulse_filter, verdicts = judge(pulse(5 * S, 30 * MS))
    assert verdicts == [ACCEPTED]
    assert (pulse_filter.start_us, pulse_filter.width_us) == (5 * S, 30 * MS)
    assert pulse_filter.pulse_width_us == 30 * MS
    assert pulse_filter.idle()


def test_the_width_limits_are_inclusive():
    for width_us, verdict in (
        (WIDTH_MIN - 1, TOO_SHORT),
        (WIDTH_MIN, ACCEPTED),
        (WIDTH_MAX, ACCEPTED),
        (WIDTH_MAX + 1, TOO_LONG),
    ):
        assert judge(pulse(S, width_us))[1] == [verdict], width_us


def test_pulses_may_follow_at_the_minimum_interval_and_no_sooner():
    width_us = WIDTH_MIN
    assert width_us + DEBOUNCE < INTERVAL
    for period_us, second in ((INTERVAL, ACCEPTED), (INTERVAL - 1, TOO_SOON)):
        assert judge(train(S, period_us, 2, width_us))[1] == [ACCEPTED, second]


def test_the_minimum_interval_is_that_of_an_overloaded_main_fuse():
    # 3 x 100 A x 230 V = 69 kW; what the fuse carries for hours at high voltage is more.
    fastest_w = 3600 * 1000 * S // 1000 // INTERVAL
    assert 69000 * 125 // 100 * 110 // 100 <= fastest_w <= 69000 * 3 // 2
    assert interval_min_us(1000, 100) == INTERVAL
    for imp, fuse, phases in ((1, 16, 1), (640, 63, 3), (10000, 100, 3), (100000, 6, 1)):
        us = interval_min_us(imp, fuse, phases)
        # A longer fuse or a finer meter makes the interval shorter in proportion.
        assert abs(us * imp * fuse * phases - INTERVAL * 1000 * 100 * 3) <= (
            imp * fuse * phases + 1000 * 100 * 3
        )


def test_a_full_load_is_counted_to_the_pulse():
    for watt in (69000, 86000):
        pulse_filter, _ = judge(train(S, 3600 * S // watt, 200, 15 * MS))
        assert counts(pulse_filter) == {"accepted": 200}


def test_a_pulse_after_a_rejected_one_is_measured_from_the_last_accepted():
    edges = train(S, INTERVAL - 1 * MS, 3, WIDTH_MIN)
    assert judge(edges)[1] == [ACCEPTED, TOO_SOON, ACCEPTED]


def test_a_dark_gap_shorter_than_the_debounce_time_is_bounce():
    for gap_us, verdicts in ((DEBOUNCE - 1, [ACCEPTED]), (DEBOUNCE, [ACCEPTED, TOO_SOON])):
        first = pulse(S, 15 * MS)
        second = pulse(S + 15 * MS + gap_us, 15 * MS)
        assert judge(first + second)[1] == verdicts


def bouncing(start_us, width_us, steps):
    """Return the light of a pulse that bounces with the given step on both its edges."""
    light = []
    for edge_us, lit in ((start_us, 1), (start_us + width_us, 0)):
        for i, step_us in enumerate(steps):
            light.append((edge_us, lit if i % 2 == 0 else 1 - lit))
            edge_us += step_us
        if len(steps) % 2 == 0:
            light.append((edge_us, lit))
    return light


def test_bounce_on_either_edge_counts_once():
    for steps in ((30,) * 9, (200,) * 9, (1, 500, 20, 700, 3), (60, 1900), (1990,), (5, 5)):
        light = []
        for k in range(20):
            light += bouncing(S + k * 60 * MS, 25 * MS, steps)
        pulse_filter, _ = judge(light)
        assert counts(pulse_filter) == {"accepted": 20}, steps
        pulse_filter, _ = judge(read_late(light))
        assert counts(pulse_filter) == {"accepted": 20}, steps


def test_bounce_does_not_move_the_start():
    light = bouncing(S, 25 * MS, (30, 200, 500, 20, 90))
    assert judge(light)[0].start_us == S


def test_a_level_read_late_makes_no_difference_to_a_clean_pulse():
    light = train(S, 60 * MS, 50)
    assert read_late(light) == light
    light = train(S, 60 * MS, 50, WIDTH_MIN)
    assert counts(judge(read_late(light, 5 * MS))[0]) == {"accepted": 50}


def test_a_flash_shorter_than_the_latency_is_too_short():
    # Both callbacks read dark: the light had gone when they ran.
    light = [(S, 1), (S + 20, 0)]
    assert read_late(light) == [(S, 0), (S + 20, 0)]
    assert judge(read_late(light))[1] == [TOO_SHORT]


def test_spikes_are_too_short():
    for width_us in (1, 5, 50, 200, 5 * MS):
        light = train(S, 777 * MS, 20, width_us)
        for edges in (light, read_late(light)):
            pulse_filter, verdicts = judge(edges)
            assert verdicts == [TOO_SHORT] * 20, width_us
            assert pulse_filter.counts[ACCEPTED] == 0


def test_spikes_between_pulses_change_no_count():
    edges = []
    for k in range(30):
        edges += pulse(S + k * 100 * MS)
        edges += pulse(S + k * 100 * MS + 60 * MS, 100)
    pulse_filter, _ = judge(edges)
    assert counts(pulse_filter) == {"accepted": 30, "too_short": 30}


def test_lamp_flicker_is_no_pulse_and_is_named():
    for hertz in (100, 120):
        period_us = S // hertz
        for lit_us in (period_us // 10, period_us // 3, period_us // 2, period_us * 7 // 10):
            pulse_filter, _ = judge(train(S, period_us, 500, lit_us))
            # The first has none before it to be periodic with.
            assert counts(pulse_filter) == {"too_short": 1, "flicker": 499}, (hertz, lit_us)


def test_lamp_flicker_with_hardly_any_dark_is_steady_light():
    for hertz in (100, 120):
        period_us = S // hertz
        edges = train(S, period_us, 500, period_us - DEBOUNCE + 1)
        pulse_filter = new_filter()
        assert feed(pulse_filter, edges) == []
        # Seen in the dark gap as well as in the light.
        assert pulse_filter.stuck_on(edges[-1][0] + 1)
        assert not pulse_filter.stuck_on(edges[-1][0] + DEBOUNCE)
        assert settle(pulse_filter, edges[-1][0] + S) == [TOO_LONG]


def test_pulses_are_counted_through_lamp_flicker():
    """A pulse that bridges the lamp's dark gaps still has the width of a pulse."""
    period_us = 10 * MS
    for lit_us in (1 * MS, 3 * MS, 5 * MS):
        changes = []
        pulses = 40
        end_us = (pulses + 1) * 333 * MS
        for k in range(end_us // period_us):
            changes += [(k * period_us, 1), (k * period_us + lit_us, -1)]
        for k in range(pulses):
            changes += [(k * 333 * MS + 100 * MS, 1), (k * 333 * MS + 130 * MS, -1)]
        edges = []
        sources = 0
        for t_us, change in sorted(changes):
            before = sources > 0
            sources += change
            if before != (sources > 0):
                if edges and edges[-1][0] == t_us:
                    edges.pop()
                else:
                    edges.append((t_us, int(sources > 0)))
        pulse_filter, _ = judge(edges)
        assert pulse_filter.counts[ACCEPTED] == pulses, lit_us
        assert pulse_filter.counts[TOO_LONG] == 0


def test_light_that_stands_is_stuck_on_and_then_too_long():
    pulse_filter = new_filter(stuck_us=2 * S)
    pulse_filter.edge(S, 1)
    assert not pulse_filter.stuck_on(S + 2 * S - 1)
    assert pulse_filter.stuck_on(S + 2 * S)
    for i in range(100):
        assert pulse_filter.tick(4 * S + i * 50 * MS, 1) == PENDING
    assert pulse_filter.edge(20 * S, 0) == PENDING
    assert settle(pulse_filter, 21 * S) == [TOO_LONG]
    assert not pulse_filter.stuck_on(22 * S)


def test_pulses_count_again_right_after_stuck_light():
    edges = pulse(S, 30 * S) + train(40 * S, 100 * MS, 20)
    assert counts(judge(edges)[0]) == {"accepted": 20, "too_long": 1}


def test_a_rise_without_its_fall_costs_that_pulse_only():
    edges = train(S, 200 * MS, 10)
    assert edges.pop(7) == (S + 3 * 200 * MS + 30 * MS, 0)
    pulse_filter, _ = judge(edges)
    assert counts(pulse_filter) == {"accepted": 9, "incomplete": 1}


def test_a_fall_without_its_rise_costs_that_pulse_only():
    edges = train(S, 200 * MS, 10)
    assert edges.pop(6) == (S + 3 * 200 * MS, 1)
    pulse_filter, _ = judge(edges)
    assert counts(pulse_filter) == {"accepted": 9, "incomplete": 1}


def test_a_whole_pulse_lost_costs_that_pulse_only():
    edges = train(S, 200 * MS, 10)
    pulse_filter, _ = judge(edges[:6] + edges[8:])
    assert counts(pulse_filter) == {"accepted": 9}


def test_a_fall_and_the_next_rise_lost_cost_no_more_than_two_pulses():
    edges = train(S, 200 * MS, 10)
    pulse_filter, _ = judge(edges[:7] + edges[9:])
    assert pulse_filter.counts[ACCEPTED] >= 8
    assert sum(pulse_filter.counts) - pulse_filter.counts[ACCEPTED] >= 1


def test_the_beat_finds_a_lost_fall():
    pulse_filter = new_filter()
    pulse_filter.edge(S, 1)
    # One beat may have met the light in the same instant; two agree.
    assert pulse_filter.tick(S + 50 * MS, 0) == PENDING
    assert pulse_filter.tick(S + 100 * MS, 0) == INCOMPLETE
    assert pulse_filter.idle()
    assert feed(pulse_filter, pulse(2 * S)) + settle(pulse_filter, 3 * S) == [ACCEPTED]


def test_the_beat_finds_a_lost_fall_after_two_rises():
    pulse_filter = new_filter()
    feed(pulse_filter, [(S, 1), (S + 100 * MS, 1)])
    assert settle(pulse_filter, S + 200 * MS) == [INCOMPLETE]
    assert feed(pulse_filter, pulse(2 * S)) + settle(pulse_filter, 3 * S) == [ACCEPTED]


def test_the_beat_finds_a_lost_rise():
    pulse_filter = new_filter()
    assert pulse_filter.tick(S, 1) == PENDING
    assert pulse_filter.tick(S + 50 * MS, 1) == PENDING
    assert not pulse_filter.idle()
    pulse_filter.edge(S + 60 * MS, 0)
    assert settle(pulse_filter, 2 * S) == [INCOMPLETE]
    assert feed(pulse_filter, pulse(3 * S)) + settle(pulse_filter, 4 * S) == [ACCEPTED]


def test_one_beat_that_contradicts_the_edges_changes_nothing():
    pulse_filter = new_filter()
    pulse_filter.edge(S, 1)
    pulse_filter.tick(S + 1 * MS, 0)
    pulse_filter.tick(S + 2 * MS, 1)
    pulse_filter.tick(S + 3 * MS, 0)
    pulse_filter.edge(S + 30 * MS, 0)
    assert settle(pulse_filter, 2 * S) == [ACCEPTED]


def test_the_beat_closes_a_pulse_once_its_dark_has_lasted():
    pulse_filter = new_filter()
    feed(pulse_filter, pulse(S, 30 * MS))
    end_us = S + 30 * MS
    assert pulse_filter.tick(end_us + DEBOUNCE - 1, 0) == PENDING
    assert not pulse_filter.idle()
    assert pulse_filter.tick(end_us + DEBOUNCE, 0) == ACCEPTED
    assert pulse_filter.idle()


def test_a_beat_at_any_moment_changes_no_count():
    for step_us in (1 * MS, 7 * MS, 47 * MS):
        pulse_filter = new_filter()
        edges = train(S, 100 * MS, 20)
        now_us = S
        lit = 0
        for t_us, level in edges:
            while now_us < t_us:
                pulse_filter.tick(now_us, lit)
                now_us += step_us
            pulse_filter.edge(t_us, level)
            lit = level
        settle(pulse_filter, now_us + S)
        assert counts(pulse_filter) == {"accepted": 20}


def test_a_late_pulse_that_fits_is_a_pulse():
    _pulse_filter, verdicts = judge(pulse(S), late=True)
    assert verdicts == [ACCEPTED]


def test_late_edges_that_do_not_fit_are_left_to_the_audit():
    for edges in (
        pulse(S, 100),  # both callbacks ran when the block ended
        pulse(S, 900 * MS),
        pulse(S, 15 * MS) + pulse(S + 16 * MS, 15 * MS),
    ):
        assert judge(edges, late=True)[1] == [LATE]


def test_a_pulse_too_soon_after_a_late_one_is_left_to_the_audit():
    pulse_filter = new_filter()
    feed(pulse_filter, pulse(S), late=True)
    edges = pulse(S + INTERVAL - 1, 15 * MS)
    assert feed(pulse_filter, edges) + settle(pulse_filter, 2 * S) == [ACCEPTED, LATE]


def test_a_pulse_that_the_audit_counted_forbids_one_too_soon_after_it():
    pulse_filter = new_filter()
    pulse_filter.forbid_before(S)
    assert judge(pulse(S + INTERVAL - 1, 15 * MS), pulse_filter)[1] == [LATE]
    pulse_filter = new_filter()
    pulse_filter.forbid_before(S)
    # An earlier time does not take the later one's place.
    pulse_filter.forbid_before(S // 2)
    assert judge(pulse(S + INTERVAL - 1, 15 * MS), pulse_filter)[1] == [LATE]
    pulse_filter = new_filter()
    pulse_filter.forbid_before(S)
    assert judge(pulse(S + INTERVAL, 15 * MS), pulse_filter)[1] == [ACCEPTED]


def test_every_candidate_is_counted_under_one_reason():
    edges = pulse(S) + pulse(S + 35 * MS, 100) + pulse(2 * S, 15 * MS)
    edges += pulse(2 * S + 30 * MS, 15 * MS) + pulse(3 * S, 300 * MS) + [(4 * S, 0)]
    pulse_filter, verdicts = judge(edges)
    assert verdicts == [ACCEPTED, TOO_SHORT, ACCEPTED, TOO_SOON, TOO_LONG, INCOMPLETE]
    assert sum(pulse_filter.counts) == len(verdicts)
    assert pulse_filter.rejected() == {"too_short": 1, "too_long": 1, "too_soon": 1, "flicker": 0}


def test_every_verdict_has_a_name_and_a_place():
    assert len(REASONS) == len(set(REASONS))
    assert sorted(REJECTS + DOUBTS + (PENDING, ACCEPTED)) == list(range(len(REASONS)))
    assert REASONS[FLICKER] == "flicker"


def test_all_edges_are_accounted_for():
    edges = train(S, 100 * MS, 10) + train(3 * S, 10 * MS, 50, 4 * MS)
    assert judge(edges)[0].edges == len(edges)


def test_no_train_however_fast_counts_faster_than_the_minimum_interval():
    for period_us in (13 * MS, 14 * MS, 20 * MS, 36 * MS):
        for width_us in (10 * MS, period_us - DEBOUNCE):
            edges = train(S, period_us, 1000, width_us)
            pulse_filter, _ = judge(edges)
            accepted = pulse_filter.counts[ACCEPTED]
            assert 0 < accepted <= 1 + (edges[-1][0] - S) // INTERVAL, (period_us, width_us)
