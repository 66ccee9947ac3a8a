"""Lit time divided by the width that all pulses of a meter have."""

from core.light_budget import LightBudget


def taught(width=120, pulses=20):
    """Return a budget that has seen pulses of a width."""
    budget = LightBudget()
    for _ in range(pulses):
        budget.learn(width, 1)
    return budget


def test_nothing_is_known_before_some_pulses():
    budget = taught(pulses=3)
    assert not budget.known()
    assert budget.pulses(120, 0, 1) is None
    budget.learn(120, 1)
    assert budget.known()


def test_a_clock_that_does_not_reach_the_counter_is_noticed():
    assert not taught(width=0, pulses=100).known()


def test_what_is_not_known_is_not_learned_from():
    budget = taught()
    budget.learn(None, 1)
    budget.learn(5000, 0)
    assert budget.pulses(240, 0, 2) == (2, 2)


def test_light_tells_pulses_from_spikes():
    budget = taught()
    assert budget.pulses(0, 0, 1) == (0, 0)
    assert budget.pulses(1, 0, 1) == (0, 0)
    assert budget.pulses(121, 0, 4) == (1, 1)
    assert budget.pulses(122, 1, 5) == (0, 0)
    assert budget.pulses(361, 1, 4) == (2, 2)


def test_bounce_makes_rises_and_no_light():
    budget = LightBudget()
    for k in range(60):
        budget.learn(116 + k % 9, 1)
    assert budget.pulses(118, 0, 7) == (1, 1)
    assert budget.pulses(12 * 120 + 11, 0, 60) == (12, 12)


def test_there_are_never_more_pulses_than_rises():
    least, most = taught().pulses(121, 0, 1)
    assert (least, most) == (1, 1)
    assert taught().pulses(360, 0, 1) is None


def test_light_that_fits_no_number_of_pulses_tells_nothing():
    assert taught().pulses(60, 0, 1) is None


def test_where_spikes_may_add_up_to_a_pulse_both_are_told():
    # Pulses of 2 ms are 8 ticks, and a spike may be one.
    least, most = taught(width=8).pulses(16, 0, 9)
    assert least < 2 <= most


def test_the_width_follows_a_sensor_that_changes():
    budget = taught(width=120, pulses=200)
    for _ in range(400):
        budget.learn(100, 1)
    assert budget.pulses(1000, 0, 10) == (10, 10)
