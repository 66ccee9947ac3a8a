"""The invariants of `make chaos` by themselves, and where its table goes."""

from tools import interval_chain as chain
from tools.chaos import plan
from tools.chaos.kinds import KINDS
from tools.chaos.ledger import SAVE_US, Ledger

SECOND_US = 1_000_000
# A pulse every 10 s.
INTERVAL_US = 10 * SECOND_US


def pulses(t_us):
    return max(0, t_us // INTERVAL_US)


def test_a_register_that_follows_is_right():
    ledger = Ledger(pulses)
    for second in range(1, 200):
        t_us = second * SECOND_US
        # Half a second behind, as the reader is.
        assert ledger.observe(t_us, pulses(t_us - SECOND_US // 2)) is None
    assert (ledger.least, ledger.most) == (0, 0)


def test_one_pulse_too_many_or_too_few_is_seen():
    assert "above the truth" in Ledger(pulses).observe(105 * SECOND_US, 11)
    assert "lacks 1 too many" in Ledger(pulses).observe(105 * SECOND_US, 9)


def test_a_power_cut_may_cost_what_was_not_saved_and_what_nobody_saw():
    # Off from 105 s to 135 s: the pulses at 110, 120 and 130 s are nobody's.
    for lost, wrong in ((0, False), (1, False), (2, True)):
        ledger = Ledger(pulses)
        assert ledger.observe(105 * SECOND_US, 10) is None
        ledger.reset(105 * SECOND_US, 135 * SECOND_US, SAVE_US)
        found = ledger.observe(155 * SECOND_US, 15 - 3 - lost)
        assert (found is not None) == wrong
        if not wrong:
            assert ledger.lost() == lost


def test_pulses_that_nobody_saw_must_not_be_counted():
    ledger = Ledger(pulses)
    ledger.reset(105 * SECOND_US, 135 * SECOND_US, SAVE_US)
    assert "too many" in ledger.observe(155 * SECOND_US, 13)


def test_a_register_that_comes_back_from_zero_is_seen():
    ledger = Ledger(pulses)
    ledger.reset(905 * SECOND_US, 910 * SECOND_US, SAVE_US)
    assert "lacks" in ledger.observe(925 * SECOND_US, 1)


def interval(number, before, after):
    return {"id": f"b1-{number}", "pulses": after - before, "total_pulses": after}


def test_a_chain_with_repetitions_is_whole():
    one, two = interval(0, 0, 5), interval(1, 5, 5)
    assert chain.check([one, two, one]) == (5, 2, [])


def test_a_gap_and_a_repetition_that_differs_are_seen():
    assert chain.check([interval(0, 0, 5), interval(1, 6, 7)])[2]
    assert chain.check([interval(0, 0, 5), interval(0, 0, 6)])[2]


def test_a_plan_has_every_kind_and_follows_its_seed():
    faults = plan.plan("1", 40, 3600 * SECOND_US)
    assert len(faults) == 40
    assert {kind for _, kind in faults} == set(KINDS)
    assert faults == sorted(faults, key=lambda fault: fault[0])
    assert faults == plan.plan("1", 40, 3600 * SECOND_US)
    assert faults != plan.plan("2", 40, 3600 * SECOND_US)
