"""The application's directory as the importer sees it: deflated, plain and source side by side."""

import os
import sys

import boot_select

from portable import raises

BYTE_CODE = b"M\x06\x00\x1f" + b"byte code " * 300
# By zlib, with a window of 1 kB, half of what tools/compile.py takes.
DEFLATED = (
    b"(\xcf\xf3ec\x90O\xaa,IUH\xceOIU\x18e\x8d\xb2FY\xa3\xacQ\xd6(k\x945\xca\x1ae\x8d\xb2"
    b"FY\x83\x95\x05\x00\xc5@,C"
)


def put(path, content):
    with open(path, "wb") as file:
        file.write(content)


def read(packed, path):
    file = packed.open(path, "rb")
    pieces = []
    while True:
        piece = file.read(100)
        if not piece:
            break
        pieces.append(piece)
    file.close()
    return b"".join(pieces)


def test_deflated_byte_code_comes_out_inflated():
    packed = boot_select.Packed(os.getcwd())
    put("small.mpy", DEFLATED)
    assert read(packed, "/small.mpy") == BYTE_CODE
    assert packed.stat("/small.mpy")[6] == len(DEFLATED)


def test_what_was_not_deflated_stays_as_it_is():
    packed = boot_select.Packed(os.getcwd())
    put("plain.mpy", BYTE_CODE)
    put("empty.mpy", b"")
    # "x" is what much deflated data begins with.
    put("source.py", b"x = 1")
    assert read(packed, "/plain.mpy") == BYTE_CODE
    assert read(packed, "/empty.mpy") == b""
    assert read(packed, "/source.py") == b"x = 1"


def test_what_is_not_there_is_said_to_be_so():
    packed = boot_select.Packed(os.getcwd())
    raises(OSError, packed.stat, "/nothing.mpy")
    raises(OSError, packed.open, "/nothing.mpy", "rb")


def test_modules_are_imported_from_the_directory_mounted_last():
    for name in ("one", "two"):
        os.mkdir(name)
        os.mkdir(name + "/lib")
        put(name + "/which.py", "NAME = {!r}\n".format(name).encode())
        put(name + "/lib/beside.py", b"import which\n")
    before = list(sys.path)
    boot_select.mount("one")
    try:
        import beside

        assert beside.which.NAME == "one"
        boot_select.mount("two")
        for name in ("which", "beside"):
            del sys.modules[name]
        import which

        assert which.NAME == "two"
        assert sys.path[2:] == before
    finally:
        os.umount(boot_select.MOUNTED)
        sys.path[:] = before


def test_a_version_is_imported_from_rom_where_that_holds_the_same():
    for name, manifest in (
        ("image/app", b'{"version": "1", "files": {"which.py": "00", "x": "01"}}'),
        ("a", b'{"files": {"x": "01", "which.py": "00"}, "version": "1"}'),
        ("b", b'{"files": {"x": "02", "which.py": "00"}, "version": "1"}'),
        ("broken", b'{"files"'),
    ):
        if "/" in name:
            os.mkdir(name.split("/")[0])
        os.mkdir(name)
        put(name + "/manifest.json", manifest)
        put(name + "/which.py", "NAME = {!r}\n".format(name).encode())
    assert not boot_select.in_rom("a"), "nothing is mounted there"
    os.mount(boot_select.Packed(os.getcwd() + "/image"), "/rom")
    before = list(sys.path)
    try:
        for slot, found in (
            ("a", "image/app"),
            ("b", "b"),
            ("broken", "broken"),
            ("a", "image/app"),
        ):
            sys.modules.pop("which", None)
            boot_select.mount(slot)
            import which

            assert found == which.NAME, slot
    finally:
        os.umount(boot_select.MOUNTED)
        os.umount("/rom")
        sys.path[:] = before
