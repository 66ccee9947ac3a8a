"""Put the markers of pyproject.toml back into a lock; pip-compile drops those of extras.

python tools/lock_markers.py LOCK
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def with_markers(lock: str, requirements: list[str]) -> str:
    """The lock with the marker of each requirement that has one."""
    for requirement in requirements:
        pin, semicolon, marker = requirement.partition(";")
        if semicolon:
            line = re.compile(rf"^{re.escape(pin.strip())}(?= \\$)", re.MULTILINE)
            lock, found = line.subn(f"{pin.strip()} ; {marker.strip()}", lock)
            if found != 1:
                raise ValueError(f"{pin.strip()}: not in the lock")
    return lock


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    path = Path(sys.argv[1])
    path.write_text(with_markers(path.read_text(), project["optional-dependencies"]["dev"]))


if __name__ == "__main__":
    main()
