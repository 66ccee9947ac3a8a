"""The hardware count against the handler, on the board that loses what the chip loses."""

import rig

# isort: split
from world import Scripted

from core.snapshot import Snapshot
from core.supply import Supply

# 3 W standby to 3 x 100 A.
LOADS_W = (3, 40, 230, 1000, 3600, 7000, 11000, 17250, 22000, 33333, 43000, 55000, 69000)


def hard_life(world):
    """Inject what an ESP32 does to its callbacks: flash, DNS, and plain loss."""
    world.inject(10000000, 40000)
    world.inject(60000000, 1000000)
    world.drop_per_million = 1000


def pulses_for(load_w):
    """Return enough pulses to meet many stalls, within a bearable virtual time."""
    return max(3, min(3000, load_w * 400 // 3600))


def test_a_clean_train_loses_no_pulse_at_any_load():
    for load_w in LOADS_W:
        pulses = pulses_for(load_w)
        metering = rig.run_train(load_w, pulses, hard_life)
        assert metering.meter.register.total == pulses, (load_w, metering.meter.register.total)


def test_the_stalls_do_make_the_handler_miss_pulses():
    metering = rig.run_train(43000, 3000, hard_life)
    reconciler = metering.meter.reconciler
    assert reconciler.edges_lost > 0
    assert reconciler.missed > 0
    assert metering.meter.filter.counts[1] + reconciler.missed == 3000


def test_without_faults_the_handler_sees_everything():
    for load_w in (230, 69000):
        metering = rig.run_train(load_w, 200)
        assert metering.meter.register.total == 200
        assert metering.meter.reconciler.missed == 0
        assert metering.meter.reconciler.edges_lost == 0


def test_a_pulse_inside_a_stall_is_counted_wherever_it_falls():
    # A stall of 40 ms at 2 s; a pulse of 30 ms slides across it in 5 ms steps.
    for offset_us in range(-60000, 90000, 5000):

        def stall_at_2_s(world):
            world.inject(1000000000, 40000, first_us=2000000)

        start_us = 2000000 + offset_us
        metering = rig.run_train(1000, 3, stall_at_2_s, start_us=start_us)
        assert metering.meter.register.total == 3, offset_us


def test_inverted_polarity_counts_alike():
    metering = rig.run_train(43000, 2000, hard_life, active_low=True)
    assert metering.meter.register.total == 2000


def test_the_int16_limit_is_passed_without_a_loss():
    pulses = 33500
    metering = rig.run_train(69000, pulses, hard_life)
    assert metering.meter.register.total == pulses


def test_other_pulse_widths_count_alike():
    for width_us in (12000, 20000, 80000):
        metering = rig.run_train(20000, 1500, hard_life, width_us=width_us)
        assert metering.meter.register.total == 1500, width_us


def test_without_a_hardware_count_the_handler_counts_alone_and_says_so():
    metering = rig.run_train(7000, 300, pcnt=False)
    assert metering.meter.register.total == 300
    assert Snapshot(metering.meter, Supply(), 0).counter == "interrupt"
    with_count = rig.run_train(7000, 3)
    assert Snapshot(with_count.meter, Supply(), 0).counter == "pcnt+interrupt"


def test_without_a_hardware_count_nothing_is_counted_twice():
    metering = rig.run_train(43000, 2000, hard_life, pcnt=False)
    assert metering.meter.register.total <= 2000


def test_pulses_counted_in_a_gap_raise_no_power_spike():
    def dns(world):
        world.inject(1000000000, 1000000, first_us=20000000)

    interval_us = 3600000000 // 11000
    world, metering, lag = rig.build(Scripted(rig.pulse_train(interval_us, 120)))
    dns(world)
    seen = powers_every_beat(world, metering, lag, 120 * interval_us)
    assert metering.meter.reconciler.missed > 0
    assert max(seen) <= 11000 * 1050
    assert min(seen[len(seen) // 4 :]) > 2000 * 1000


def powers_every_beat(world, metering, lag, until_us):
    """Run the beats and return the published power in mW after each."""
    import asyncio

    from services.metering import BEAT_MS

    seen = []

    async def main():
        lag.start()
        while world.now_us < until_us:
            metering.beat()
            power_mw = metering.meter.power_now(metering.meter.clock.now_us)[0]
            if power_mw is not None:
                seen.append(power_mw)
            await asyncio.sleep_ms(BEAT_MS)

    asyncio.run(main())
    return seen


def bounced(edges, bounce_us=2000, seed=7):
    """Add up to 6 extra transitions within ``bounce_us`` after every edge."""
    out = []
    state = seed
    for at_us, signal, lit in edges:
        out.append((at_us, signal, lit))
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        extra = 2 * (state // 65536 % 4)
        for k in range(extra):
            out.append((at_us + bounce_us * (k + 1) // (extra + 1), signal, lit ^ (k + 1) % 2))
    return out


def test_bounce_under_stalls_is_never_counted_twice():
    def flash(world):
        world.inject(3000000, 40000)

    for load_w in (230, 1000, 3600, 11000, 22000):
        pulses = max(30, min(1500, load_w * 200 // 3600))
        train = rig.pulse_train(3600000000 // load_w, pulses)
        edges = bounced(train)
        metering = rig.run(Scripted(edges), edges[-1][0] + rig.SETTLE_US, flash)
        total = metering.meter.register.total
        assert total <= pulses, (load_w, total, pulses)
        assert total >= pulses - pulses // 100, (load_w, total, pulses)


def flickered(edges, until_us, lit_us=5000, period_us=10000):
    """Let a lamp shine on the train: the light is OR-ed."""
    spans = [(edges[i][0], edges[i + 1][0]) for i in range(0, len(edges), 2)]
    spans += [(t_us, t_us + lit_us) for t_us in range(500000, until_us, period_us)]
    spans.sort()
    merged = [spans[0]]
    for begin_us, end_us in spans[1:]:
        if begin_us <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end_us, merged[-1][1]))
        else:
            merged.append((begin_us, end_us))
    out = []
    for begin_us, end_us in merged:
        out.append((begin_us, 0, 1))
        out.append((end_us, 0, 0))
    return out


def test_a_lamp_under_stalls_adds_nothing_and_steady_pulses_are_kept():
    def flash(world):
        world.inject(3000000, 40000)

    for load_w in (1000, 7000):
        pulses = load_w * 100 // 3600
        train = rig.pulse_train(3600000000 // load_w, pulses, start_us=1003000)
        until_us = train[-1][0] + rig.SETTLE_US
        metering = rig.run(Scripted(flickered(train, until_us)), until_us, flash)
        total = metering.meter.register.total
        assert total <= pulses, (load_w, total, pulses)
        assert total >= pulses - 1, (load_w, total, pulses)
