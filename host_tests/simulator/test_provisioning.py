"""Set-up opens when it should, answers every name, and closes by itself."""

import shims

shims.install()

# isort: split
import asyncio
import socket

import network
from world import Scripted

from core import config
from drivers.button import Button
from drivers.wifi import Wifi
from services.provisioning import OPEN_S, Provisioning

PORT = 45353
QUERY = b"\x12\x34\x01\0\0\1\0\0\0\0\0\0\7example\3com\0\0\1\0\1"


def fresh(configured, dns_port=PORT, presses=()):
    """Return (world, provisioning); presses are (from_s, until_s) of the BOOT button."""
    edges = []
    for from_s, until_s in presses:
        edges.append((from_s * 1000000, 0, 0))
        edges.append((until_s * 1000000, 0, 1))
    world = shims.install(Scripted(edges))
    world.wire(0, 0, False, 1)
    setup = Provisioning(Wifi("omnipower"), "OMNIPOWER-1", configured, Button(0).pressed, dns_port)
    return world, setup


def run(setup, *waits_s):
    """Run it, and return whether it was open after each wait in turn."""
    seen = []

    async def main():
        task = asyncio.create_task(setup.run())
        for wait_s in waits_s:
            await asyncio.sleep(wait_s)
            seen.append(setup.is_open())
        task.cancel()
        await asyncio.sleep_ms(0)

    asyncio.run(main())
    return seen


def test_a_reader_without_a_network_opens_set_up_and_keeps_it_open():
    _, setup = fresh(False)
    assert run(setup, 1, 2 * OPEN_S) == [True, True]


def test_a_configured_reader_does_not():
    _, setup = fresh(True)
    assert run(setup, 1, 60) == [False, False]


def test_a_long_press_opens_it_for_a_quarter_of_an_hour():
    _, setup = fresh(True, presses=[(2, 6)])
    assert run(setup, 4, 2, OPEN_S - 10, 20) == [False, True, True, False]


def test_a_short_press_does_not():
    _, setup = fresh(True, presses=[(2, 4), (5, 7)])
    assert run(setup, 10) == [False]


def test_a_command_opens_and_closes_it():
    _, setup = fresh(True)
    setup.open()
    assert run(setup, 1) == [True]
    _, setup = fresh(True)
    setup.open()
    setup.close()
    assert run(setup, 1) == [False]


def test_the_access_point_closes_with_it():
    _, setup = fresh(True, presses=[(2, 6)])
    run(setup, 7)
    # run() has ended the task, as a failure would.
    assert not network.WLAN(network.AP_IF).active()
    assert setup.body()["address"] is None


def test_every_name_is_answered_with_its_own_address():
    _, setup = fresh(False)
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.setblocking(False)
    replies = []

    async def main():
        task = asyncio.create_task(setup.run())
        await asyncio.sleep(1)
        where = socket.getaddrinfo("127.0.0.1", PORT)[0][-1]
        for data in (b"", b"nonsense", QUERY):
            client.sendto(data, where)
        for _ in range(20):
            await asyncio.sleep_ms(100)
            try:
                replies.append(client.recv(512))
            except OSError:
                pass
        task.cancel()
        await asyncio.sleep_ms(0)

    asyncio.run(main())
    client.close()
    assert len(replies) == 1
    assert replies[0][-4:] == b"\x7f\0\0\1"


def test_a_name_server_that_cannot_start_is_told_and_set_up_opens_all_the_same():
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taken.bind(socket.getaddrinfo("0.0.0.0", PORT + 1)[0][-1])
    _, setup = fresh(False, PORT + 1)
    try:
        assert run(setup, 1) == [True]
        assert setup.error.startswith("dns: port")
    finally:
        taken.close()


def test_networks_are_listed_strongest_first_without_hidden_ones():
    _, setup = fresh(False)
    found = setup.scan()
    assert found == [("simulated", -61, True), ("Grannen på 2:an", -84, True)]


def test_the_station_and_the_access_point_are_two():
    shims.install()
    station, access_point = network.WLAN(network.STA_IF), network.WLAN(network.AP_IF)
    access_point.active(True)
    assert not station.active()
    station.active(True)
    access_point.active(False)
    assert station.active()


def test_the_button_may_not_share_a_pin():
    _, errors = config.validate({"button": {"pin": 34}})
    assert errors and errors[0].startswith("button.pin: 34")
