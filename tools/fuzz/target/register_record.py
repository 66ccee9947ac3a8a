"""The register as it lies in a store."""

from core import register_record
from core.energy import Register

_SIZE = 37


def run(data):
    _check(data)
    _check((data + bytes(_SIZE))[:_SIZE])


def _check(payload):
    register = Register(1000)
    register.set_reading("12.345")
    register.add(5)
    before = register_record.pack(register)
    try:
        register_record.unpack_into(register, payload)
    except ValueError as error:
        assert "register record" in str(error)
        assert register_record.pack(register) == before
        return
    again = Register(1000)
    register_record.unpack_into(again, register_record.pack(register))
    assert register_record.pack(again) == register_record.pack(register)
    reading_wh = register.reading_wh()
    assert reading_wh >= 0
    # It counts on, and a year at the main fuse later it can still be stored.
    register.add(10**9)
    assert register.reading_wh() >= reading_wh
    register_record.pack(register)
    register.reading_kwh()
