"""The register as a record: what comes back is what was stored, or a clear refusal."""

import struct

from core import register_record
from core.energy import Register
from portable import raises


def state(register):
    return (
        register.total,
        register.base_wh,
        register.base_total,
        register.seed_wh,
        register.imp_per_kwh,
        register.is_set,
    )


def test_a_register_comes_back_as_it_was():
    for imp in (1, 640, 1000, 100000):
        for total, base_wh, base_total in (
            (0, 0, 0),
            (1, 0, 0),
            ((1 << 40) + 7, 12345678901, (1 << 33) + 1),
            ((1 << 63) + 5, 99999999999, (1 << 62)),
        ):
            for is_set in (False, True):
                register = Register(imp)
                register.restore(total, base_wh, base_total, is_set, imp, 12345678901)
                again = Register(imp)
                register_record.unpack_into(again, register_record.pack(register))
                assert state(again) == state(register)
                assert again.reading_wh() == register.reading_wh()


def test_a_record_of_another_length_is_refused_and_changes_nothing():
    register = Register(1000)
    register.add(42)
    payload = register_record.pack(register)
    again = Register(1000)
    for wrong in (b"", payload[:-1], payload + b"\0"):
        raises(ValueError, register_record.unpack_into, again, wrong)
    assert state(again) == state(Register(1000))


def test_a_record_of_all_zeros_or_ones_is_refused():
    size = len(register_record.pack(Register(1000)))
    for garbage in (bytes(size), b"\xff" * size):
        register = Register(1000)
        raises(ValueError, register_record.unpack_into, register, garbage)
        assert state(register) == state(Register(1000))


def test_a_record_that_contradicts_itself_is_refused():
    for total, base_total, imp in ((5, 6, 1000), (5, 0, 0), (5, 0, 100001)):
        payload = struct.pack("<QQQQIB", total, 0, base_total, 0, imp, 1)
        raises(ValueError, register_record.unpack_into, Register(1000), payload)


def test_a_record_of_another_meter_constant_keeps_the_reading():
    old = Register(640)
    old.set_reading("1000")
    old.add(640 * 3 + 1)
    new = Register(1000)
    register_record.unpack_into(new, register_record.pack(old))
    assert new.imp_per_kwh == 1000
    assert new.reading_wh() == old.reading_wh()
    new.add(1)
    assert new.reading_wh() == old.reading_wh() + 1


def test_a_count_that_could_not_be_stored_again_is_refused():
    top = (1 << 64) - 1
    for total, base_wh, base_total, seed_wh, imp in (
        (top, 0, 0, 0, 1000),
        (5, top, 5, 0, 1000),
        (5, 0, 5, top, 1000),
        # Another constant turns the pulses into more Wh than fit.
        (1 << 63, 0, 0, 0, 1),
    ):
        payload = struct.pack("<QQQQIB", total, base_wh, base_total, seed_wh, imp, 1)
        register = Register(1000)
        register.add(42)
        before = state(register)
        raises(ValueError, register_record.unpack_into, register, payload)
        assert state(register) == before
