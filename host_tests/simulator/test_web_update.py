"""What an update over the network may name, and in which order its pieces come."""

import shims

# asyncio binds the clock when it is imported, so the imitated one must be there first.
shims.install()

# isort: split
import os

from drivers import slot_store
from portable import raises
from services.web_update import Receiver, acceptable


def test_only_paths_below_the_slot_are_accepted():
    for name in ("main.mpy", "lib/microdot/__init__.mpy", "www/index.html.gz", "a-b.c_d"):
        assert acceptable(name), name
    for name in (
        "",
        "/main.mpy",
        "../config.json",
        "core/../../slot.json",
        "core//meter.mpy",
        "core/",
        "./main.mpy",
        "core/./meter.mpy",
        "a b",
        "a\\b",
        "a\0b",
        "å",
        "x" * 81,
        None,
        3,
        ["main.mpy"],
    ):
        assert not acceptable(name), name


def receiver():
    """Return one that has begun, with slot a to write into."""
    found = Receiver(slot_store)
    assert found.begin() == "a"
    return found


def test_pieces_must_follow_one_another():
    update = receiver()
    update.write("core/x.mpy", 0, b"abc")
    update.write("core/x.mpy", 3, b"def")
    raises(ValueError, update.write, "core/x.mpy", 3, b"again")
    raises(ValueError, update.write, "core/x.mpy", 9, b"later")
    raises(OSError, update.write, "core/other.mpy", 3, b"no start")
    with open("a/core/x.mpy", "rb") as file:
        assert file.read() == b"abcdef"
    # Begun anew, it is a new file.
    update.write("core/x.mpy", 0, b"z")
    assert os.stat("a/core/x.mpy")[6] == 1


async def test_a_manifest_that_leads_out_of_the_slot_is_refused():
    update = receiver()
    for text in (
        '{"version": "1", "files": {"../config.json": "00"}}',
        '{"version": "1", "files": {}}',
        "{",
    ):
        update.write("manifest.new", 0, text.encode())
        try:
            await update.finish()
        except ValueError:
            continue
        raise AssertionError(text)
    assert update.slot == "a"


async def test_files_that_are_not_as_the_manifest_says_are_named_and_nothing_put_in_force():
    update = receiver()
    update.write("main.mpy", 0, b"abc")
    update.write("manifest.new", 0, b'{"version": "1", "files": {"main.mpy": "00", "x": "11"}}')
    assert sorted(await update.finish()) == ["main.mpy", "x"]
    assert "manifest.json" not in os.listdir("a")


async def test_a_whole_version_is_put_in_force_and_what_it_has_not_is_removed():
    update = receiver()
    update.write("old.mpy", 0, b"left over")
    update.write("main.mpy", 0, b"abc")
    manifest = '{{"version": "1", "files": {{"main.mpy": "{}"}}}}'
    manifest = manifest.format(slot_store.file_hash("a/main.mpy"))
    update.write("manifest.new", 0, manifest.encode())
    assert await update.finish() == []
    assert sorted(os.listdir("a")) == ["core", "main.mpy", "manifest.json"]
    assert update.slot is None
