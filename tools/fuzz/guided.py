"""One target under atheris: inputs bred by the edges of the code they reach.

python -m tools.fuzz.guided NAME CORPUS [libFuzzer's options]
"""

from __future__ import annotations

import sys

from . import targets

# What is watched for new edges: the parsers, not the test of them.
WATCHED = [
    "boot_select",
    "core",
    "services",
    "microdot",
    "tools.bench.trace",
    "tools.board",
    "tools.simulator.profile",
    "tools.trace",
]


def main() -> None:
    """Never returns: libFuzzer ends the process."""
    import atheris

    name = sys.argv[1]
    with atheris.instrument_imports(include=WATCHED, exclude=["tools.fuzz"]):
        run = targets.load(name)
    atheris.Setup([sys.argv[0], *sys.argv[2:]], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
