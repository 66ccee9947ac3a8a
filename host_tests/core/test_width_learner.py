"""The width of the pulses, learned from the light: pulses agree, lamps and noise do not."""

from core import config
from core.pulse_filter import interval_min_us
from core.width_learner import WidthLearner

MS = 1000
S = 1000000
DEBOUNCE_US = 2500


def learner():
    return WidthLearner(DEBOUNCE_US, interval_min_us(1000, 100))


def flash(learning, start_us, width_us):
    learning.edge(start_us, 1)
    learning.edge(start_us + width_us, 0)
    learning.tick(start_us + width_us + DEBOUNCE_US, 0)


def train(learning, start_us, period_us, count, width_us):
    for k in range(count):
        flash(learning, start_us + k * period_us, width_us)
    return start_us + count * period_us


def test_nothing_is_known_from_few_flashes():
    learning = learner()
    assert learning.width_us() is None and learning.settings() is None
    train(learning, S, S, 8, 30 * MS)
    assert learning.flashes() == 7  # the last one may yet be the first of a train
    assert learning.width_us() is None and learning.settings() is None


def test_pulses_of_any_width_are_learned():
    for width_us in (2 * MS, 10 * MS, 30 * MS, 80 * MS, 200 * MS):
        learning = learner()
        train(learning, S, S, 20, width_us)
        assert learning.width_us() == width_us
        settings = learning.settings()
        assert settings["pulse.width_min_ms"] * 1000 < width_us
        assert settings["pulse.width_max_ms"] * 1000 > width_us


def test_the_configuration_accepts_what_was_learned():
    for width_us in (2 * MS, 30 * MS, 80 * MS, 400 * MS):
        learning = learner()
        train(learning, S, S, 20, width_us)
        document = {"pulse": {}}
        for name, value in learning.settings().items():
            document["pulse"][name.split(".")[1]] = value
        assert config.validate(document)[1] == []


def test_widths_that_bounce_makes_longer_are_all_admitted():
    learning = learner()
    for k in range(20):
        flash(learning, S + k * S, 2 * MS + k * 100)
    settings = learning.settings()
    assert settings["pulse.width_min_ms"] * 1000 <= 2 * MS
    assert settings["pulse.width_max_ms"] * 1000 >= 4 * MS


def test_a_lamp_teaches_nothing():
    learning = learner()
    train(learning, S, 10 * MS, 1000, 5 * MS)
    assert learning.flashes() == 0
    now_us = 20 * S
    for _ in range(3):
        now_us = train(learning, now_us, S, 10, 30 * MS)
        now_us = train(learning, now_us, 10 * MS, 500, 5 * MS)
    assert learning.width_us() == 30 * MS


def test_line_noise_teaches_nothing():
    learning = learner()
    now_us = S
    for _ in range(20):
        flash(learning, now_us, 30 * MS)
        for i in range(5):
            flash(learning, now_us + 150 * MS + i * 100 * MS, 5 + 40 * i)
        now_us += S
    assert learning.width_us() == 30 * MS


def test_flashes_that_do_not_agree_are_no_meter():
    learning = learner()
    for k in range(24):
        flash(learning, S + k * S, 2 * MS << (k % 7))
    assert learning.flashes() > 12
    assert learning.settings() is None


def test_the_latest_flashes_decide():
    learning = learner()
    now_us = train(learning, S, S, 30, 10 * MS)
    train(learning, now_us, S, 30, 80 * MS)
    assert learning.width_us() == 80 * MS
    assert learning.flashes() == 24
