"""Receive a new version of the firmware over the network, file by file.

Failure model: the network may break at any piece, and the sender may never come back. The
version in force is not touched; what was received stays for the next attempt. Counting goes
on: no request does more than one file's worth of work without letting the others run.
"""

import asyncio
import json
import os
from binascii import a2b_base64

from core.plain_text import consists_of
from drivers import slot_store
from services.web_auth import refuse, with_document

PREFIX = "/api/v1/update"
# Names per request: each takes the time to hash a file or two.
NAMES_MAX = 16
_INCOMING = "manifest.new"
_NAME_MAX = 80
_CHARACTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/"


def acceptable(name):
    """Return whether a name is a path below the slot, and nowhere else."""
    if not isinstance(name, str) or not 0 < len(name) <= _NAME_MAX:
        return False
    if not consists_of(name, _CHARACTERS):
        return False
    # Neither absolute, nor up and out, nor a directory.
    return all(part not in ("", ".", "..") for part in name.split("/"))


class Receiver:
    """One update at a time.

    Args:
        store: ``drivers.slot_store``.
    """

    def __init__(self, store):
        self._store = store
        self.slot = None
        self._other = ""

    def begin(self):
        """Make room; return the slot."""
        self.slot, other = self._store.begin()
        self._other = other or ""
        return self.slot

    async def hashes(self, names):
        """Return (hashes in the new slot, hashes in the other one)."""
        here, there = [], []
        for name in names:
            here.extend(self._store.hashes(self.slot, [name]))
            there.extend(self._store.hashes(self._other, [name]) if self._other else [None])
            await asyncio.sleep_ms(0)
        return here, there

    async def copy(self, names):
        """Copy files from the other slot."""
        for name in names:
            self._store.copy(self._other + "/" + name, "{}/{}".format(self.slot, name))
            await asyncio.sleep_ms(0)

    def write(self, name, offset, data):
        """Write a piece of a file. Raises ValueError where it does not follow the last."""
        path = "{}/{}".format(self.slot, name)
        if offset == 0:
            self._store.make_directories(path)
        elif os.stat(path)[6] != offset:
            raise ValueError("offset: {} does not follow the piece before".format(offset))
        with open(path, "ab" if offset else "wb") as file:
            file.write(data)

    async def finish(self):
        """Put the new version in force; return the names that are not as they should be."""
        with open("{}/{}".format(self.slot, _INCOMING)) as file:
            manifest = json.load(file)
        names = manifest["files"]
        if not names or not all(acceptable(name) for name in names):
            raise ValueError("manifest: a name in it is not accepted")
        wrong = []
        for name in names:
            if self._store.hashes(self.slot, [name])[0] != names[name]:
                wrong.append(name)
            await asyncio.sleep_ms(0)
        if wrong:
            return wrong
        self._store.prune(self.slot, names)
        self._store.enforce(self.slot, manifest)
        self.slot = None
        return []


def _begun(handler):
    """Return a handler like ``with_document``'s that refuses while no update is begun."""

    @with_document
    async def handle(parts, document):
        if parts.receiver is None or parts.receiver.slot is None:
            return refuse(409, "update: not begun; accepted: POST " + PREFIX + "/begin first")
        return await handler(parts, document)

    return handle


def _names_of(document):
    names = document.get("names")
    if not isinstance(names, list) or not 0 < len(names) <= NAMES_MAX:
        return None
    return names if all(acceptable(name) for name in names) else None


async def on_get_update(parts, request):
    return parts.update()


@with_document
async def on_post_begin(parts, document):
    state = parts.update()
    if state["slot"] is None:
        return refuse(409, "update: not installed by deploy; accepted: deploy it once by cable")
    if not state["confirmed"]:
        # It runs from the only slot that could be overwritten.
        return refuse(409, "update: the last one is on probation; accepted: in some minutes")
    parts.receiver = Receiver(slot_store)
    try:
        return {"slot": parts.receiver.begin()}
    except OSError as error:
        return refuse(507, "update: {}".format(error))


@_begun
async def on_post_hashes(parts, document):
    names = _names_of(document)
    if names is None:
        return refuse(422, "names: not accepted; accepted: 1 to {} paths".format(NAMES_MAX))
    here, there = await parts.receiver.hashes(names)
    return {"here": here, "there": there}


@_begun
async def on_post_copy(parts, document):
    names = _names_of(document)
    if names is None:
        return refuse(422, "names: not accepted; accepted: 1 to {} paths".format(NAMES_MAX))
    try:
        await parts.receiver.copy(names)
    except OSError as error:
        return refuse(507, "file: could not be copied: {}".format(error))
    return {"copied": len(names)}


@_begun
async def on_post_file(parts, document):
    name, offset = document.get("name"), document.get("offset")
    if not acceptable(name) or type(offset) is not int or offset < 0:
        return refuse(422, "name, offset: not accepted; accepted: a path, 0 or more")
    try:
        parts.receiver.write(name, offset, a2b_base64(document.get("data") or ""))
    except (ValueError, TypeError) as error:
        return refuse(422, "data: {}; accepted: base64 of the next piece".format(error))
    except OSError as error:
        return refuse(507, "file: could not be written: {}".format(error))
    return {"written": offset}


@_begun
async def on_post_finish(parts, document):
    try:
        wrong = await parts.receiver.finish()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return refuse(422, "manifest: {}; accepted: version and files".format(error))
    except OSError as error:
        return refuse(507, "manifest: {}".format(error))
    if wrong:
        return {"error": "files: not as the manifest says", "files": wrong[:NAMES_MAX]}, 422
    parts.restart_soon()
    return {"restart": "in a second"}, 202
