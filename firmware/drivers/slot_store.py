"""Fill the application directory that is not in force, check it, and put it in force.

Runs in two places: in an update over the network, and line by line at the prompt of a board
that ``python -m tools deploy`` is connected to. So it needs nothing but ``boot_select``.

Order is what makes it safe: the manifest goes first, then files change, then every file is
read back and hashed, then the manifest is written, and last the pointer is renamed. Power
may go between any two of these.
"""

import hashlib
import json
import os
from binascii import hexlify
from errno import EEXIST

import boot_select

_DIRECTORY = 0x4000
_PIECE = 1024


def file_hash(path):
    """Return the SHA-256 of a file in hexadecimal, or None where there is none."""
    sha = hashlib.sha256()
    buffer = bytearray(_PIECE)
    view = memoryview(buffer)
    try:
        with open(path, "rb") as file:
            while True:
                size = file.readinto(buffer)
                if not size:
                    break
                sha.update(view[:size])
    except OSError:
        return None
    return hexlify(sha.digest()).decode()


def files(directory, prefix=""):
    """Return the paths of all files below a directory, relative to it."""
    found = []
    try:
        names = list(os.ilistdir(directory))
    except OSError:
        return found
    for name, kind in [entry[:2] for entry in names]:
        if kind == _DIRECTORY:
            found.extend(files(directory + "/" + name, prefix + name + "/"))
        else:
            found.append(prefix + name)
    return found


def manifest_of(slot):
    """Return the manifest of a slot, a dict of version and file hashes, or None."""
    try:
        with open(slot + "/" + boot_select.MANIFEST) as file:
            manifest = json.load(file)
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and "files" in manifest else None


def begin():
    """Make room for a new version; return (its slot, the slot in force or None).

    From here until ``finish`` the slot holds no application. If it is in force, on
    probation, the one before is put in force first.
    """
    state = boot_select.read_state()
    whole = boot_select.whole_slots()
    slot = boot_select.target(state, whole)
    other = boot_select.other(slot)
    if other in whole and (state is None or state["slot"] == slot):
        boot_select.write_state(boot_select.confirmed(other))
    if slot in whole:
        os.remove(slot + "/" + boot_select.MANIFEST)
    return slot, other if other in whole else None


def hashes(slot, names):
    """Return the hashes of the named files of a slot, None for those that are missing."""
    return [file_hash(slot + "/" + name) for name in names]


def make_directories(path):
    """Make the directories that a file's path needs."""
    parts = path.split("/")[:-1]
    for k in range(len(parts)):
        try:
            os.mkdir("/".join(parts[: k + 1]))
        except OSError as error:
            if error.errno != EEXIST:
                raise


def copy(source, path):
    """Copy a file within the board."""
    make_directories(path)
    with open(source, "rb") as file, open(path, "wb") as target:
        while True:
            piece = file.read(_PIECE)
            if not piece:
                return
            target.write(piece)


def prune(slot, keep):
    """Remove the files of a slot that are not in ``keep``; return how many."""
    removed = 0
    for name in files(slot):
        if name not in keep:
            os.remove(slot + "/" + name)
            removed += 1
    return removed


def finish(slot, manifest):
    """Check every file, then write the manifest and put the slot in force.

    Args:
        slot: as ``begin`` returned it.
        manifest: dict of ``version`` and ``files``, name to SHA-256.

    Returns:
        The names whose content is not as the manifest says; empty when in force.
    """
    wrong = verify(slot, manifest)
    if not wrong:
        enforce(slot, manifest)
    return wrong


def enforce(slot, manifest):
    """Write the manifest of a slot whose files were checked, and put it in force."""
    path = slot + "/" + boot_select.MANIFEST
    with open(path + ".tmp", "w") as file:
        file.write(json.dumps(manifest))
    os.rename(path + ".tmp", path)
    boot_select.write_state(boot_select.put_in_force(slot))


def verify(slot, manifest):
    """Return the names of a slot whose content is not as the manifest says."""
    return [
        name for name, sha256 in manifest["files"].items() if file_hash(slot + "/" + name) != sha256
    ]
