"""Callbacks on the imitated board: late, at most eight waiting, the ninth lost in silence."""

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import time

import micropython
from machine import Pin
from world import CALLBACK_US, LATENCY_US, QUEUE_DEPTH, Scripted

from portable import raises

PIN = 34
OTHER = 35


def board(edges=(), pin=PIN, active_low=False):
    """Return the world, with the edges (t_us, lit) on one pin."""
    world = shims.install(Scripted([(at_us, 0, lit) for at_us, lit in edges]))
    world.wire(0, pin, active_low)
    return world


def listen(number=PIN, trigger=Pin.IRQ_RISING | Pin.IRQ_FALLING):
    """Return the list that fills with (ticks_us, level) as the handler saw them."""
    seen = []

    def handler(pin):
        seen.append((time.ticks_us(), pin.value()))

    Pin(number, Pin.IN).irq(handler, trigger)
    return seen


def square(edges, begin_us=1000, half_us=1000):
    """Return so many alternating edges."""
    return [(begin_us + k * half_us, (k + 1) % 2) for k in range(edges)]


def test_an_idle_interpreter_runs_a_callback_within_microseconds():
    board([(1000, 1), (5000, 0)])
    seen = listen()
    time.sleep_ms(10)
    assert len(seen) == 2
    for (ticks_us, level), (at_us, lit) in zip(seen, ((1000, 1), (5000, 0))):
        assert at_us < ticks_us <= at_us + 2 * LATENCY_US, seen
        assert level == lit


def test_nothing_runs_during_a_stall_and_time_and_level_are_read_after_it():
    world = board([(2000, 1), (4000, 0), (6000, 1)])
    seen = listen()
    ran_before_end = []
    world.alarm(9000, lambda at_us: ran_before_end.append(len(seen)))
    time.sleep_us(1000)
    world.stall(9000)
    assert ran_before_end == [0]
    assert len(seen) == 3
    # All three see the light as it is now, and the time at which the stall ended.
    assert [level for _, level in seen] == [1, 1, 1]
    assert all(10000 < ticks_us < 10000 + 4 * (LATENCY_US + CALLBACK_US) for ticks_us, _ in seen)


def test_the_ninth_callback_during_a_stall_is_lost_in_silence():
    for edges in (QUEUE_DEPTH - 1, QUEUE_DEPTH, QUEUE_DEPTH + 1, QUEUE_DEPTH + 5):
        world = board(square(edges))
        seen = listen()
        world.stall(1000 * (edges + 2))
        assert len(seen) == min(edges, QUEUE_DEPTH), edges
        assert world.dropped == max(0, edges - QUEUE_DEPTH), edges
    assert QUEUE_DEPTH == 8


def test_all_pins_and_the_programs_own_callbacks_share_the_queue():
    world = shims.install(
        Scripted([(at_us, signal, lit) for at_us, lit in square(6) for signal in (0, 1)])
    )
    world.wire(0, PIN)
    world.wire(1, OTHER)
    seen = listen(PIN)
    others = listen(OTHER)
    own = []
    micropython.schedule(own.append, 1)
    micropython.schedule(own.append, 2)
    world.stall(20000)
    assert own == [1, 2]
    assert len(seen) + len(others) == QUEUE_DEPTH - 2
    assert world.dropped == 12 - (QUEUE_DEPTH - 2)


def test_schedule_raises_when_the_queue_is_full():
    world = board()
    done = []

    def fill(_):
        # Inside a callback none of them can run.
        for k in range(QUEUE_DEPTH):
            micropython.schedule(done.append, k)
        done.append(str(raises(RuntimeError, micropython.schedule, done.append, 99)))

    micropython.schedule(fill, None)
    world.stall(0)
    assert done == ["schedule queue full"] + list(range(QUEUE_DEPTH)), done


def test_callbacks_do_not_interrupt_each_other():
    world = board(square(4))
    log = []

    def slow(pin):
        log.append("in")
        time.sleep_ms(10)
        log.append("out")

    Pin(PIN, Pin.IN).irq(slow)
    world.run_until(100000)
    assert log == ["in", "out"] * 4, log


def test_a_callback_that_raises_is_printed_and_the_rest_goes_on():
    board(square(3))
    calls = []

    def bad(pin):
        calls.append(1)
        raise ValueError("printed by a test on purpose")

    Pin(PIN, Pin.IN).irq(bad)
    time.sleep_ms(10)
    assert len(calls) == 3


def test_the_trigger_chooses_the_edges():
    for trigger, expected in (
        (Pin.IRQ_RISING, [1, 1]),
        (Pin.IRQ_FALLING, [0, 0]),
        (Pin.IRQ_RISING | Pin.IRQ_FALLING, [1, 0, 1, 0]),
    ):
        board(square(4))
        seen = listen(PIN, trigger)
        time.sleep_ms(20)
        assert [level for _, level in seen] == expected, trigger


def test_inverted_light_inverts_the_level_and_starts_high():
    board([(1000, 1), (2000, 0)], active_low=True)
    assert Pin(PIN, Pin.IN).value() == 1
    seen = listen()
    time.sleep_ms(5)
    assert [level for _, level in seen] == [0, 1]


def test_a_handler_replaces_the_one_before_even_through_another_object():
    board(square(4))
    first = listen()
    time.sleep_us(1500)
    second = listen()
    time.sleep_ms(1)
    Pin(PIN).irq(None)
    time.sleep_ms(20)
    assert len(first) == 1
    assert len(second) == 1


def test_there_is_no_hard_interrupt():
    board()
    pin = Pin(PIN, Pin.IN)
    raises(TypeError, lambda: pin.irq(lambda _: None, Pin.IRQ_RISING, hard=True))


def test_pins_that_the_chip_has_not_are_refused():
    board()
    for number in (-1, 6, 11, 24, 28, 31, 40, 48):
        assert str(raises(ValueError, Pin, number)) == "invalid pin", number
    for number in (0, 5, 12, 23, 25, 32, 34, 39):
        Pin(number, Pin.IN)
    assert "input" in str(raises(ValueError, Pin, 34, Pin.OUT))
    pin = Pin(33, Pin.OUT, value=1)
    assert pin() == 1
    pin.off()
    assert pin.value() == 0


def test_injected_stalls_come_at_their_times_when_the_interpreter_wakes():
    import select

    world = board(square(60, half_us=500))
    world.inject(10000, 4000, first_us=5000)
    seen = listen()
    poll = select.poll()
    for _ in range(40):
        poll.poll(1)
    delays = [ticks_us - (1000 + 500 * k) for k, (ticks_us, _) in enumerate(seen)]
    # A stall of 4 ms meets edges 0.5 ms apart: eight are kept, and the first is 4 ms late.
    assert world.dropped == 0
    assert max(delays) > 3000
    late = [delay for delay in delays if delay > 400]
    assert 8 <= len(late) <= 3 * QUEUE_DEPTH, delays


def test_callbacks_are_dropped_at_the_rate_that_was_asked_for():
    world = board(square(4000, half_us=200))
    world.drop_per_million = 100000
    seen = listen()
    world.run_until(4000 * 200 + 2000)
    assert len(seen) + world.dropped == 4000
    assert 300 < world.dropped < 500, world.dropped


def test_sleeping_serves_callbacks_and_moves_time_by_what_was_asked():
    world = board(square(3))
    seen = listen()
    begin_us = world.now_us
    time.sleep(0.0015)
    assert world.now_us - begin_us == 1500
    assert len(seen) == 1
    time.sleep_us(1000)
    assert world.now_us - begin_us == 2500
    assert len(seen) == 2
    time.sleep_ms(-1)
    assert world.now_us - begin_us == 2500
