"""What the period says of pulses that went by unseen, and where it says nothing."""

from core.rhythm import Rhythm

S = 1000000


def after(pulses, gaps=(), late=()):
    """Return what is due after pulses at times in s and gaps from, to in s."""
    rhythm = Rhythm(S // 30)
    due = 0
    gaps = list(gaps)
    for at_s in pulses:
        while gaps and gaps[0][1] <= at_s:
            from_s, to_s, rises = gaps.pop(0)
            rhythm.gap(int(from_s * S), int(to_s * S), rises, 0)
            due += rhythm.due()
        rhythm.pulse(int(at_s * S), at_s in late)
        due += rhythm.due()
    return due


def test_a_pulse_that_the_period_calls_for_in_a_gap_is_due():
    seen = [12 * k for k in range(10) if k != 5]
    assert after(seen, [(59, 61, 3)]) == 1
    # Nothing was unseen, or not at that time.
    assert after(seen) == 0
    assert after(seen, [(52, 53, 3)]) == 0


def test_a_step_at_a_pulse_in_a_gap_is_due():
    # 300 W until 60 s, then 3 kW; what was due at 60 s fell into a block.
    seen = [0, 12, 24, 36, 48, 61.2, 62.4, 63.6, 64.8]
    assert after(seen, [(59.5, 60.6, 5)]) == 1
    assert after(seen) == 0


def test_a_ramp_does_not_hide_a_pulse():
    times, interval_s = [0.0], 7.0
    for _ in range(20):
        times.append(times[-1] + interval_s)
        interval_s *= 0.96
    seen = times[:10] + times[11:]
    assert after(seen, [(times[10] - 0.1, times[10] + 1, 9)]) == 1
    assert after(times, [(times[10] + 0.2, times[10] + 1, 9)]) == 0


def test_a_load_that_falls_in_noise_is_not_made_up_for():
    # 36 s are three times 12 s, and there are gaps where the two between would be.
    seen = [12 * k for k in range(10)] + [108 + 36 * k for k in range(1, 10)]
    gaps = [(12 * k - 0.5, 12 * k + 0.5, 9) for k in range(10, 36) if k % 3]
    assert after(seen, gaps) == 0


def test_two_long_intervals_alike_are_a_load_of_their_own_period():
    # 2 kW down to 3 W and up again: the first and last of the long ones make up one between.
    seen = [1.8 * k for k in range(11)] + [515.7, 1715.7, 2915.7, 3622, 3629, 3636]
    gaps = [(1000, 1001, 9), (1717, 1718, 9)]
    assert after(seen, gaps) == 0


def test_a_start_that_was_read_late_is_counted_and_not_measured_from():
    # The pulse at 60 s went by; the one at 72 s was read when the block ended, at 75.
    seen = [0, 12, 24, 36, 48, 75, 84, 96, 108]
    assert after(seen, [(58, 75, 40)], late=(75,)) == 1


def test_no_more_pulses_are_due_than_light_went_by():
    seen = list(range(20)) + [30 + k for k in range(10)]
    assert after(seen, [(19.5, 29.5, 40)]) == 10
    assert after(seen, [(19.5, 29.5, 4)]) == 4
