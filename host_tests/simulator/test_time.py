"""The clocks of the imitated board: ticks that wrap at 2**30, an epoch of 2000, NTP."""

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import os
import time

import machine
import network
import ntptime
import ticks_table
import utime

from drivers import clock, ntp
from portable import raises

EPOCH_2000_S = 946684800
DAYS_IN_MONTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def board(now_us=0):
    """Return the world at a time since power-on that is not its first."""
    world = shims.install()
    world.run_until(now_us)
    return world


def connect():
    """Join the only network there is."""
    station = network.WLAN(network.STA_IF)
    station.active(True)
    station.connect("simulated", "secret")
    assert station.isconnected()


def test_ticks_answer_as_an_interpreter_of_31_bits_does():
    ticks_table.check(time)
    assert clock.ticks_period() == 1 << 30


def test_ticks_us_and_ms_wrap_at_their_period():
    period = 1 << 30
    board(period - 2)
    assert time.ticks_us() == period - 1
    assert time.ticks_us() == 0
    assert time.ticks_ms() == period // 1000
    board(1000 * period - 2)
    assert time.ticks_ms() == period - 1
    time.sleep_us(3)
    assert time.ticks_ms() == 0
    before = time.ticks_us()
    time.sleep_ms(5)
    assert 5000 <= time.ticks_diff(time.ticks_us(), before) < 5010


def test_ticks_count_from_the_boot_of_the_board():
    shims.install(None, 123456789)
    assert time.ticks_us() < 10
    time.sleep_ms(3)
    assert time.ticks_ms() == 3


def test_a_clock_that_was_never_set_shows_2000():
    board(90000000)
    assert time.gmtime()[:5] == (2000, 1, 1, 0, 1)
    assert time.time() == 90
    assert clock.utc_s() is None


def test_mktime_and_gmtime_are_inverse_from_2000_to_2099():
    seconds = 0
    weekday = 5  # 2000-01-01 was a Saturday, and Monday is 0.
    for year in range(2000, 2100):
        yearday = 0
        for month in range(1, 13):
            days = DAYS_IN_MONTH[month - 1] + (month == 2 and year % 4 == 0)
            for day in range(1, days + 1):
                yearday += 1
                fields = (year, month, day, 23, 59, 58, weekday, yearday)
                assert time.mktime(fields) == seconds + 86398, fields
                if day in (1, days):
                    assert time.gmtime(seconds + 86398) == fields
                    assert time.localtime(seconds + 86398) == fields
                seconds += 86400
                weekday = (weekday + 1) % 7


def test_ntp_sets_the_clock_to_the_hosts_utc():
    world = board()
    connect()
    before_us = world.now_us
    ntp.set_clock("pool.ntp.org")
    assert ntptime.host == "pool.ntp.org"
    # The lookup and the answer block.
    assert world.now_us - before_us > 100000
    assert abs(clock.utc_s() - utime.time()) <= 2
    set_s = time.time()
    assert abs(set_s + EPOCH_2000_S - utime.time()) <= 2
    time.sleep(3600)
    assert time.time() - set_s == 3600
    assert time.time_ns() // 1000000000 == time.time()


def test_ntp_fails_without_a_network_and_for_a_name_that_does_not_resolve():
    board()
    raises(OSError, ntp.set_clock, "pool.ntp.org")
    connect()
    raises(OSError, ntp.set_clock, "no.such.invalid")
    assert clock.utc_s() is None
    network.WLAN().disconnect()
    raises(OSError, ntp.set_clock, "pool.ntp.org")


def test_a_network_of_another_name_is_out_of_reach():
    board()
    station = network.WLAN(network.STA_IF)
    raises(OSError, station.connect, "simulated", "secret")
    station.active(True)
    station.connect("neighbour", "secret")
    assert not station.isconnected()
    station.connect("simulated", "secret")
    assert station.isconnected()
    station.active(False)
    assert not station.isconnected()


def test_setting_the_rtc_by_hand_reads_back():
    board()
    machine.RTC().datetime((2028, 2, 29, 1, 23, 59, 58, 0))
    assert machine.RTC().datetime() == (2028, 2, 29, 1, 23, 59, 58, 0)
    time.sleep(3)
    assert time.gmtime()[:6] == (2028, 3, 1, 0, 0, 1)
    assert "rtc_clock.txt" in os.listdir()


def test_ntp_tells_a_time_that_goes_on_with_the_virtual_clock():
    world = board()
    connect()
    ntp.set_clock("pool.ntp.org")
    first_s = clock.utc_s()
    before_us = world.now_us
    time.sleep(6 * 3600)
    ntp.set_clock("pool.ntp.org")
    elapsed_s = (world.now_us - before_us) // 1000000
    assert abs(clock.utc_s() - first_s - elapsed_s) <= 1
    # After a reset too, though the host's clock has not moved.
    now_us = world.now_us
    world = shims.install(None, now_us)
    connect()
    ntp.set_clock("pool.ntp.org")
    assert abs(clock.utc_s() - first_s - elapsed_s) <= 2
