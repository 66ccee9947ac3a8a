"""The state of supply from the lower LED, pulses and an optional mains-sense input."""

from core import supply as names
from core.event_log import FAULT, SUPPLY, EventLog
from core.supply import (
    BREAKER_OPEN,
    CLOSED,
    CUSTOMER,
    FAULTS,
    IDLE,
    LIVE,
    LOWER_FLICKER,
    LOWER_STUCK_ON,
    MAINS_SENSE,
    OPEN,
    STATES,
    SUPPLY_LOST,
    UNKNOWN,
    UPPER_STUCK_OFF,
    UPPER_STUCK_ON,
    UTILITY,
    Supply,
)

MS = 1000
S = 1000000
H = 3600 * S
BEAT = 50 * MS


class Bench:
    """A supply that is sampled on the beat; every change is kept, and every new hint."""

    def __init__(self, mains=None, **holds):
        self.supply = Supply(**holds)
        self.mains = mains
        self.lit = False
        self.edges = 0
        self.upper_stuck = False
        self.pulses = 100
        self.pulse_every_us = None
        self.now_us = 5 * S
        self._due_us = 0
        self.changes = []
        self.hints = []

    def run(self, duration_us, step_us=BEAT):
        end_us = self.now_us + duration_us
        while self.now_us < end_us:
            self.now_us += step_us
            if self.pulse_every_us and self.now_us >= self._due_us:
                self.pulses += 1
                self._due_us = self.now_us + self.pulse_every_us
            supply = self.supply
            before = supply.state, supply.fault
            hint = supply.reconnect
            changed = supply.sample(
                self.now_us, self.pulses, self.lit, self.edges, self.mains, self.upper_stuck
            )
            after = supply.state, supply.fault
            assert changed == (before != after or hint != supply.reconnect)
            if before != after:
                self.changes.append((self.now_us, supply.state, supply.fault))
            if hint != supply.reconnect:
                self.hints.append(supply.reconnect)
        return self

    def blink(self, times, lit_us=S, dark_us=S):
        for _ in range(times):
            self.lit = True
            self.run(lit_us)
            self.lit = False
            self.run(dark_us)
        return self

    def states(self):
        return [state for _, state, _ in self.changes]

    def live(self, watt=1000):
        self.pulse_every_us = 3600 * S // watt
        return self.run(4 * self.pulse_every_us)

    def opened(self):
        """A house with a load whose breaker opens: the LED stands lit."""
        self.live()
        self.pulse_every_us = None
        self.lit = True
        self.run(2 * S)
        assert self.supply.state == BREAKER_OPEN
        return self


def test_pulses_are_a_live_supply():
    bench = Bench().live()
    assert bench.supply.state == LIVE
    assert (bench.supply.breaker, bench.supply.fault) == (CLOSED, None)
    assert bench.states() == [LIVE]


def test_before_anything_is_seen_the_state_is_unknown():
    bench = Bench().run(10 * S)
    assert bench.supply.state == UNKNOWN
    assert bench.supply.breaker == UNKNOWN
    assert bench.changes == []


def test_pulses_counted_before_the_start_are_no_sign_of_life():
    bench = Bench()
    bench.pulses = 1 << 40
    assert bench.run(10 * S).supply.state == UNKNOWN


def test_no_pulse_for_long_is_idle_when_the_mains_are_known_to_be_there():
    bench = Bench(mains=True, idle_us=H).live()
    bench.pulse_every_us = None
    assert bench.run(H - 5 * S, S).supply.state == LIVE
    assert bench.run(10 * S).supply.state == IDLE
    assert bench.supply.breaker == CLOSED
    bench.live()
    assert bench.states() == [LIVE, IDLE, LIVE]


def test_no_pulse_for_long_is_unknown_without_a_mains_sense():
    bench = Bench(mains=None, idle_us=H).live()
    bench.pulse_every_us = None
    assert bench.run(H - 5 * S, S).supply.state == LIVE
    assert bench.run(10 * S).supply.state == UNKNOWN
    assert bench.supply.breaker == UNKNOWN


def test_mains_present_is_live_before_the_first_pulse():
    assert Bench(mains=True).run(S).supply.state == LIVE


def test_the_lower_led_must_stand_for_its_hold_time():
    bench = Bench(open_hold_us=1500 * MS).live()
    bench.pulse_every_us = None
    bench.lit = True
    assert bench.run(1500 * MS).supply.state == LIVE
    assert bench.run(2 * BEAT).supply.state == BREAKER_OPEN
    assert (bench.supply.breaker, bench.supply.reconnect) == (OPEN, UNKNOWN)


def test_a_flash_on_the_lower_sensor_is_no_open_breaker():
    bench = Bench().live()
    for _ in range(10):
        bench.lit = True
        bench.run(1400 * MS)
        bench.lit = False
        bench.run(7 * S)
    assert bench.states() == [LIVE]


def test_steady_light_means_that_only_the_utility_reconnects():
    bench = Bench(steady_us=30 * S).opened()
    bench.run(27 * S)
    assert bench.supply.reconnect == UNKNOWN
    bench.run(2 * S)
    assert bench.supply.reconnect == UTILITY


def test_light_and_then_blinking_means_that_the_customer_may_reconnect():
    bench = Bench().opened()
    bench.run(3 * S)
    bench.blink(1)
    assert bench.supply.reconnect == UNKNOWN
    bench.blink(1)
    assert bench.supply.reconnect == CUSTOMER
    bench.blink(60)
    assert bench.supply.reconnect == CUSTOMER
    assert bench.hints == [CUSTOMER]
    assert bench.states() == [LIVE, BREAKER_OPEN]


def test_blinking_from_the_start_opens_too():
    for lit_us, dark_us in ((200 * MS, 800 * MS), (S, S), (500 * MS, 3 * S)):
        bench = Bench().live()
        bench.pulse_every_us = None
        bench.blink(8, lit_us, dark_us)
        assert bench.supply.state == BREAKER_OPEN, (lit_us, dark_us)
        assert bench.supply.reconnect == CUSTOMER
        assert bench.states() == [LIVE, BREAKER_OPEN]


def test_the_hint_follows_when_blinking_becomes_steady_and_back():
    bench = Bench().opened()
    bench.blink(3)
    assert bench.supply.reconnect == CUSTOMER
    bench.lit = True
    bench.run(31 * S)
    assert bench.supply.reconnect == UTILITY
    bench.lit = False
    bench.run(S)
    bench.blink(3)
    assert bench.supply.reconnect == CUSTOMER
    assert bench.states() == [LIVE, BREAKER_OPEN]


def test_one_gap_in_steady_light_does_not_change_the_hint():
    bench = Bench().opened().run(30 * S)
    bench.lit = False
    bench.run(S)
    bench.lit = True
    bench.run(10 * S)
    assert bench.supply.reconnect == UTILITY


def test_a_dark_gap_of_some_seconds_is_still_open():
    bench = Bench(close_hold_us=6 * S).opened()
    for _ in range(5):
        bench.lit = False
        bench.run(5900 * MS)
        assert bench.supply.state == BREAKER_OPEN
        bench.lit = True
        bench.run(S)
    bench.lit = False
    bench.run(6100 * MS)
    assert bench.supply.state != BREAKER_OPEN


def test_a_dark_gap_is_still_open_when_the_mains_are_absent_too():
    bench = Bench(mains=True).live()
    bench.pulse_every_us = None
    # The breaker cuts the installation, and so what the mains sense watches.
    bench.mains = False
    bench.lit = True
    bench.run(5 * S)
    bench.blink(20)
    assert bench.states() == [LIVE, BREAKER_OPEN]
    assert bench.supply.reconnect == CUSTOMER


def test_consumption_proves_the_breaker_closed_before_the_hold_time():
    bench = Bench(close_hold_us=60 * S).opened()
    bench.lit = False
    bench.pulse_every_us = 500 * MS
    bench.run(1500 * MS)
    assert bench.supply.state == LIVE
    assert (bench.supply.breaker, bench.supply.reconnect) == (CLOSED, UNKNOWN)


def test_reclosing_is_live_again_with_a_mains_sense():
    bench = Bench(mains=True).opened()
    bench.lit = False
    bench.run(7 * S)
    assert bench.supply.state == LIVE
    assert bench.supply.reconnect == UNKNOWN


def test_mains_gone_and_everything_dark_is_a_lost_supply():
    bench = Bench(mains=True, lost_hold_us=2 * S).live()
    bench.pulse_every_us = None
    bench.mains = False
    assert bench.run(1900 * MS).supply.state == LIVE
    assert bench.run(300 * MS).supply.state == SUPPLY_LOST
    # A dark meter cannot show its breaker.
    assert bench.supply.breaker == UNKNOWN
    bench.mains = True
    assert bench.run(BEAT).supply.state == LIVE
    assert bench.states() == [LIVE, SUPPLY_LOST, LIVE]


def test_a_short_drop_of_the_mains_changes_nothing():
    for idle in (False, True):
        bench = Bench(mains=True, idle_us=10 * S).live()
        if idle:
            bench.pulse_every_us = None
            bench.run(11 * S)
        before = bench.states()
        for _ in range(10):
            bench.mains = False
            bench.run(1900 * MS)
            bench.mains = True
            bench.run(200 * MS)
        assert bench.states() == before


def test_a_start_without_mains_claims_nothing_before_the_hold_time():
    bench = Bench(mains=False).run(1900 * MS)
    assert bench.states() == []
    bench.run(S)
    assert bench.states() == [SUPPLY_LOST]


def test_an_open_breaker_that_loses_the_supply_too_is_lost():
    bench = Bench(mains=True).opened()
    bench.mains = False
    bench.run(5 * S)
    assert bench.supply.state == BREAKER_OPEN
    bench.lit = False
    bench.run(7 * S)
    assert bench.supply.state == SUPPLY_LOST
    assert (bench.supply.breaker, bench.supply.reconnect) == (UNKNOWN, UNKNOWN)


def test_pulses_under_a_lit_lower_led_prove_its_sensor_stuck_on():
    bench = Bench().live()
    bench.lit = True
    bench.run(30 * S)
    assert (bench.supply.state, bench.supply.fault) == (LIVE, LOWER_STUCK_ON)
    assert bench.supply.breaker == UNKNOWN
    bench.lit = False
    bench.run(10 * S)
    assert (bench.supply.state, bench.supply.fault) == (LIVE, None)
    assert bench.supply.breaker == CLOSED


def test_a_stuck_lower_sensor_hides_neither_idleness_nor_a_lost_supply():
    bench = Bench(mains=True, idle_us=60 * S).live()
    bench.lit = True
    bench.run(30 * S)
    assert bench.supply.fault == LOWER_STUCK_ON
    bench.pulse_every_us = None
    bench.run(61 * S)
    assert bench.supply.state == IDLE
    bench.mains = False
    bench.run(3 * S)
    assert bench.supply.state == SUPPLY_LOST


def test_a_stuck_lower_sensor_without_mains_sense_ends_in_unknown():
    bench = Bench(idle_us=60 * S).live()
    bench.lit = True
    bench.run(30 * S)
    bench.pulse_every_us = None
    bench.run(61 * S)
    assert bench.supply.state == UNKNOWN


def test_pulses_counted_late_are_no_contradiction():
    for mains in (None, True):
        bench = Bench(mains=mains).live()
        bench.pulse_every_us = None
        # The interpreter was blocked when the breaker opened: one beat counts it all.
        bench.lit = True
        bench.pulses += 12
        bench.run(BEAT)
        bench.pulses += 5
        bench.run(2 * S)
        assert (bench.supply.state, bench.supply.fault) == (BREAKER_OPEN, None)
    bench = Bench(mains=True).live()
    bench.pulse_every_us = None
    bench.mains = False
    bench.pulses += 12
    bench.run(BEAT)
    bench.pulses += 5
    bench.run(3 * S)
    assert (bench.supply.state, bench.supply.fault) == (SUPPLY_LOST, None)


def test_pulses_without_mains_prove_the_mains_sense_wrong():
    bench = Bench(mains=True).live()
    bench.mains = False
    bench.run(30 * S)
    assert (bench.supply.state, bench.supply.fault) == (LIVE, MAINS_SENSE)
    bench.mains = True
    bench.run(BEAT)
    assert (bench.supply.state, bench.supply.fault) == (LIVE, None)


def test_a_stuck_upper_sensor_is_a_fault_and_no_state():
    bench = Bench(mains=True).live()
    bench.pulse_every_us = None
    bench.upper_stuck = True
    bench.run(S)
    assert (bench.supply.state, bench.supply.fault) == (LIVE, UPPER_STUCK_ON)
    bench.upper_stuck = False
    bench.run(BEAT)
    assert bench.supply.fault is None


def test_no_pulse_for_a_day_suggests_a_loose_sensor():
    bench = Bench(mains=True, stuck_off_us=24 * H).live()
    bench.pulse_every_us = None
    bench.run(24 * H - 10 * S, 10 * S)
    assert (bench.supply.state, bench.supply.fault) == (IDLE, None)
    bench.run(20 * S)
    assert (bench.supply.state, bench.supply.fault) == (IDLE, UPPER_STUCK_OFF)
    bench.live()
    assert (bench.supply.state, bench.supply.fault) == (LIVE, None)


def test_an_open_breaker_or_no_mains_does_not_blame_the_sensor():
    bench = Bench(mains=True, stuck_off_us=24 * H).opened()
    assert bench.run(30 * H, 10 * S).supply.fault is None
    bench = Bench(mains=None, stuck_off_us=24 * H).live()
    bench.pulse_every_us = None
    assert bench.run(30 * H, 10 * S).supply.fault is None


def test_the_loose_sensor_hint_can_be_turned_off():
    bench = Bench(mains=True, stuck_off_us=0).live()
    bench.pulse_every_us = None
    assert bench.run(100 * H, 60 * S).supply.fault is None


def flicker(bench, duration_us):
    """Lamp light on the lower sensor: the sampled level is any, the edges are many."""
    bench.edges = 5
    end_us = bench.now_us + duration_us
    while bench.now_us < end_us:
        bench.lit = (bench.now_us // BEAT) % 3 != 0
        bench.run(BEAT)
    bench.edges = 0
    bench.lit = False


def test_lamp_flicker_opens_no_breaker():
    bench = Bench().live()
    flicker(bench, 9 * S)
    assert bench.states() == [LIVE]


def test_lamp_flicker_that_stays_is_a_fault_until_it_ends():
    bench = Bench().live()
    flicker(bench, 11 * S)
    assert (bench.supply.state, bench.supply.fault) == (LIVE, LOWER_FLICKER)
    bench.run(BEAT)
    assert bench.supply.fault is None


def test_an_open_breaker_stays_open_under_lamp_flicker():
    bench = Bench().opened()
    flicker(bench, 9 * S)
    assert bench.supply.state == BREAKER_OPEN


def test_consumption_under_lamp_flicker_proves_the_breaker_closed():
    bench = Bench().opened()
    bench.pulse_every_us = S
    flicker(bench, 5 * S)
    assert bench.supply.state == LIVE
    assert (bench.supply.breaker, bench.supply.reconnect) == (CLOSED, UNKNOWN)


def test_light_after_flicker_must_stand_for_its_hold_time_again():
    bench = Bench(open_hold_us=1500 * MS).live()
    bench.lit = True
    bench.run(BEAT)
    bench.edges = 5
    bench.run(5 * S)
    bench.edges = 0
    bench.run(1400 * MS)
    assert bench.states() == [LIVE]


def test_every_name_can_be_stored():
    values = [
        value
        for name, value in vars_of(names)
        if name.isupper() and isinstance(value, str) and not name.startswith("_")
    ]
    known = STATES + FAULTS + (OPEN, CLOSED, CUSTOMER, UTILITY)
    assert [value for value in values if value not in known] == []
    assert len(set(STATES)) == len(STATES) == 5


def vars_of(module):
    return [(name, getattr(module, name)) for name in dir(module)]


def test_each_change_becomes_an_event_with_time_duration_and_reading():
    log = EventLog()
    bench = Bench(mains=True)
    state, fault, since_us = UNKNOWN, None, bench.now_us
    for part in range(3):
        if part == 0:
            bench.live()
        elif part == 1:
            bench.pulse_every_us = None
            bench.mains = False
            bench.run(10 * S)
        else:
            bench.upper_stuck = True
            bench.mains = True
            bench.run(10 * S)
        for at_us, now, now_fault in bench.changes:
            utc_s = None if part < 2 else 1800000000 + at_us // S
            if now != state:
                lasted_s = (at_us - since_us) // S
                log.add(SUPPLY, STATES.index(now), utc_s, at_us // S, lasted_s, bench.pulses)
                state, since_us = now, at_us
            if now_fault != fault:
                log.add(FAULT, FAULTS.index(now_fault or "none"), utc_s, at_us // S, 0, 0)
                fault = now_fault
        bench.changes = []
    again = EventLog()
    again.unpack(log.pack())
    events = list(again.events())
    assert [(event["kind"], event["value"]) for event in events] == [
        (SUPPLY, STATES.index(LIVE)),
        (SUPPLY, STATES.index(SUPPLY_LOST)),
        (SUPPLY, STATES.index(LIVE)),
        (FAULT, FAULTS.index(UPPER_STUCK_ON)),
    ]
    assert [event["utc_s"] is None for event in events] == [True, True, False, False]
    assert events[2]["duration_s"] == events[2]["uptime_s"] - events[1]["uptime_s"]
    assert events[1]["reading_wh"] == bench.pulses
