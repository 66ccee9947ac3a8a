"""Pack the application's byte code into a ROMFS image, of which it is run where it lies.

    .venv/bin/python -m tools.romfs [IMAGE]

On a chip the image lies in a flash partition of its own. The manifest in it says of which version
it is: ``firmware/boot_select.py`` takes it in place of a slot with the same one. Byte code in it
is not deflated; page and tariffs stay in the slot.
"""

import json
import sys
import zlib
from pathlib import Path
from typing import Any

from mpremote.romfs import VfsRomWriter

from tools.board import application

IMAGE = application.ROOT / "build" / "app.romfs"
# As boot_select has it, below the place where the image is mounted.
FOLDER = "app"


def image(app: application.Application) -> bytes:
    """Return the image of an application."""
    tree: dict[str, Any] = {}
    files = {name: zlib.decompress(data) for name, data in app.files.items() if _is_code(name)}
    files["manifest.json"] = json.dumps(app.manifest).encode()
    for name, data in files.items():
        *folders, leaf = f"{FOLDER}/{name}".split("/")
        directory = tree
        for folder in folders:
            directory = directory.setdefault(folder, {})
        directory[leaf] = data
    writer = VfsRomWriter()
    _write(writer, tree)
    return bytes(writer.finalise())


def _is_code(name: str) -> bool:
    return name.endswith(".mpy")


def _write(writer: VfsRomWriter, directory: dict[str, Any]) -> None:
    for name, content in sorted(directory.items()):
        if isinstance(content, dict):
            writer.opendir(name)
            _write(writer, content)
            writer.closedir()
        else:
            writer.mkfile(name, content)


def main(target: Path) -> None:
    """Write the image of the firmware as it is."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(image(application.build()))
    print(f"{target}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else IMAGE)
