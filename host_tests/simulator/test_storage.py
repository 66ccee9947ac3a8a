"""NVS, RTC memory and littlefs of the imitated board: what survives what."""

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import os
import time

import flash
import machine
from esp32 import NVS
from machine import RTC, Pin
from world import Scripted

from portable import raises

NOT_FOUND = -0x1102
NOT_ENOUGH_SPACE = -0x1105
KEY_TOO_LONG = -0x1109
INVALID_LENGTH = -0x110C


def blank_board():
    """Return the world of a board that was never used."""
    for name in ("nvs.json", "rtc_memory.bin", "rtc_clock.txt", "flash.img"):
        if name in os.listdir():
            os.remove(name)
    return shims.install()


def read(nvs, key, size=64):
    """Return a blob's bytes."""
    buffer = bytearray(size)
    return bytes(buffer[: nvs.get_blob(key, buffer)])


def code(function, *arguments):
    """Return the number of the OSError that the call raises."""
    return raises(OSError, function, *arguments).args[0]


def test_a_blob_is_there_at_once_and_after_a_restart():
    blank_board()
    nvs = NVS("omnipower")
    nvs.set_blob("register", b"\x00\xff1234")
    assert read(nvs, "register") == b"\x00\xff1234"
    # Without commit, and through another object.
    NVS.forget()
    assert read(NVS("omnipower"), "register") == b"\x00\xff1234"
    shims.install()
    assert read(NVS("omnipower"), "register") == b"\x00\xff1234"


def test_namespaces_and_types_are_apart():
    blank_board()
    one, other = NVS("one"), NVS("other")
    one.set_blob("key", "text")
    one.set_i32("number", -7)
    assert code(read, other, "key") == NOT_FOUND
    assert code(one.get_i32, "key") == NOT_FOUND
    assert code(read, one, "number") == NOT_FOUND
    assert read(one, "key") == b"text"
    assert one.get_i32("number") == -7


def test_errors_are_the_ports_numbers():
    blank_board()
    nvs = NVS("omnipower")
    nvs.set_blob("register", bytes(20))
    assert code(nvs.get_blob, "nothing", bytearray(64)) == NOT_FOUND
    assert code(nvs.get_blob, "register", bytearray(19)) == INVALID_LENGTH
    assert nvs.get_blob("register", bytearray(20)) == 20
    assert code(nvs.get_i32, "nothing") == NOT_FOUND
    assert code(nvs.erase_key, "nothing") == NOT_FOUND
    nvs.set_blob("123456789012345", b"")
    assert nvs.get_blob("123456789012345", bytearray(1)) == 0
    assert code(nvs.set_blob, "1234567890123456", b"") == KEY_TOO_LONG
    assert code(nvs.set_i32, "1234567890123456", 1) == KEY_TOO_LONG
    raises(OSError, NVS, "1234567890123456")


def test_i32_has_32_bits():
    blank_board()
    nvs = NVS("omnipower")
    for value in (0, -(1 << 31), (1 << 31) - 1):
        nvs.set_i32("value", value)
        assert nvs.get_i32("value") == value
    for value in (1 << 31, -(1 << 31) - 1):
        raises(OverflowError, nvs.set_i32, "value", value)
    assert nvs.get_i32("value") == (1 << 31) - 1


def test_a_key_erased_is_gone_and_the_others_stay():
    blank_board()
    nvs = NVS("omnipower")
    nvs.set_blob("a", b"1")
    nvs.set_blob("b", b"2")
    nvs.erase_key("a")
    NVS.forget()
    assert code(read, nvs, "a") == NOT_FOUND
    assert read(nvs, "b") == b"2"
    NVS.erase_all()
    assert code(read, nvs, "b") == NOT_FOUND
    nvs.set_blob("a", b"3")
    assert read(nvs, "a") == b"3"


def test_a_partition_that_cannot_be_read_is_an_empty_one():
    for damage in ("", "{", "[1, 2]", '{"omnipower/a": ', "\x00\x00\x00"):
        blank_board()
        NVS("omnipower").set_blob("a", b"1")
        with open("nvs.json", "w") as file:
            file.write(damage)
        NVS.forget()
        nvs = NVS("omnipower")
        assert code(read, nvs, "a") == NOT_FOUND, damage
        nvs.set_blob("a", b"2")
        NVS.forget()
        assert read(nvs, "a") == b"2"


def test_a_full_partition_refuses_and_keeps_what_it_has():
    blank_board()
    nvs = NVS("omnipower")
    nvs.set_blob("register", b"old")
    stored = 0
    while True:
        try:
            nvs.set_blob("filler{}".format(stored), bytes(1900))
        except OSError as error:
            assert error.args[0] == NOT_ENOUGH_SPACE
            break
        stored += 1
    # The port's partition has 24 KiB.
    assert 8 <= stored <= 12, stored
    assert code(nvs.set_blob, "register", bytes(1900)) == NOT_ENOUGH_SPACE
    assert read(nvs, "register") == b"old"
    nvs.erase_key("filler0")
    nvs.set_blob("register", b"new")
    assert read(nvs, "register") == b"new"


def test_a_partition_without_a_free_page_is_erased_whole_at_the_next_boot():
    blank_board()
    nvs = NVS("omnipower")
    nvs.set_blob("register", b"gone")
    NVS.exhaust()
    assert read(nvs, "register") == b"gone"
    shims.install()
    assert code(read, NVS("omnipower"), "register") == NOT_FOUND


def test_writing_nvs_stalls_and_now_and_then_erases():
    world = blank_board()
    nvs = NVS("omnipower")
    stalls = set()
    for _ in range(100):
        before = world.now_us
        nvs.set_blob("register", bytes(64))
        stalls.add(world.now_us - before)
    assert len(stalls) == 2, stalls
    assert min(stalls) < 5000 and max(stalls) > 40000, stalls


def test_rtc_memory_holds_2048_bytes_and_outlives_a_reset():
    blank_board()
    assert RTC().memory() == b""
    RTC().memory(bytes(2048))
    assert str(raises(ValueError, RTC().memory, bytes(2049))) == "buffer too long"
    RTC().memory(b"\x01\x02")
    # What a reset does: a new process over the same folder.
    shims.install()
    machine.set_reset_cause("watchdog")
    assert RTC().memory() == b"\x01\x02"


def test_rtc_time_outlives_resets_and_not_a_loss_of_power():
    world = blank_board()
    assert time.gmtime()[0] == 2000
    RTC().datetime((2026, 11, 24, 1, 13, 5, 9, 0))
    time.sleep(50)
    for cause in ("soft", "watchdog", "hard"):
        shims.install(None, world.now_us)
        machine.set_reset_cause(cause)
        assert time.gmtime()[:6] == (2026, 11, 24, 13, 5, 59), cause
    shims.install(None, world.now_us)
    assert time.gmtime()[0] == 2000


def test_every_reset_cause_is_the_ports_number():
    blank_board()
    assert machine.reset_cause() == machine.PWRON_RESET
    for name, number in (
        ("power_on", 1),
        ("hard", 2),
        ("watchdog", 3),
        ("deepsleep", 4),
        ("soft", 5),
    ):
        machine.set_reset_cause(name)
        assert machine.reset_cause() == number, name
    # The port has no number for a brown-out: it looks like a power-on.
    raises(KeyError, machine.set_reset_cause, "brown_out")


def mounted(device):
    """Mount littlefs from a device, formatted where it is blank."""
    try:
        volume = os.VfsLfs2(device, progsize=256, readsize=64)
    except OSError:
        os.VfsLfs2.mkfs(device, progsize=256, readsize=64)
        volume = os.VfsLfs2(device, progsize=256, readsize=64)
    os.mount(volume, "/flash")


def test_littlefs_is_the_real_one_and_keeps_its_files():
    blank_board()
    mounted(flash.FileFlash("flash.img"))
    try:
        with open("/flash/a.tmp", "wb") as file:
            file.write(bytes(range(256)) * 40)
        os.rename("/flash/a.tmp", "/flash/a")
    finally:
        os.umount("/flash")
    mounted(flash.FileFlash("flash.img"))
    try:
        assert os.listdir("/flash") == ["a"]
        with open("/flash/a", "rb") as file:
            assert file.read() == bytes(range(256)) * 40
        assert os.statvfs("/flash")[0] == flash.SECTOR
    finally:
        os.umount("/flash")


def test_erasing_and_programming_block_the_interpreter():
    blank_board()
    world = shims.install(Scripted([(5000 + 1000 * k, 0, (k + 1) % 2) for k in range(20)]))
    world.wire(0, 34)
    late_us = []
    Pin(34, Pin.IN).irq(lambda pin: late_us.append(world.now_us))
    device = flash.FileFlash("flash.img")
    device.writeblocks(0, bytes(256), 0)
    programmed_us = world.now_us
    assert 100 < programmed_us < 1000, "a page takes some 0.4 ms"
    device.ioctl(6, 1)
    assert 30000 < world.now_us - programmed_us < 60000, "a sector takes some 45 ms"
    assert len(late_us) == 8
    assert min(late_us) >= programmed_us + 30000
    assert world.dropped == 12
    erased = bytearray(16)
    device.readblocks(1, erased)
    assert erased == b"\xff" * 16
    assert device.ioctl(4, 0) == 256 and device.ioctl(5, 0) == 4096
