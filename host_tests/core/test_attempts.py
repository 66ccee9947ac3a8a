"""How often a password may be tried."""

from core.attempts import CLIENTS, Attempts


def test_the_first_failures_cost_nothing():
    attempts = Attempts()
    for _ in range(2):
        assert attempts.wait_s("a", 0) == 0
        attempts.failed("a", 0)
    assert attempts.wait_s("a", 0) == 0


def test_then_the_wait_doubles_up_to_five_minutes():
    attempts = Attempts()
    waits = []
    for _ in range(14):
        attempts.failed("a", 1000)
        waits.append(attempts.wait_s("a", 1000))
    assert waits == [0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300]


def test_the_wait_passes():
    attempts = Attempts()
    for _ in range(4):
        attempts.failed("a", 1000)
    assert [attempts.wait_s("a", now_s) for now_s in (1000, 1003, 1004, 9999)] == [4, 1, 0, 0]


def test_success_forgets_the_failures():
    attempts = Attempts()
    for _ in range(9):
        attempts.failed("a", 0)
    attempts.succeeded("a")
    attempts.succeeded("never seen")
    assert attempts.wait_s("a", 0) == 0
    attempts.failed("a", 0)
    assert attempts.wait_s("a", 0) == 0


def test_clients_do_not_pay_for_each_other():
    attempts = Attempts()
    for _ in range(5):
        attempts.failed("a", 0)
    assert attempts.wait_s("b", 0) == 0


def test_the_one_that_failed_longest_ago_is_forgotten():
    attempts = Attempts()
    for _ in range(5):
        attempts.failed("first", 0)
    for i in range(CLIENTS):
        attempts.failed(i, 1)
    assert attempts.wait_s("first", 1) == 0
    assert len(attempts._entries) == CLIENTS
