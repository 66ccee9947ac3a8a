"""The register as journal payload: fixed-width integers, exact at any size."""

import struct

KIND = 1
_FORMAT = "<QQQQIB"


def pack(register):
    """Return the payload of a ``Register``."""
    return struct.pack(
        _FORMAT,
        register.total,
        register.base_wh,
        register.base_total,
        register.seed_wh,
        register.imp_per_kwh,
        register.is_set,
    )


def unpack_into(register, payload):
    """Continue ``register`` from a payload.

    Raises:
        ValueError: wrong length, or values that contradict each other; nothing changed.
    """
    if len(payload) != struct.calcsize(_FORMAT):
        raise ValueError("register record: {} bytes".format(len(payload)))
    total, base_wh, base_total, seed_wh, imp_per_kwh, is_set = struct.unpack(_FORMAT, payload)
    register.restore(total, base_wh, base_total, bool(is_set), imp_per_kwh, seed_wh)
