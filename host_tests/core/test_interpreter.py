"""Facts about integers that the core relies on, on every interpreter it is tested on."""

import struct
from array import array


def test_integers_are_exact_beyond_31_and_63_bits():
    register = 12_345_678_901
    assert register + 1 - register == 1
    assert (1 << 80) + 1 - (1 << 80) == 1
    assert (1 << 30) - 1 + 1 == 1 << 30
    assert str(-(1 << 31) - 1) == "-2147483649"


def test_division_floors_and_remainder_has_the_divisor_s_sign():
    assert divmod(-1, 1 << 30) == (-1, (1 << 30) - 1)
    assert divmod(12_345_678_901, 1000) == (12_345_678, 901)


def test_an_unsigned_array_holds_32_bits():
    ring = array("I", [0])
    ring[0] = 0xFFFFFFFF
    assert ring[0] == 4_294_967_295


def test_a_record_packs_64_bits():
    assert struct.unpack("<Q", struct.pack("<Q", (1 << 64) - 1)) == ((1 << 64) - 1,)
