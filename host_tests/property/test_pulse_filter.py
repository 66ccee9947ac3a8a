"""Any bounce is counted exactly; no sequence of edges counts too fast or stops the counting."""

from itertools import chain, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from core import config
from core.edge_ring import EdgeRing
from core.meter import Meter
from core.pulse_filter import ACCEPTED, PulseFilter, interval_min_us
from core.ticks import MonotonicClock

MS = 1000
S = 1_000_000
PERIOD = 1 << 30
BEAT = 47 * MS
BOUNCE_MAX = 2 * MS
DEBOUNCE = 2500
WIDTH_MIN, WIDTH_MAX = 10 * MS, 200 * MS
INTERVAL = interval_min_us(1000, 100)


def new_filter():
    return PulseFilter(WIDTH_MIN, WIDTH_MAX, DEBOUNCE, INTERVAL)


# Times of an even number of further transitions after the first, within 2 ms of it.
bounces = st.lists(
    st.one_of(st.integers(1, 100), st.integers(1, BOUNCE_MAX)), max_size=8, unique=True
).map(lambda times: sorted(times)[: len(times) // 2 * 2])

# (dark before, width, bounce of the rise, bounce of the fall); the 2 ms that bounce may take
# from either are on top of what the filter needs.
pulses = st.tuples(
    st.one_of(
        st.integers(DEBOUNCE + 2 * BOUNCE_MAX, 60 * MS), st.integers(DEBOUNCE + 2 * BOUNCE_MAX, S)
    ),
    st.integers(WIDTH_MIN + BOUNCE_MAX, WIDTH_MAX - BOUNCE_MAX),
    bounces,
    bounces,
)


def light_of(train):
    """Return the light's true changes as (t_us, lit) for a list of pulses."""
    light = []
    start_us = previous_us = S
    for dark_us, width_us, rise_bounce, fall_bounce in train:
        start_us = max(start_us + dark_us, previous_us + INTERVAL + BOUNCE_MAX)
        previous_us = start_us
        for edge_us, lit, bounce in (
            (start_us, 1, rise_bounce),
            (start_us + width_us, 0, fall_bounce),
        ):
            light.append((edge_us, lit))
            for i, offset_us in enumerate(bounce):
                light.append((edge_us + offset_us, lit ^ (i % 2 == 0)))
        start_us += width_us
    return light


def records_of(light, latency_us):
    """Return what callbacks record that read the level ``latency_us`` after their edge."""
    records = []
    for i, (t_us, lit) in enumerate(light):
        level = lit
        for later_us, later_lit in light[i + 1 :]:
            if later_us > t_us + latency_us:
                break
            level = later_lit
        records.append((t_us, int(level)))
    return records


def level_at(light, t_us):
    level = 0
    for at_us, lit in light:
        if at_us > t_us:
            break
        level = lit
    return level


@given(
    st.lists(pulses, min_size=1, max_size=25),
    st.sampled_from([0, 40, 200]),
    st.one_of(st.none(), st.integers(1 * MS, 100 * MS)),
)
def test_any_bounce_up_to_2_ms_is_counted_exactly(train, latency_us, beat_us):
    light = light_of(train)
    pulse_filter = new_filter()
    now_us = S
    for t_us, lit in records_of(light, latency_us):
        while beat_us and now_us < t_us:
            pulse_filter.tick(now_us, level_at(light, now_us))
            now_us += beat_us
        pulse_filter.edge(t_us, lit)
    for k in range(1, 4):
        pulse_filter.tick(light[-1][0] + k * S, 0)
    assert pulse_filter.counts[ACCEPTED] == len(train)
    assert sum(pulse_filter.counts) == len(train)


gaps = st.one_of(
    st.integers(0, 5 * MS),
    st.sampled_from([DEBOUNCE - 1, DEBOUNCE, WIDTH_MIN, WIDTH_MAX, INTERVAL - 1, INTERVAL]),
    st.integers(0, 60 * MS),
    st.integers(0, 3 * S),
)
levels = st.integers(0, 1)
edges = st.tuples(st.just("edge"), gaps, levels, st.booleans())
ticks = st.tuples(st.just("tick"), gaps, levels, st.booleans())
# As a load's pulses look, now and then, so that the sequence does count.
real = st.tuples(
    st.integers(DEBOUNCE, 60 * MS), st.integers(WIDTH_MIN, 30 * MS), st.booleans()
).map(lambda a: [("edge", a[0], 1, a[2]), ("edge", a[1], 0, a[2])])
noise = st.lists(
    st.one_of(edges.map(lambda a: [a]), ticks.map(lambda a: [a]), real), max_size=60
).map(lambda parts: list(chain.from_iterable(parts)))


def play(pulse_filter, actions, now_us):
    """Play any actions; return (time, starts of the pulses accepted)."""
    starts = []
    for action, gap_us, lit, late in actions:
        now_us += gap_us
        if action == "edge":
            verdict = pulse_filter.edge(now_us, lit, late)
        else:
            verdict = pulse_filter.tick(now_us, lit)
        if verdict == ACCEPTED:
            starts.append(pulse_filter.start_us)
    return now_us, starts


@given(noise)
@settings(max_examples=400)
def test_no_sequence_counts_faster_than_the_minimum_interval(actions):
    pulse_filter = new_filter()
    _, starts = play(pulse_filter, actions, S)
    assert all(b - a >= INTERVAL for a, b in pairwise(starts))
    assert pulse_filter.counts[ACCEPTED] == len(starts)


@given(st.lists(st.tuples(st.integers(0, 10 * S), levels, st.booleans()), max_size=80))
def test_not_even_times_that_run_backward_count_faster(records):
    pulse_filter = new_filter()
    starts = []
    for t_us, lit, late in records:
        if pulse_filter.edge(t_us, lit, late) == ACCEPTED:
            starts.append(pulse_filter.start_us)
    assert all(b - a >= INTERVAL for a, b in pairwise(starts))


def clean_train(start_us, count, period_us=100 * MS):
    actions = []
    for k in range(count):
        actions.append((start_us + k * period_us, 1))
        actions.append((start_us + k * period_us + 30 * MS, 0))
    return actions


@given(noise, st.integers(1, 20))
def test_no_sequence_stops_a_clean_train_from_being_counted(actions, count):
    pulse_filter = new_filter()
    now_us, _ = play(pulse_filter, actions, S)
    # The dark of a second, with its beats, is all it takes.
    for k in range(1, 20):
        pulse_filter.tick(now_us + k * 50 * MS, 0)
    before = pulse_filter.counts[ACCEPTED]
    for t_us, lit in clean_train(now_us + S, count):
        pulse_filter.edge(t_us, lit)
    pulse_filter.tick(now_us + S + count * 100 * MS, 0)
    assert pulse_filter.counts[ACCEPTED] - before == count


@given(noise, st.integers(2, 20))
def test_without_any_beat_one_pulse_is_lost_at_most(actions, count):
    pulse_filter = new_filter()
    now_us, _ = play(pulse_filter, actions, S)
    before = pulse_filter.counts[ACCEPTED]
    # One dark beat at the end closes the last; the noise's own last candidate may be one too.
    for t_us, lit in clean_train(now_us + S, count):
        pulse_filter.edge(t_us, lit)
    pulse_filter.tick(now_us + S + count * 100 * MS, 0)
    assert count - 1 <= pulse_filter.counts[ACCEPTED] - before <= count + 1


class Rig:
    """A ``Meter`` fed with any edges, levels, hardware counts and blocks."""

    def __init__(self, hardware, boot_us):
        self.true_us = boot_us
        self.boot_us = boot_us
        self.clock = MonotonicClock(*self._ticks())
        self.ring = EdgeRing(64)
        self.meter = Meter(config.defaults(), self.ring, self.clock, hardware)
        self.hardware = hardware
        self.rises = 0
        self.ticks = None

    def _ticks(self):
        return self.true_us % PERIOD, self.true_us // 1000 % PERIOD

    def edge(self, gap_us, lit, late):
        self.true_us += gap_us
        since = self.ring.head()
        self.ring.push(self.true_us % PERIOD, lit)
        if late:
            self.ring.mark_late(since)

    def beat(self, gap_us, lit):
        self.true_us += gap_us
        now_us = self.clock.update(*self._ticks())
        self.meter.drain()
        self.meter.tick(now_us, lit)
        if self.meter.settled():
            rises = self.rises if self.hardware else None
            self.meter.audit(now_us, rises, self.ticks)

    def within_the_limit(self):
        elapsed_us = self.true_us - self.boot_us
        return self.meter.register.total <= 1 + elapsed_us // INTERVAL


rig_actions = st.lists(
    st.one_of(
        edges.map(lambda a: [a]),
        ticks.map(lambda a: [a]),
        real,
        st.tuples(st.just("rises"), st.integers(-3, 200)).map(lambda a: [a]),
        st.tuples(st.just("lost"), st.integers(1, 6)).map(lambda a: [a]),
        st.tuples(st.just("ticks"), st.none() | st.integers(0, 40000)).map(lambda a: [a]),
    ),
    max_size=60,
).map(lambda parts: list(chain.from_iterable(parts)))


def play_rig(rig, actions):
    for action in actions:
        if action[0] == "edge":
            if action[2]:
                rig.rises += 1
            rig.edge(*action[1:])
        elif action[0] == "tick":
            rig.beat(action[1], action[2])
        elif action[0] == "ticks":
            rig.ticks = action[1]
        else:
            rig.rises += action[1]
        assert rig.within_the_limit(), action


@given(rig_actions, st.booleans(), st.sampled_from([0, PERIOD - S, PERIOD - 100 * MS]))
@settings(max_examples=500)
def test_no_edges_and_no_hardware_count_register_faster_than_the_fuse_admits(
    actions, hardware, boot_us
):
    rig = Rig(hardware, boot_us)
    play_rig(rig, actions)
    for _ in range(5):
        rig.beat(BEAT, 0)
    assert rig.within_the_limit()


# What one period of a full load may look like to the handler and the counter.
slots = st.lists(
    st.one_of(
        st.just("seen"),
        st.sampled_from(["seen", "unseen", "spike", "unseen spike", "half", "late", "nothing"]),
    ),
    max_size=80,
)


@given(slots, st.integers(0, 3 * MS), st.integers(1, 4))
@settings(max_examples=500)
def test_no_mix_of_lost_pulses_and_noise_at_full_load_counts_too_fast(kinds, slack_us, every):
    rig = Rig(True, 0)
    rig.beat(S, 0)
    first_us = rig.true_us
    for i, kind in enumerate(kinds):
        start_us = rig.true_us
        if kind != "nothing":
            rig.rises += 1
        if kind in ("seen", "half", "late"):
            rig.edge(0, 1, kind == "late")
        if kind == "spike":
            rig.edge(0, 1, False)
            rig.edge(100, 0, False)
        if kind in ("seen", "late"):
            rig.edge(15 * MS, 0, kind == "late")
        rig.true_us = start_us + 30 * MS
        if i % every == 0:
            rig.beat(0, 0)
        rig.true_us = start_us + INTERVAL + slack_us
        elapsed_us = rig.true_us - first_us
        assert rig.meter.register.total <= 1 + elapsed_us // INTERVAL
    for _ in range(5):
        rig.beat(BEAT, 0)
    assert rig.meter.register.total <= 1 + len(kinds) * (INTERVAL + slack_us) // INTERVAL


@given(rig_actions, st.booleans(), st.integers(1, 20))
def test_nothing_stops_the_meter_from_counting_a_clean_train_exactly(actions, hardware, count):
    rig = Rig(hardware, 0)
    play_rig(rig, actions)

    def pulse():
        for _ in range(2):
            rig.beat(BEAT, 0)
        rig.rises += 1
        rig.edge(5 * MS, 1, False)
        rig.beat(13 * MS, 1)
        rig.edge(17 * MS, 0, False)

    for _ in range(20):
        rig.beat(BEAT, 0)
    # Gaps of the noise are settled when the first pulse after them has been seen.
    pulse()
    rig.beat(BEAT, 0)
    before = rig.meter.register.total
    for _ in range(count):
        pulse()
    rig.beat(BEAT, 0)
    assert rig.meter.register.total - before == count


@given(st.lists(st.integers(0, PERIOD - 1), max_size=40), st.lists(levels, min_size=40))
def test_any_ticks_in_the_ring_neither_count_too_fast_nor_for_ever(ticks_us, lits):
    """Ticks that no clock can have shown: half a period ahead or behind."""
    rig = Rig(False, 0)
    rig.beat(S, 0)
    for i, value in enumerate(ticks_us):
        rig.ring.push(value, lits[i])
        rig.beat(BEAT, lits[i])
        assert rig.meter.register.total <= 1 + (PERIOD + rig.true_us) // INTERVAL
    for _ in range(PERIOD // (100 * S) + 1):
        rig.beat(100 * S, 0)
    for k in range(6):
        rig.edge(5 * MS, 1, False)
        rig.edge(30 * MS, 0, False)
        rig.beat(65 * MS, 0)
        if k == 0:
            # Gaps of the noise are settled when the first pulse after them has been seen.
            before = rig.meter.register.total
    assert rig.meter.register.total - before == 5
