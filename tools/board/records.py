"""What a reader has recorded beside its history: out of every store, and back into them."""

from __future__ import annotations

import base64
import functools
import importlib
from typing import Any

from .error import BoardError
from .link import Link
from .stored_config import core

# Parts of a backup, and the keys of their journal records.
PARTS = {
    "register": ("register",),
    "events": ("events",),
    # The interval in progress, dates of starts, peaks of months, meter constants, what MQTT has.
    "history": ("interval", "dates", "months", "constants", "outbox"),
}
KEYS = tuple(key for keys in PARTS.values() for key in keys)
_RECORD_MAX = 2048

_TAKE = f"""
from binascii import b2a_base64
def _take(store, key):
    try:
        if store == "nvs":
            import esp32
            buffer = bytearray({_RECORD_MAX})
            data = buffer[:esp32.NVS("omnipower").get_blob(key, buffer)]
        elif store == "rtc":
            import machine
            data = machine.RTC().memory() if key == "register" else b""
        else:
            with open(key + ".rec", "rb") as file:
                data = file.read({_RECORD_MAX})
    except OSError:
        return None
    return b2a_base64(data).decode().strip() if data else None
"""

_PUT = """
import os
from binascii import a2b_base64
def _put(key, text):
    import esp32, machine
    data = a2b_base64(text)
    with open(key + ".rec.tmp", "wb") as file:
        file.write(data)
    os.rename(key + ".rec.tmp", key + ".rec")
    nvs = esp32.NVS("omnipower")
    nvs.set_blob(key, data)
    nvs.commit()
    if key == "register":
        machine.RTC().memory(data)
    return True
"""


def take(link: Link) -> dict[str, str]:
    """The newest valid record of each key, in base64."""
    link.run(_TAKE)
    newest: dict[str, str] = {}
    for key in KEYS:
        best = -1
        for store in ("nvs", "file", "rtc"):
            text = link.value(f"_take({store!r}, {key!r})")
            found = _decoded(key, text) if text else None
            if found and found[0] > best:
                best, newest[key] = found[0], text
    return newest


def check(records: dict[str, str]) -> None:
    """Raises BoardError for a record that its CRC belies, or of a key that is none."""
    for key, text in records.items():
        if key not in KEYS or _decoded(key, text) is None:
            raise BoardError(f"record {key!r} in the backup is damaged", "Nothing was written.")


def put(link: Link, records: dict[str, str]) -> None:
    """Writes records over those in every store: newest no longer wins, these do."""
    check(records)
    link.run(_PUT)
    for key, text in records.items():
        link.value(f"_put({key!r}, {text!r})")
    present = take(link)
    if {key: present.get(key) for key in records} != records:
        raise BoardError("the records do not read back as written", "Try again.")


def register_of(records: dict[str, str]) -> Any:
    """The register that records hold, or None."""
    found = _payload(records, "register")
    if found is None:
        return None
    register = core("energy").Register(1000)
    try:
        core("register_record").unpack_into(register, found)
    except ValueError:
        return None
    return register


def event_count(records: dict[str, str]) -> int:
    """How many events records hold."""
    found = _payload(records, "events")
    if found is None:
        return 0
    log = core("event_log").EventLog()
    try:
        log.unpack(found)
    except ValueError:
        return 0
    return len(log)


def month_peaks(records: dict[str, str]) -> list[tuple[int, int]]:
    """(UTC at which a month began, what its peaks came to in W) of every month kept."""
    try:
        return core("journal").unpack_all("<II", _payload(records, "months") or b"")
    except ValueError:
        return []


def _payload(records: dict[str, str], key: str) -> bytes | None:
    text = records.get(key)
    found = _decoded(key, text) if text else None
    return found[1] if found else None


def _decoded(key: str, text: str) -> tuple[int, bytes] | None:
    return core("journal").decode(_kind(key), base64.b64decode(text))


def _kind(key: str) -> int:
    return kinds()[key]


@functools.cache
def kinds() -> dict[str, int]:
    """Key to the kind that its journal records bear."""
    history = core("history")
    return {
        "register": core("register_record").KIND,
        "events": core("event_log").KIND,
        "interval": history.OPEN_KIND,
        "dates": history.DATES_KIND,
        "months": core("demand").MONTHS_KIND,
        "constants": core("worth").KIND,
        "outbox": importlib.import_module("services.outbox").KIND,
    }
