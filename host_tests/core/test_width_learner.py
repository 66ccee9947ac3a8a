"""The width of the pulses, learned from the light: pulses agree, lamps and noise do not."""

from core import config
from core.width_learner import IDLE, LEARNING, READY, UNSTEADY, WANTED, WidthLearner

MS = 1000
S = 1000000


def learner():
    learning = WidthLearner()
    learning.start()
    return learning


def train(learning, start_us, period_us, count, width_us):
    for k in range(count):
        learning.add(start_us + k * period_us, width_us)
    return start_us + count * period_us


def test_nothing_is_learned_before_it_is_told_to():
    learning = WidthLearner()
    train(learning, S, S, 30, 30 * MS)
    assert (learning.state, learning.width_us) == (IDLE, None)


def test_nothing_is_known_from_few_flashes():
    learning = learner()
    train(learning, S, S, WANTED - 1, 30 * MS)
    assert (learning.state, learning.width_us, learning.width_min_ms) == (LEARNING, None, None)


def test_pulses_of_any_width_are_learned():
    for width_us in (2 * MS, 10 * MS, 30 * MS, 80 * MS, 200 * MS):
        learning = learner()
        train(learning, S, S, WANTED, width_us)
        assert (learning.state, learning.width_us) == (READY, width_us)
        assert learning.width_min_ms * 1000 <= width_us // 2 or learning.width_min_ms == 1
        assert learning.width_max_ms * 1000 >= width_us * 2


def test_widths_that_bounce_makes_longer_are_all_admitted():
    learning = learner()
    for k in range(WANTED):
        learning.add(S + k * S, 2 * MS + k * 100)
    assert learning.state == READY
    assert learning.width_min_ms <= 2
    assert learning.width_max_ms >= 4


def test_a_lamp_teaches_nothing():
    learning = learner()
    now_us = S
    for _ in range(3):
        now_us = train(learning, now_us, S, 10, 30 * MS)
        now_us = train(learning, now_us, 10 * MS, 500, 5 * MS)
    assert learning.width_us == 30 * MS


def test_line_noise_teaches_nothing():
    learning = learner()
    for k in range(WANTED):
        learning.add(S + k * S, 30 * MS)
        learning.add(S + k * S + 400 * MS, 200)
    assert learning.width_us == 30 * MS


def test_flashes_that_do_not_agree_are_no_meter():
    learning = learner()
    for k in range(WANTED):
        learning.add(S + k * S, 2 * MS << (k % 7))
    assert (learning.state, learning.width_us) == (UNSTEADY, None)


def test_the_configuration_accepts_what_was_learned():
    for width_us in (2 * MS, 30 * MS, 80 * MS):
        learning = learner()
        train(learning, S, S, WANTED, width_us)
        limits = {"width_min_ms": learning.width_min_ms, "width_max_ms": learning.width_max_ms}
        meter = {"fuse_a": 20}
        assert config.validate({"pulse": limits, "meter": meter})[1] == []


def test_started_again_it_has_forgotten():
    learning = learner()
    now_us = train(learning, S, S, WANTED, 10 * MS)
    learning.start()
    assert learning.report()["pulses"] == 0
    train(learning, now_us, S, WANTED, 80 * MS)
    assert learning.width_us == 80 * MS
