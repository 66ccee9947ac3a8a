"""The lit time measured in hardware, and what the audit makes of it."""

import rig

# isort: split
import time

from esp32 import PCNT
from machine import PWM, Pin
from test_reconcile import bounced, flickered
from world import Scripted, world

from core.snapshot import Snapshot
from core.supply import Supply
from drivers.lit_time import LitTime
from portable import raises

INTERVAL_US = 3000000
SPIKE_US = 150


def lit_for(edges, active_low=False, clock_pin=rig.CLOCK_PIN):
    """Return (world, driver) with the edges (t_us, lit) on the photodiode's pin."""
    import shims

    world = shims.install(Scripted([(at_us, 0, lit) for at_us, lit in edges]))
    world.wire(0, rig.UPPER_PIN, active_low)
    driver = LitTime(rig.UPPER_PIN, active_low, clock_pin)
    driver.start()
    return world, driver


def test_ticks_are_counted_while_it_is_lit_even_if_the_interpreter_is_blocked():
    for active_low in (False, True):
        edges = [(1000000, 1), (1030000, 0), (1400000, 1), (1402000, 0)]
        world, driver = lit_for(edges, active_low)
        world.stall(2000000)
        driver.look()
        assert abs(driver.take() - 32 * 4) <= 2
        driver.look()
        assert driver.take() == 0


def test_looks_add_up_to_the_next_taking():
    world, driver = lit_for([(1000000, 1), (21000000, 0)])
    for _ in range(24):
        world.stall(1000000)
        driver.look()
    # More than the counter's 32767.
    assert abs(driver.take() - 80000) <= 1


def test_after_a_block_in_which_the_counter_may_have_gone_round_nothing_is_known():
    world, driver = lit_for([(1000000, 1), (1030000, 0), (20000000, 1), (20030000, 0)])
    world.stall(9000000)
    driver.look()
    assert driver.take() is None
    world.stall(7000000)
    driver.look()
    world.stall(7000000)
    driver.look()
    assert abs(driver.take() - 120) <= 1


def test_the_clock_needs_a_pin_that_can_put_out():
    raises(ValueError, LitTime, rig.UPPER_PIN, False, 35)


def test_the_imitated_counter_refuses_what_the_port_refuses():
    unit = PCNT(2)
    assert "pin" in str(raises(ValueError, lambda: unit.init(mode_pin=Pin(34))))
    assert "mode_low" in str(raises(ValueError, lambda: unit.init(mode_low=3)))
    PWM(Pin(27)).deinit()
    unit.init(pin=Pin(27), rising=PCNT.INCREMENT, mode_pin=Pin(34), mode_high=PCNT.HOLD)
    unit.start()
    time.sleep_ms(100)
    assert unit.value() == 0


def trained(pulses=40):
    """Return the edges of a train that the width is learned from, and its end."""
    edges = rig.pulse_train(INTERVAL_US, pulses)
    return edges, 1000000 + pulses * INTERVAL_US


def spikes(first_us, count, every_us=90000):
    """Return the edges of so many spikes."""
    edges = []
    for k in range(count):
        edges.append((first_us + k * every_us, 0, 1))
        edges.append((first_us + k * every_us + SPIKE_US, 0, 0))
    return edges


def metered(edges, block_us, blocked_us=1000000, clock_pin=rig.CLOCK_PIN):
    """Meter edges with a block of the interpreter."""

    def dns(world):
        world.inject(1 << 40, blocked_us, first_us=block_us)

    until_us = edges[-1][0] + rig.SETTLE_US
    return rig.run(Scripted(sorted(edges)), until_us, dns, clock_pin=clock_pin)


def test_spikes_in_a_block_of_a_clean_neighbourhood_are_no_pulses():
    edges, end_us = trained()
    metering = metered(edges + spikes(end_us - 2000000, 5), end_us - 2100000)
    assert metering.meter.register.total == 40
    # By rises alone each spike is a pulse there.
    metering = metered(edges + spikes(end_us - 2000000, 5), end_us - 2100000, clock_pin=None)
    assert metering.meter.register.total > 40


def test_pulses_beside_spikes_in_a_block_are_counted_at_any_load():
    for hidden in (1, 2, 7, 18):
        edges, end_us = trained()
        # Noise before, so that nothing is taken for granted; a load without a period after.
        edges += spikes(end_us - 2500000, 3, 40000)
        block_us = end_us
        edges += rig.pulse_train(53000, hidden, start_us=end_us + 20000)
        edges += spikes(end_us + 52500, 4, 212000)
        edges += rig.pulse_train(977000, 4, start_us=end_us + 2500000)
        metering = metered(edges, block_us)
        assert metering.meter.register.total == 40 + hidden + 4, hidden


def test_bouncing_pulses_in_a_block_are_counted():
    edges, end_us = trained()
    edges += rig.pulse_train(190000, 5, start_us=end_us + 20000)
    edges += rig.pulse_train(INTERVAL_US, 3, start_us=end_us + 3000000)
    metering = metered(bounced(edges), end_us)
    assert metering.meter.register.total == 48


def losing(edges, *lost_us):
    """Meter edges with the callbacks of some of them lost; return the register's pulses."""

    def lose(_, __):
        schedule = type(world).schedule

        def scheduled(callback, argument):
            if world._edges[world._edge - 1][0] in lost_us:
                world.dropped += 1
                return False
            return schedule(world, callback, argument)

        world.schedule = scheduled

    metering = rig.run(
        Scripted(edges), edges[-1][0] + rig.SETTLE_US, prepare=lose, clock_pin=rig.CLOCK_PIN
    )
    del world.schedule
    return metering.meter.register.total


def test_a_pulse_is_counted_whichever_callback_of_it_is_lost():
    edges = bounced(rig.pulse_train(INTERVAL_US, 26), seed=5)
    last_us = 1000000 + 23 * INTERVAL_US
    its_own = [edge[0] for edge in edges if last_us <= edge[0] < last_us + 100000]
    assert len(its_own) > 4
    for lost_us in its_own:
        assert losing(edges, lost_us) == 26, lost_us - last_us


def test_a_pulse_in_two_pieces_is_counted_although_no_callback_seems_to_be_missing():
    start_us = 1000000 + 23 * INTERVAL_US
    train = rig.pulse_train(INTERVAL_US, 26)
    others = [edge for edge in train if not start_us <= edge[0] < start_us + 100000]
    for glitch_us in (700, 1000, 1500):
        # The last rise of its first bounce and the first fall of its last one are lost, and a
        # dark gap is too short for the counter to see a rise in it.
        bounce = sorted([0, 300, glitch_us, glitch_us + 8, 1200, 1752, 1900])
        edges = bounce + [30280, 31600, 31700, 31750, 31800]
        pulse = [(start_us + edges[i], 0, 1 - i % 2) for i in range(len(edges))]
        total = losing(sorted(others + pulse), start_us + 1900, start_us + 30280)
        assert total == 26, glitch_us


def test_a_spike_is_no_pulse_whichever_callback_of_it_is_lost():
    edges, end_us = trained(20)
    edges += spikes(end_us + 100000, 1)
    edges += rig.pulse_train(INTERVAL_US, 3, start_us=end_us + 2000000)
    for lost_us in (end_us + 100000, end_us + 100000 + SPIKE_US):
        assert losing(edges, lost_us) == 23


def test_a_lamp_switched_on_within_a_block_adds_nothing():
    for lit_us in (3000, 5000, 6500):
        for offset_us in range(0, 1000000, 61000):
            edges, end_us = trained(20)
            block_us = end_us - 2500000
            begin_us = block_us + offset_us
            until_us = end_us + 10000000
            lamp = [
                edge
                for edge in flickered(trained(22)[0], until_us, lit_us)
                if edge[0] >= begin_us // 10000 * 10000
            ]
            before = [edge for edge in edges if edge[0] < begin_us]
            metering = metered(before + lamp, block_us)
            total = metering.meter.register.total
            assert 21 <= total <= 22, (lit_us, offset_us, total)


def test_a_clock_that_does_not_reach_the_counter_leaves_counting_as_it_was():
    edges, end_us = trained()

    def cut(world, metering):
        world.board["pwm{}".format(rig.CLOCK_PIN)] = 0

    metering = rig.run(Scripted(edges), end_us, prepare=cut, clock_pin=rig.CLOCK_PIN)
    assert metering.meter.register.total == 40
    assert Snapshot(metering.meter, Supply(), 0).counter == "pcnt+interrupt"


def test_the_status_says_that_the_lit_time_is_measured():
    edges, end_us = trained()
    metering = rig.run(Scripted(edges), end_us, clock_pin=rig.CLOCK_PIN)
    assert Snapshot(metering.meter, Supply(), 0).counter == "pcnt+lit_time+interrupt"
