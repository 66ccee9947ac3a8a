"""Fetch what the page is given from npm, and keep it in firmware/www/vendor/.

    python tools/vendor_www.py          check what is there against the pinned hashes
    python tools/vendor_www.py --fetch  fetch it anew by npm (needs npm and the network)

The files are in the repository so that `make run` needs no npm. What they are is pinned twice in
vendor/uplot.json: the package by npm's own integrity, the files by SHA-256.
"""

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[1] / "firmware" / "www" / "vendor"


def wrong(pin: dict, folder: Path) -> list[str]:
    """Return the names of files that are not what the pin says."""
    return [
        name
        for name, (_, digest) in pin["files"].items()
        if not (folder / name).is_file()
        or hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest
    ]


def fetch(pin: dict, folder: Path) -> None:
    """Fetch the package by npm, check it, and take the files out.

    Raises:
        ValueError: npm brought something else than is pinned.
    """
    with tempfile.TemporaryDirectory() as scratch:
        wanted = f"{pin['package']}@{pin['version']}"
        subprocess.run(["npm", "pack", "--silent", wanted], cwd=scratch, check=True)
        (archive,) = Path(scratch).glob("*.tgz")
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if f"sha512-{digest}" != pin["integrity"]:
            raise ValueError(f"{wanted}: sha512-{digest} is not the pinned integrity")
        with tarfile.open(archive) as package:
            for name, (inside, _) in pin["files"].items():
                member = package.extractfile(f"package/{inside}")
                assert member is not None
                (folder / name).write_bytes(member.read())


def main() -> int:
    """Return 0 when every file is as pinned."""
    pin = json.loads((VENDOR / "uplot.json").read_text(encoding="utf-8"))
    if "--fetch" in sys.argv[1:]:
        fetch(pin, VENDOR)
    for name in (names := wrong(pin, VENDOR)):
        print(f"{name}: not as pinned in vendor/uplot.json")
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main())
