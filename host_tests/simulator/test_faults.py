"""What the imitated board can be made to suffer, and that it is as on the chip."""

import shims

world = shims.install()

# isort: split
import os
import socket

import esp32
import flash
import network
import ntptime

from portable import raises

SECOND_US = 1000000
OLD = b"\xff" * 512
NEW = b"\x0f" * 512


def fresh():
    """Return the world of a board that has just been switched on and joined the network."""
    shims.install()
    station = network.WLAN()
    station.active(True)
    station.connect(network.SSID)
    return station


def test_a_network_that_comes_back_is_joined_again_after_a_while():
    station = fresh()
    assert station.isconnected()
    network.WLAN.set_away(True)
    assert not station.isconnected()
    network.WLAN.set_away(False)
    assert not station.isconnected()
    world.run_until(world.now_us + 4 * SECOND_US)
    assert station.isconnected()


def test_a_look_up_without_an_answer_blocks_and_fails():
    fresh()
    before_us = world.now_us
    assert socket.getaddrinfo("broker.home", 1883)[0][-1]
    assert world.now_us - before_us < SECOND_US
    world.board["dns hang us"] = 7 * SECOND_US
    before_us = world.now_us
    raises(OSError, socket.getaddrinfo, "broker.home", 1883)
    assert world.now_us - before_us >= 7 * SECOND_US
    # An address needs no look-up.
    before_us = world.now_us
    assert socket.getaddrinfo("127.0.0.1", 1883)[0][-1]
    assert world.now_us == before_us


def test_without_a_network_no_name_is_found():
    fresh().disconnect()
    raises(OSError, socket.getaddrinfo, "broker.home", 1883)


def test_time_servers_may_be_silent():
    fresh()
    world.board["ntp silent until us"] = world.now_us + 60 * SECOND_US
    raises(OSError, ntptime.settime)
    world.run_until(world.now_us + 60 * SECOND_US)
    ntptime.settime()


def test_a_step_torn_by_a_power_cut_leaves_old_new_or_something_between():
    for tear, expected in (
        (flash.NOT_DONE, OLD),
        (flash.FIRST_HALF, NEW[:256] + OLD[256:]),
        (flash.GARBAGE, NEW[:256] + b"\xaf" * 256),
    ):
        fresh()
        device = flash.FileFlash("torn.img", 2)
        device.ioctl(6, 0)
        world.board["tear"] = tear
        ended = raises(SystemExit, device.writeblocks, 0, NEW, 0)
        assert ended.args[0] == flash.EXIT_POWER_CUT
        del world.board["tear"]
        found = bytearray(512)
        device.readblocks(0, found, 0)
        assert bytes(found) == expected, tear
    os.remove("torn.img")


def test_an_nvs_entry_is_there_or_it_is_not():
    for tear, expected in ((flash.NOT_DONE, 1), (flash.GARBAGE, 2)):
        fresh()
        store = esp32.NVS("torn")
        store.set_i32("number", 1)
        world.board["tear"] = tear
        raises(SystemExit, store.set_i32, "number", 2)
        shims.install()
        assert esp32.NVS("torn").get_i32("number") == expected, tear


def test_whoever_watches_is_told_of_a_reset_before_the_process_ends():
    fresh()
    told = []
    world.at_end = told.append
    raises(SystemExit, world.end, 4)
    assert told == [4]


class Stingy:
    """An edge source, and a handler, that find no memory at every other try."""

    def __init__(self, edges):
        self._edges = edges
        self._tries = 0

    def fetch(self, until_us):
        self._tries += 1
        if self._tries % 2:
            raise MemoryError("memory allocation failed, allocating 40 bytes")
        edges, self._edges = self._edges, []
        return until_us, edges


def test_the_imitation_gets_the_memory_that_it_lacks_from_who_took_it():
    shims.install()
    world.wire(0, 4)
    seen = []
    world.watch(4, lambda t_us, level: seen.append((t_us, level)))
    world.source = Stingy([(world.now_us + 1000, 0, 1), (world.now_us + 3000, 0, 0)])
    start_us = world.now_us
    # Nobody gives: it shows, rather than that an edge is lost.
    raises(MemoryError, world.run_until, start_us + 2000)
    given = []
    world.source = Stingy([(start_us + 1000, 0, 1), (start_us + 3000, 0, 0)])
    world.at_full = lambda: given.append(1) or True
    world.run_until(start_us + 5000)
    assert seen == [(start_us + 1000, 1), (start_us + 3000, 0)]
    assert given
