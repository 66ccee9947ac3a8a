"""Pulses told by their light where a lamp flashes as well."""

from core.light_budget import LampLight, LightBudget
from core.pulse_filter import ACCEPTED, INCOMPLETE, PulseFilter
from core.reconcile import Reconciler

MS = 1000
S = 1000000
TICK_US = 250
WIDTH_US = 30 * MS
FLASH_US = 5200


def union(spans):
    """Return light that overlaps as one, in order."""
    merged = []
    for from_us, to_us in sorted(spans):
        if merged and from_us <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], to_us)
        else:
            merged.append([from_us, to_us])
    return merged


class Sensor:
    """A filter and its reconciler, shown pulses and a lamp; in a block no edge is seen."""

    def __init__(self, period_us=10 * MS):
        self.period_us = period_us
        self.filtering = PulseFilter(15 * MS, 85 * MS, 2500, 37267)
        self.reconciler = Reconciler(self.filtering)
        self.now_us = S
        self.lit_us = 0
        self.told_ticks = 0
        self.rises = 0
        self.added = 0

    def watch(self, lasts_us, pulses_us=(), lamp=True, blocked=False, lamp_us=None, spikes_us=()):
        """Go on for a time; ``pulses_us`` and ``spikes_us`` count from its beginning.

        ``lamp_us``: (from, to) of the lamp's light within it, the whole of it by default.
        """
        begin_us = self.now_us
        self.now_us += lasts_us
        spans = [(begin_us + at_us, begin_us + at_us + WIDTH_US) for at_us in pulses_us]
        spans += [(begin_us + at_us, begin_us + at_us + 60) for at_us in spikes_us]
        if lamp:
            from_us, to_us = lamp_us or (0, lasts_us)
            spans += [
                (begin_us + at_us, begin_us + at_us + FLASH_US)
                for at_us in range(from_us, to_us, self.period_us)
            ]
        spans = union(spans)
        ends_us = [span[0] for span in spans[1:]] + [self.now_us]
        for k, (from_us, to_us) in enumerate(spans):
            self.rises += 1
            self.lit_us += to_us - from_us
            if blocked:
                continue
            self.filtering.edge(from_us, 1)
            self.filtering.edge(to_us, 0)
            if ends_us[k] - to_us > 3 * MS:
                if self.filtering.tick(to_us + 3 * MS, 0) == ACCEPTED:
                    self.reconciler.accepted(self.filtering.start_us)
                if k % 9 == 0:
                    self.settle(to_us + 3 * MS)
        # It is dark at the end, and behind a flash.
        self.settle(self.now_us - MS)

    def settle(self, at_us):
        ticks = self.lit_us // TICK_US - self.told_ticks
        self.told_ticks += ticks
        self.added += self.reconciler.settle(at_us, self.rises, ticks)


def taught(lamp=True, **options):
    """Return a sensor that has seen pulses in the dark, and then a lamp."""
    sensor = Sensor(**options)
    for _ in range(12):
        sensor.watch(S, [400 * MS], lamp=False)
    if lamp:
        for _ in range(6):
            sensor.watch(990 * MS // sensor.period_us * sensor.period_us, [300 * MS])
    assert sensor.added == 0
    return sensor


def test_pulses_of_a_load_that_steps_in_a_block_in_lamp_light_are_told_by_their_light():
    for pulses in range(8):
        sensor = taught()
        sensor.watch(S, [50 * MS + k * 113 * MS for k in range(pulses)], blocked=True)
        for _ in range(3):
            sensor.watch(S)
        assert sensor.added == pulses, pulses


def test_a_lamp_on_mains_of_60_hz_is_as_good():
    sensor = taught(period_us=8333)
    sensor.watch(120 * 8333, [100 * MS, 400 * MS, 461 * MS], blocked=True)
    sensor.watch(360 * 8333)
    assert sensor.added == 3


def test_a_lamp_switched_in_a_block_adds_no_pulses():
    for lamp_us in ((0, 400 * MS), (0, 620 * MS), (0, 0)):
        sensor = taught()
        sensor.watch(S, blocked=True, lamp_us=lamp_us)
        for _ in range(8):
            sensor.watch(S, lamp=False)
        assert sensor.added == 0, lamp_us
    sensor = taught(lamp=False)
    sensor.watch(S, blocked=True, lamp_us=(400 * MS, S))
    for _ in range(3):
        sensor.watch(S)
    assert sensor.added == 0


def test_a_second_after_a_lamp_light_tells_as_in_the_dark():
    sensor = taught()
    sensor.watch(S, lamp=False)
    sensor.watch(500 * MS, lamp=False)
    sensor.watch(S, [100 * MS, 200 * MS, 700 * MS], lamp=False, blocked=True)
    for _ in range(3):
        sensor.watch(S, lamp=False)
    assert sensor.added == 3


def test_spikes_beside_a_block_do_not_keep_light_from_telling():
    sensor = taught(lamp=False)
    sensor.watch(S, [100 * MS, 200 * MS], lamp=False, blocked=True, spikes_us=[10 * MS])
    assert sensor.added == 0
    sensor = taught(lamp=False)
    # The same, but that the audit comes only after spikes that were seen.
    settle, sensor.settle = sensor.settle, lambda at_us: None
    sensor.watch(S, [100 * MS, 200 * MS], lamp=False, blocked=True)
    sensor.watch(200 * MS, lamp=False, spikes_us=[10 * MS, 50 * MS, 90 * MS, 130 * MS])
    settle(sensor.now_us)
    sensor.settle = settle
    sensor.watch(S, lamp=False)
    sensor.watch(S, [400 * MS], lamp=False)
    assert sensor.added == 2


def test_a_pulse_that_a_lamps_first_flash_joined_teaches_no_width():
    sensor = taught(lamp=False)
    width = sensor.reconciler.light.width()
    sensor.watch(S, [368 * MS], lamp_us=(400 * MS - 3 * MS, S))
    assert sensor.filtering.width_us < WIDTH_US
    sensor.watch(S, lamp=False)
    sensor.watch(2 * S, lamp=False)
    assert sensor.reconciler.light.width() == width


def test_a_pulse_in_two_pieces_is_no_lamp():
    sensor = taught(lamp=False)
    # The rise that ends its first bounce is lost, so it is dark up to the bounce of its fall.
    at_us = sensor.now_us + 400 * MS
    for edge_us, lit in (
        (0, 1),
        (1500, 0),
        (30000, 0),
        (30100, 1),
        (30200, 0),
        (30300, 1),
        (30400, 0),
    ):
        sensor.filtering.tick(at_us + edge_us, sensor.filtering._lit)
        sensor.filtering.edge(at_us + edge_us, lit)
    sensor.filtering.tick(at_us + 40 * MS, 0)
    sensor.rises += 4
    sensor.lit_us += WIDTH_US
    sensor.now_us = at_us + 50 * MS
    sensor.settle(sensor.now_us)
    assert sensor.filtering.counts[ACCEPTED] == 12
    sensor.watch(S, lamp=False)
    assert sensor.added == 1


def test_two_spikes_a_pulses_width_apart_are_none_where_light_tells():
    for lit_known, verdict in ((False, ACCEPTED), (True, INCOMPLETE)):
        filtering = taught(lamp=False).filtering
        filtering.lit_known = lit_known
        # A spike before, and two whose dark between was lost.
        filtering.edge(20 * S, 1)
        filtering.edge(20 * S + 100, 0)
        filtering.tick(20 * S + 5 * MS, 0)
        filtering.edge(21 * S, 1)
        filtering.edge(21 * S + 29900, 1)
        filtering.edge(21 * S + 30000, 0)
        assert filtering.tick(21 * S + 35 * MS, 0) == verdict


def test_a_lamp_whose_flashes_pulses_hide_is_a_lamp():
    filtering = taught(lamp=False).filtering
    begun_us = filtering.lamp_us
    for at_us in (100 * S, 100 * S + 52 * MS):
        assert filtering.lamp_us == begun_us
        # A pulse at 69 kW, and the only flash before the next one.
        for edge_us, lit in ((0, 1), (35 * MS, 0), (40 * MS, 1), (45 * MS, 0)):
            filtering.edge(at_us + edge_us, lit)
        filtering.tick(at_us + 48 * MS, 0)
    assert filtering.lamp_us == 100 * S + 92 * MS


def test_flashes_whose_falls_were_lost_and_a_spike_are_no_pulse():
    for lamp, verdict in ((False, ACCEPTED), (True, INCOMPLETE)):
        sensor = taught(lamp)
        filtering = sensor.filtering
        at_us = sensor.now_us + 10 * MS
        filtering.edge(at_us, 1)
        filtering.edge(at_us + 10 * MS, 1)
        filtering.edge(at_us + 16900, 1)
        filtering.edge(at_us + 17080, 0)
        assert filtering.tick(at_us + 20 * MS, 0) == verdict, lamp


class Stretch:
    """A doubt, as the lamp's light is asked of it."""

    def __init__(self, lasts_us, ticks, rises, accepted=0):
        self.from_us = 1000 * S - MS
        self.now_us = self.from_us + lasts_us
        self.ticks = ticks
        self.rises = rises
        self.accepted = accepted


class Seen:
    """What the filter says of a flash."""

    def __init__(self, flash_us):
        self.flash_us = flash_us
        self.train_us = flash_us - 100 * MS
        self.train = 10


def lamp_of(ticks, spread=0):
    """Return a lamp whose stretches of ten flashes differ by a spread, before 1000 s."""
    lamp = LampLight()
    for k in range(100):
        now_us = 990 * S + k * 100 * MS
        lamp.flash(Seen(now_us))
        lamp.learn(now_us - MS, now_us + 99 * MS, 10 * ticks + (spread if k & 1 else -spread), 0, 0)
    return lamp


def test_light_beyond_a_lamps_is_that_of_pulses_less_the_lamps_share():
    lamp = lamp_of(20)
    assert lamp.pulses(Stretch(S, 2000, 100), 120) == (0, 0)
    assert lamp.pulses(Stretch(S, 2060, 100), 120) == (1, 1)
    assert lamp.pulses(Stretch(S, 2300, 100), 120) == (5, 5)
    assert lamp.pulses(Stretch(S, 2300, 100, accepted=2), 120) == (3, 3)
    assert lamp.pulses(Stretch(S, 2300, 3), 120) is None
    assert lamp.pulses(Stretch(S, 2030, 100), 120) is None


def test_nothing_is_told_of_a_lamp_or_a_pulse_not_known_yet():
    assert LampLight().pulses(Stretch(S, 2060, 100), 120) is None
    assert lamp_of(20).pulses(Stretch(S, 2060, 100), 0) is None
    assert not LampLight().shone(0, 0)
    assert LightBudget().width() == 0


def test_a_lamp_that_is_unsteady_leaves_pulses_undecided_and_adds_none_by_chance():
    lamp = lamp_of(20, spread=12)
    assert lamp.pulses(Stretch(S, 2180, 100), 120) == (2, 3)
    assert lamp.pulses(Stretch(S, 2205, 100), 120) == (2, 3)


def test_a_lamp_that_flashes_out_of_step_is_another():
    lamp = lamp_of(20)
    assert lamp.shone(999 * S, 999900 * MS)
    assert not lamp.shone(999 * S, 1000 * S)
    lamp.flash(Seen(1000 * S + 3 * MS))
    assert not lamp.shone(999 * S, 999900 * MS)
    assert lamp.pulses(Stretch(S, 2060, 100), 120) is None
