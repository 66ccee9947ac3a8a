"""Verdicts for someone who moves a photodiode about."""

from core import aim
from core.aim import LowerAim, UpperAim
from core.pulse_filter import ACCEPTED, FLICKER, REASONS, TOO_LONG, TOO_SHORT

STEP_US = 25000


class Upper:
    """Plays samples and counts to an ``UpperAim``."""

    def __init__(self):
        self.aim = UpperAim()
        self.counts = [0] * len(REASONS)
        self.now_us = 5000000
        self.pulse_us = None

    def run(self, seconds, every_us=None, verdict=ACCEPTED, lit=False, stuck=False, width_us=30000):
        until_us = self.now_us + seconds * 1000000
        next_us = self.now_us
        while self.now_us < until_us:
            while every_us and next_us <= self.now_us:
                self.counts[verdict] += 1
                if verdict == ACCEPTED:
                    self.pulse_us = next_us
                next_us += every_us
            self.aim.sample(self.now_us, lit, self.counts, self.pulse_us, width_us, stuck)
            self.now_us += STEP_US
        return self.aim.report()


def test_even_pulses_are_good():
    report = Upper().run(10, 1200000)
    assert report["verdict"] == aim.GOOD
    assert report["width_us"] == 30000
    assert report["interval_ms"] == 1200
    assert report["stability_percent"] == 100
    assert report["rejected"] == 0


def test_at_first_one_has_to_wait():
    assert UpperAim().report()["verdict"] == aim.WAITING
    assert Upper().run(5)["verdict"] == aim.WAITING
    assert Upper().run(2, 1200000)["verdict"] == aim.WAITING


def test_no_pulses_for_half_a_minute_mean_move_it():
    assert Upper().run(32)["verdict"] == aim.NO_PULSES


def test_a_house_that_draws_200_w_is_not_called_pulseless():
    assert Upper().run(40, 18000000)["verdict"] == aim.WAITING


def test_a_lamp_is_called_a_lamp_even_among_pulses():
    upper = Upper()
    upper.run(10, 1200000)
    assert upper.run(2, 10000, FLICKER)["verdict"] == aim.LAMP
    # And shading it is rewarded soon.
    assert upper.run(5, 1200000)["verdict"] != aim.LAMP


def test_steady_light_is_told_from_light_and_dark_swapped():
    assert Upper().run(5, lit=True, stuck=True)["verdict"] == aim.STEADY_LIGHT
    report = Upper().run(8, 1200000, TOO_LONG, lit=True)
    assert report["verdict"] == aim.INVERTED
    assert report["lit_percent"] == 100


def test_pulses_of_another_width_ask_to_be_learnt():
    for verdict in (TOO_SHORT, TOO_LONG):
        assert Upper().run(10, 1200000, verdict)["verdict"] == aim.WIDTH


def test_more_noise_than_pulses_is_noise():
    upper = Upper()
    upper.run(6, 1500000)
    assert upper.run(6, 300000, TOO_SHORT)["verdict"] == aim.NOISE


def test_uneven_pulses_show_it():
    upper = Upper()
    upper.run(4, 1000000)
    assert upper.run(8, 2000000)["stability_percent"] == 50


def test_what_was_long_ago_is_forgotten():
    upper = Upper()
    upper.run(10, 10000, FLICKER)
    upper.now_us += 120000000
    assert upper.run(1)["verdict"] == aim.WAITING


def lower(samples, fault=None):
    sensor = LowerAim()
    for i, lit in enumerate(samples):
        sensor.sample(i * STEP_US, lit, fault)
    return sensor.report()


def test_the_lower_led_is_dark_but_for_an_open_breaker():
    assert lower([False] * 80) == {"verdict": aim.DARK, "lit_percent": 0}
    assert lower([True] * 80) == {"verdict": aim.LIT, "lit_percent": 100}
    assert lower(([True] * 20 + [False] * 20) * 4)["verdict"] == aim.LIT


def test_faults_of_the_lower_sensor_are_told():
    assert lower([True, False] * 40, "lower_flicker")["verdict"] == aim.LAMP
    assert lower([True] * 80, "lower_stuck_on")["verdict"] == aim.STEADY_LIGHT
