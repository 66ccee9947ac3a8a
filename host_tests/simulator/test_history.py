"""The history through restarts, power cuts and clock steps, on real littlefs."""

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import asyncio
import json
import os

from crash_board import KINDS, Supply
from household import NOON_S, Household

from core.history import DAY, HOUR, MONTH, PARTIAL, QUARTER, UNDATED, identity
from core.interval import UNKNOWN_BOOT
from core.local_time import days


def test_a_day_is_96_complete_quarters():
    house = Household().power_on().run(86400, 15)
    records = house.records()
    assert [record.start for record in records] == [NOON_S + 900 * k for k in range(96)]
    assert {record.flags for record in records} == {0}
    assert sum([record.pulses for record in records]) == 86400
    assert {(record.min_w, record.max_w) for record in records} == {(3600, 3600)}
    house.check()


def test_pulses_at_a_quarters_end_belong_where_they_began():
    house = Household(watts=0).power_on().run(895)
    assert house.mark_us == house.uptime_s() * 1000000 + 5000000
    house.under_way = True
    house.true_s += 5
    house.history.look()
    house.history.look()
    assert house.records() + house.history._waiting == []
    # Judged now: one began before the quarter's end, one after.
    house.register.add(2)
    house.metering.meter.beyond = 1
    house.under_way = False
    house.true_s += 1
    house.history.look()
    (record,) = house.history._waiting
    assert (record.pulses, record.covered_s, record.flags) == (1, 900, 0)
    assert house.history.intervals.record(house.register.total).pulses == 1
    house.check()
    assert house.mark_us == (house.uptime_s() + 899) * 1000000


def test_the_quarters_end_is_foreseen_to_the_part_of_a_second():
    house = Household()
    house.second_us = lambda: 250000
    house.power_on().run(100)
    assert house.mark_us == (house.uptime_s() + 800) * 1000000 - 250000


def test_while_a_pulse_is_under_way_demand_stays_in_the_quarter():
    house = Household().power_on().run(10)
    asyncio.run(house.history._sum_up())
    house.run(885)
    house.under_way = True
    house.run(5)
    assert house.records() == []
    # 3600 W for a quarter that is not over for it: not the first second of the next.
    assert house.demand.quarter_mean_w == 3600
    assert house.demand.today_wh == 900


def test_light_that_has_no_end_does_not_hold_the_quarter_up():
    house = Household().power_on().run(895)
    house.under_way = True
    house.run(35)
    (record,) = house.records()
    assert (record.covered_s, record.flags) == (900, 0)
    house.run(900).check()
    assert len(house.records()) == 2


def test_a_clock_set_back_while_a_quarters_end_waits_takes_it_back():
    house = Household().power_on().run(895)
    house.under_way = True
    house.true_s += 5
    house.history.look()
    house.error_s = -3
    house.history.look()
    house.under_way = False
    house.history.look()
    assert house.history._waiting == []
    assert house.mark_us == (house.uptime_s() + 3) * 1000000
    house.run(900).check()
    assert [record.start for record in house.records()] == [NOON_S]


def test_before_a_restart_nothing_is_put_off():
    house = Household().power_on().run(895)
    house.under_way = True
    house.true_s += 5
    house.history.save()
    assert len(house.records()) == 1


def test_the_interval_in_progress_survives_a_power_cut():
    house = Household().power_on().run(600)
    house.save_register()
    house.power_off(60).power_on().run(600)
    (record,) = house.records()
    assert (record.start, record.pulses) == (NOON_S, 840)
    assert record.flags == PARTIAL
    house.check()


def test_the_register_catches_up_with_the_records():
    # The register was saved before the interval was closed.
    house = Household().power_on().run(600)
    house.save_register()
    house.run(305)
    assert house.records()[0].total == 900
    house.power_off().power_on()
    assert house.register.total == 900
    house.run(900).check()


def test_a_history_that_begins_with_a_used_register():
    house = Household()
    house.saved = 5000000
    house.power_on().run(1800)
    assert [record.pulses for record in house.records()] == [900, 900]
    assert house.records()[-1].total == 5001800


def test_after_a_long_cut_the_interval_is_closed_with_what_it_had():
    house = Household().power_on().run(600)
    house.save_register()
    house.power_off(86400).power_on().run(1800)
    records = house.records()
    assert records[0].start == NOON_S
    assert (records[0].pulses, records[0].flags) == (600, PARTIAL)
    assert records[1].start == NOON_S + 86400
    house.check()


def test_without_a_clock_intervals_are_labelled_and_dated_once_it_is_set():
    house = Household().power_on(error_s=None).run(2700)
    assert [record.flags for record in house.records()] == [UNDATED] * 3
    assert [row["start_utc"] for row in house.history.listing(QUARTER)] == [None] * 3
    house.error_s = 0
    house.run(60)
    listing = list(house.history.listing(QUARTER))
    assert listing[0]["start_utc"] == "2026-11-24T12:00:00Z"
    assert listing[0]["quality"] == "estimated"
    house.save_register()
    # The date outlives the next power cut.
    house.power_off().power_on(error_s=None)
    assert next(iter(house.history.listing(QUARTER)))["start_utc"] == "2026-11-24T12:00:00Z"
    house.check()


def test_listing_in_all_resolutions_sums_to_the_register():
    house = Household(watts=1234).power_on().run(2 * 86400, 30)
    for resolution, count in ((QUARTER, 192), (HOUR, 48), (DAY, 3), (MONTH, 1)):
        listing = list(house.history.listing(resolution))
        assert len(listing) == count, resolution
        assert sum([row["pulses"] for row in listing]) == house.records()[-1].total
        json.dumps(listing[0])


def test_demand_is_made_anew_from_flash():
    house = Household().power_on().run(4 * 3600 + 600, 10)

    async def begin():
        await house.history._sum_up()

    asyncio.run(begin())
    house.run(10)
    before = house.demand.state()
    assert before["today_wh"] == 4 * 3600 + 610
    # The first of equals, one a day.
    assert before["peaks"] == [(NOON_S, 3600, 3600)]
    house.save_register()
    house.power_off(0).power_on()
    asyncio.run(begin())
    house.run(5)
    after = house.demand.state()
    # The hour in progress has no pulses but those of five seconds more.
    assert after["today_wh"] == before["today_wh"] + 5
    assert after["month_wh"] == before["month_wh"] + 5
    assert after["peaks"] == before["peaks"]


def test_last_months_peak_survives_a_power_cut():
    house = Household(true_s=days(2026, 11, 30) * 86400 + 43200).power_on().run(15)

    async def begin():
        await house.history._sum_up()

    asyncio.run(begin())
    house.run(12 * 3600, 15)
    assert house.demand.state()["last_month_peak_w"] == 3600
    house.save_register()
    house.power_off(3 * 86400).power_on().run(15)
    asyncio.run(begin())
    assert house.demand.state()["last_month_peak_w"] == 3600
    # A record that is no whole one is told, and stops nothing.
    house.history._months_journal.save(b"12345")
    house.power_off(0).power_on()
    assert "5 bytes" in house.history.status()["errors"][0]
    house.run(15)
    asyncio.run(begin())
    assert house.demand.state()["last_month_peak_w"] is None


def test_a_reset_that_keeps_rtc_memory_loses_no_pulse_of_the_interval():
    house = Household().power_on().run(740)
    # RTC memory holds the register of the last beat; the interval was last saved before.
    house.save_register()
    house.power_off(0).power_on().run(200)
    (record,) = house.records()
    assert (record.start, record.pulses) == (NOON_S, 900)


def test_another_meter_constant_restates_no_interval():
    house = Household().power_on().run(2 * 3600 + 600, 15)
    before = list(house.history.listing(QUARTER))
    house.save_register()
    house.imp = 500
    house.power_off(0).power_on().run(300 + 3600, 15)
    after = list(house.history.listing(QUARTER))
    assert after[: len(before)] == before
    # 600 pulses at 1000 imp/kWh and 300 at 500, in the quarter of the change.
    assert [row["wh"] for row in after[len(before) :]] == [600 + 600] + [1800] * 4
    assert after[len(before)]["mean_w"] == 4 * 1200
    # The hours before the change are as high as they were, and the new ones as they are.

    async def begin():
        await house.history._sum_up()

    asyncio.run(begin())
    house.run(15)
    assert house.demand.state()["today_wh"] == 7200 + 600 + 600 + 7200 + 2 * 15
    assert house.demand.peaks[0].mean_w == 1200 + 3 * 1800
    house.check()


def test_a_flash_that_refuses_loses_nothing_for_a_day():
    house = Household().power_on().run(900)
    append = house.history.store.append

    def refuse(record):
        house.history.store.error = "history: refused"
        return False

    house.history.store.append = refuse
    house.run(10 * 900)
    assert house.history.status()["waiting"] == 10
    assert house.history.status()["errors"] == ["history: refused"]
    house.check()
    house.history.store.append = append
    house.history.store.error = None
    house.run(900)
    assert len(house.records()) == 12
    assert house.history.status()["waiting"] == 0
    house.check()


def test_a_flash_that_refuses_for_longer_says_what_it_lost():
    house = Household().power_on()
    house.history.store.append = lambda record: False
    house.run(110 * 900, 15)
    assert house.history.lost > 0
    assert house.history.status()["waiting"] <= 97


def test_a_lost_interval_journal_invents_no_peak():
    house = Household().power_on().run(1500)
    house.save_register()
    house.power_off(5)
    house.board.blobs.clear()
    house.power_on()
    os.remove("/crash/interval.rec")
    house.power_off(5).power_on().run(900)
    pulses = [record.pulses for record in house.records()]
    assert sum(pulses) + house.history.intervals.record(house.register.total).pulses == (
        house.register.total
    )
    assert max(pulses) <= 900


def test_power_fails_at_every_write_step():
    house = Household(watts=36000).power_on().run(300)
    house.save_register()
    house.power_off(0)
    start = house.board.image, dict(house.board.blobs), house.saved, house.true_s, house.boot

    def back():
        house.board.image, house.board.blobs = start[0], dict(start[1])
        house.saved, house.true_s, house.boot = start[2:]

    def live(supply):
        house.power_on(supply).run(2400, 20)

    house.board.formats = 0
    back()
    whole = Supply()
    live(whole)
    house.power_off(0)
    assert len(whole.steps) > 20
    for cut_at in range(len(whole.steps)):
        for kind in KINDS:
            where = (cut_at, kind)
            back()
            live(Supply(cut_at, kind))
            truth = house.truth
            house.power_off(20)
            house.power_on()
            assert house.board.formats == 0, where
            assert house.saved <= house.register.total <= truth, where
            house.run(1800, 20)
            house.check(where)
            records = house.records()
            assert [one.sequence for one in records] == list(range(len(records))), where
            assert records[0].total - records[0].pulses == 0, where
            for one in records:
                # 36 kW for 15 min: no interval holds more than it can.
                assert one.pulses <= 9000 + 200, (where, one)
            house.power_off(0)


def test_the_service_runs_on_the_loop():
    house = Household().power_on()

    async def main():
        task = asyncio.create_task(house.history.run())
        await asyncio.sleep_ms(3000)
        task.cancel()

    asyncio.run(main())
    assert house.demand.state()["today_wh"] is not None
    assert house.history.status()["errors"] == []


class Chance:
    """Repeatable random numbers: the interpreters have no seedable random in common."""

    def __init__(self, seed):
        self._state = seed

    def below(self, limit):
        x = self._state
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        self._state = x
        return x % limit


def misfortune(house, chance):
    """Live through one start of the reader, which ends at any write step or none."""
    supply = Supply(chance.below(120), KINDS[chance.below(len(KINDS))])
    house.power_on(supply, error_s=(0, None, chance.below(7200) - 3600)[chance.below(3)])
    for _ in range(chance.below(6)):
        house.run(chance.below(2000), 20)
        if supply.dead:
            break
        if chance.below(2):
            house.save_register()
        if chance.below(3) == 0:
            house.error_s = (0, 0, None, chance.below(20000) - 10000)[chance.below(4)]
    house.power_off(chance.below(3000))


def test_any_misfortune_leaves_a_chain_that_ends_at_the_register():
    for seed in range(1, 31):
        chance = Chance(seed * 2654435761 % 0xFFFFFFFF)
        house = Household(watts=1000 + chance.below(20000))
        # Formatting is done on the bench.
        house.power_on().power_off(0)
        for _ in range(8):
            misfortune(house, chance)
            assert house.board.formats == 1, seed
        house.power_on()
        assert house.register.total >= house.saved, seed
        house.run(2000, 20)
        house.check(seed)
        records = house.records()
        assert records[0].total - records[0].pulses == 0, seed
        assert [one.sequence for one in records] == list(range(len(records))), seed
        ids = {identity(one) for one in records}
        assert len(ids) == len(records), seed
        # No interval holds more than its time can; what a cut one has covered since it was
        # saved last is not known, here up to a whole quarter.
        for one in records:
            most = house.watts * (one.covered_s + 920) // 3600
            assert one.pulses <= most or one.boot == UNKNOWN_BOOT, (seed, one)


def test_the_month_is_the_sum_of_its_records_whatever_the_clock_did():
    for seed in range(1, 9):
        chance = Chance(seed * 40503)
        house = Household(watts=2000).power_on()
        asyncio.run(house.history._sum_up())
        for _ in range(12):
            house.run(chance.below(4000), 20)
            house.error_s = (0, 0, 900, -900, 40 * 86400, -300, 7200)[chance.below(7)]
            if house.history._rebuild:
                asyncio.run(house.history._sum_up())
        house.error_s = 0
        house.run(1800, 20)
        asyncio.run(house.history._sum_up())
        house.run(20, 20)
        month = [one.pulses for one in house.records() if one.start < NOON_S + 6 * 86400]
        now = house.history.intervals.record(house.register.total)
        assert house.demand.state()["month_wh"] == sum(month) + now.pulses, seed
        for start_s, mean_w, _ in house.demand.state()["peaks"]:
            assert mean_w <= 2000 * 102 // 100, (seed, start_s, mean_w)
