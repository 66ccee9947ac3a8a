"""The straight line: from edges in the ring to register and power."""

from bench import BEAT, MS, PERIOD, Bench, S, interval_us, settings

from core.meter import power_max_w
from core.pulse_filter import LATE, interval_min_us
from core.snapshot import Snapshot
from core.supply import Supply


def test_a_clean_train_is_counted_to_the_pulse_at_any_load():
    for hardware in (True, False):
        for watt in (3, 100, 5000, 43000, 69000):
            bench = Bench(hardware=hardware)
            bench.train(S, interval_us(watt), 50, 20 * MS)
            assert bench.total == 50, (watt, hardware)
            assert bench.meter.filter.counts[1] == 50
            assert bench.meter.reconciler.missed == 0


def test_the_register_reads_the_display_plus_the_pulses():
    bench = Bench()
    bench.meter.register.set_reading("12345678.901")
    bench.train(S, 200 * MS, 25)
    assert bench.meter.register.reading_kwh() == "12345678.926"


def test_the_power_is_that_of_the_pulses():
    for watt in (6, 100, 1000, 5000, 43000):
        bench = Bench()
        bench.train(S, interval_us(watt), 5, 20 * MS)
        power_mw = bench.meter.power.read(bench.meter.last_pulse_us)[0]
        assert abs(power_mw - watt * 1000) * 10000 <= watt * 1000, watt


def test_nothing_changes_across_the_wrap_of_the_ticks():
    for before_us in (0, 1, 15 * MS, 30 * MS, 100 * MS, 400 * MS):
        bench = Bench(boot_us=PERIOD - S - before_us)
        bench.train(PERIOD - before_us, 500 * MS, 10)
        assert bench.total == 10, before_us
        assert bench.meter.filter.pulse_width_us == 30 * MS
        assert bench.power_mw() <= 7200000


def test_a_load_with_less_than_one_pulse_a_wrap_is_timed_exactly():
    watt = 2  # a pulse in half an hour, 1.7 wraps
    assert interval_us(watt) > PERIOD
    bench = Bench(values=settings(power_silence_s=86400))
    bench.train(S, interval_us(watt), 5)
    assert bench.total == 5
    assert bench.meter.power.read(bench.meter.last_pulse_us)[0] == watt * 1000


def test_the_time_of_the_last_pulse_is_its_start():
    bench = Bench()
    assert bench.meter.last_pulse_us is None
    bench.flash(3 * S)
    bench.settle()
    assert bench.meter.last_pulse_us == 3 * S


def test_only_a_quiet_moment_is_settled():
    bench = Bench()
    meter = bench.meter
    assert meter.settled()
    bench.change(S, 1)
    assert not meter.settled()  # an edge waits
    meter.drain()
    assert not meter.settled()  # a candidate is open
    bench.change(S + 30 * MS, 0)
    meter.drain()
    assert not meter.settled()  # its dark has not lasted
    assert meter.tick(S + 90 * MS, 0) == 1
    assert meter.settled()


def test_drain_and_tick_return_what_they_counted():
    bench = Bench()
    for k in range(5):
        bench.change(S + k * 100 * MS, 1)
        bench.change(S + k * 100 * MS + 30 * MS, 0)
    # The fifth is open still: its dark gap has not lasted.
    assert bench.meter.drain() == 4
    assert bench.meter.tick(2 * S, 0) == 1
    assert bench.meter.tick(2 * S, 0) == 0
    assert bench.total == 5


def test_pulses_beyond_a_mark_are_told_from_those_before_by_their_start():
    bench = Bench()
    meter = bench.meter
    bench.train(S, S, 3)
    meter.mark(10 * S)
    # Begins before, is judged after.
    bench.flash(10 * S - MS)
    assert not meter.knows_all_before_mark()
    bench.settle()
    assert meter.knows_all_before_mark()
    assert (bench.total, meter.beyond) == (4, 0)
    bench.train(10 * S + 200 * MS, S, 2)
    assert (bench.total, meter.beyond) == (6, 2)
    meter.mark(20 * S)
    assert meter.beyond == 0
    assert not meter.knows_all_before_mark()


def test_a_pulse_that_only_the_hardware_saw_is_beyond_a_mark_where_its_gap_is():
    for at_us, beyond in ((15 * S - 500 * MS, 0), (15 * S + 500 * MS, 1)):
        bench = Bench()
        bench.train(S, S, 10)
        bench.meter.mark(15 * S)
        bench.advance(at_us)
        bench.flash(at_us, seen=False)
        bench.settle()
        assert bench.meter.reconciler.missed == 1, at_us
        assert bench.meter.beyond == beyond, at_us


def test_a_pulse_that_is_read_late_is_beyond_a_mark_by_when_it_was_due():
    # It is dark 20 ms before, and read 40 ms after the steady load's next pulse is due.
    steady, changed = (S, 0), (3 * S, 10 * MS)
    for period_us, about_us in (steady, changed):
        for mark_us, beyond in ((about_us + MS, 0), (about_us - MS, 1)):
            bench = Bench()
            bench.train(S, period_us, 5)
            meter = bench.meter
            due_us = S + 4 * period_us + S
            meter.mark(due_us + mark_us)
            bench.advance(due_us - 20 * MS, beats=False)
            bench.beat()
            bench.advance(due_us + 40 * MS, beats=False)
            late_from = meter.ring.head()
            bench.change(due_us + 40 * MS, 1)
            meter.ring.mark_late(late_from)
            bench.change(due_us + 70 * MS, 0)
            bench.settle()
            assert meter.filter.start_late
            assert bench.total == 6
            assert meter.beyond == beyond, (period_us, mark_us)


def test_pulses_that_only_the_hardware_saw_are_counted_and_spread():
    bench = Bench()
    bench.train(S, S, 10)
    shown = []
    bench.on_read = lambda now_us, power_mw: shown.append(power_mw)
    start_us = 11 * S
    for k in range(10):
        bench.advance(start_us + k * S)
        bench.change(start_us + k * S, 1, seen=k not in (4, 5))
        bench.advance(start_us + k * S + 30 * MS)
        bench.change(start_us + k * S + 30 * MS, 0, seen=k not in (4, 5))
    bench.settle()
    assert bench.total == 20
    assert bench.meter.reconciler.missed == 2
    assert bench.meter.filter.counts[1] == 18
    # Neither dip nor peak: they are spread over the gap. A beat may pass before the audit.
    assert min(shown) >= 3600000 * 9 // 10 and max(shown) < 3603600


def test_a_ring_that_overflows_loses_no_pulse_where_there_is_a_counter():
    bench = Bench(capacity=16)
    bench.train(S, 200 * MS, 20)
    # The interpreter is blocked, while callbacks still run: more than the ring holds.
    start_us = bench.true_us + S
    for k in range(30):
        at_us = start_us + k * 200 * MS
        bench.advance(at_us, beats=False)
        bench.change(at_us, 1)
        bench.change(at_us + 30 * MS, 0)
    bench.advance(start_us + 30 * 200 * MS, beats=False)
    bench.settle()
    bench.train(start_us + 30 * 200 * MS + S, 200 * MS, 20)
    assert bench.meter.ring.overflow == 60 - 15
    assert bench.total == 70


def test_without_a_counter_what_the_ring_lost_is_lost_and_counted_as_such():
    bench = Bench(capacity=16, hardware=False)
    for k in range(30):
        bench.change(S + k * 200 * MS, 1)
        bench.change(S + k * 200 * MS + 30 * MS, 0)
    bench.advance(10 * S, beats=False)
    bench.settle()
    assert bench.meter.ring.overflow == 60 - 15
    # 15 edges are 7 pulses and a rise.
    assert 7 <= bench.total <= 8


def test_edges_marked_late_are_left_to_the_audit():
    bench = Bench()
    since = bench.meter.ring.head()
    # Both callbacks ran when the interpreter was free again.
    bench.change(S, 1)
    bench.change(S + 100, 0)
    bench.meter.ring.mark_late(since)
    bench.advance(S + 100, beats=False)
    bench.settle()
    assert bench.meter.filter.counts[LATE] == 1
    assert (bench.total, bench.meter.reconciler.missed) == (1, 1)


def test_the_filter_follows_the_settings():
    values = settings(
        meter_imp_per_kwh=10000,
        meter_fuse_a=35,
        meter_phases=1,
        pulse_width_min_ms=3,
        pulse_width_max_ms=40,
        pulse_debounce_us=1500,
    )
    meter = Bench(values=values).meter
    assert meter.register.imp_per_kwh == 10000
    assert meter.filter.width_min_us == 3 * MS
    assert meter.filter.width_max_us == 40 * MS
    assert meter.filter.debounce_us == 1500
    assert meter.filter.interval_min_us == interval_min_us(10000, 35, 1)


def test_the_fuse_bounds_the_power_of_a_single_short_interval():
    for fuse, phases in ((16, 1), (35, 3), (100, 3)):
        values = settings(meter_fuse_a=fuse, meter_phases=phases)
        bench = Bench(values=values)
        most_mw = power_max_w(fuse, phases) * 1000
        shown = []
        bench.on_read = lambda now_us, power_mw, shown=shown: shown.append(power_mw or 0)
        bench.train(S, interval_us(500), 4)
        last_us = bench.meter.last_pulse_us
        bench.advance(bench.true_us + S)
        for k in range(2):
            bench.flash(last_us + 3 * S + k * (bench.meter.filter.interval_min_us + MS), 12 * MS)
        bench.settle()
        assert bench.total == 6
        assert 0 < max(shown) <= most_mw


def test_a_steady_load_does_not_flicker_with_the_light():
    bench = Bench()
    watt = 43000
    bench.train(S, interval_us(watt), 10, 30 * MS)
    start_us = bench.true_us + S
    shown = []
    for k in range(60):
        bench.flash(start_us + k * interval_us(watt), 30 * MS)
        if k > 5:
            bench.on_read = lambda now_us, power_mw: shown.append(power_mw)
    assert len(shown) > 50
    assert watt * 990 <= min(shown) and max(shown) <= watt * 1010


def test_the_power_falls_between_pulses_and_ends_at_zero():
    bench = Bench(values=settings(power_silence_s=60))
    bench.train(S, 500 * MS, 10)
    last_us = bench.meter.last_pulse_us
    bench.advance(last_us + 10 * S)
    assert 0 < bench.power_mw() <= 3600 * 1000 // 9
    bench.advance(last_us + 61 * S)
    assert bench.power_mw() == 0


def test_a_snapshot_holds_both_counters():
    bench = Bench()
    bench.train(S, S, 10)
    bench.advance(bench.true_us + S)
    bench.change(bench.true_us, 1, seen=False)
    bench.advance(bench.true_us + 30 * MS)
    bench.change(bench.true_us, 0, seen=False)
    bench.settle()
    shot = Snapshot(bench.meter, Supply(), bench.clock.now_us)
    assert (shot.pulses, shot.accepted, shot.missed) == (11, 10, 1)
    assert (shot.edges_lost, shot.ring_overflow) == (2, 0)
    assert shot.counter == "pcnt+interrupt"
    assert shot.pulse_width_us == 30 * MS
    assert shot.age_ms == (bench.clock.now_us - 10 * S) // MS


def test_the_beat_s_phase_changes_no_count():
    for offset_us in range(0, BEAT, 5 * MS):
        bench = Bench()
        bench.train(S + offset_us, 94 * MS, 30)
        assert bench.total == 30, offset_us
