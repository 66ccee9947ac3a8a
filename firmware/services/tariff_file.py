"""Find the tariff that the configuration names among the files."""

import os

from core import tariff

NONE = "none"
_SUFFIX = ".json"


def names(folder):
    """Return the names of the tariffs there are, sorted; "none" is always one."""
    found = [NONE]
    try:
        for name in os.listdir(folder):
            if name.endswith(_SUFFIX) and name != NONE + _SUFFIX:
                found.append(name[: -len(_SUFFIX)])
    except OSError:
        pass
    return sorted(found)


def load(folder, name):
    """Return (tariff, errors); with any error the tariff is that of none.

    A faulty tariff must not stop the counting, and half a tariff is a guess.
    """
    known = names(folder)
    # Only what was listed is opened: a name is not trusted to be no path.
    if name not in known:
        return tariff.none(), [
            "tariff.name: {} is not accepted; accepted: {}".format(
                repr(name)[:40], ", ".join(known)
            )
        ]
    if name == NONE:
        return tariff.none(), []
    try:
        with open("{}/{}{}".format(folder, name, _SUFFIX)) as file:
            text = file.read()
    except (OSError, ValueError) as error:
        return tariff.none(), ["tariffs/{}{}: not readable: {}".format(name, _SUFFIX, error)]
    found, errors = tariff.parse(text)
    if found is None:
        return tariff.none(), ["tariffs/{}{}: {}".format(name, _SUFFIX, one) for one in errors]
    return found, []
