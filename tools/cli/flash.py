"""flash: put MicroPython on a bare board."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from tools.board import ports
from tools.board.application import ROOT, sha256
from tools.board.error import BoardError

from . import show
from .options import PortOption

_DOWNLOADS = ROOT / "build" / "micropython"
# Where mpflash downloads from.
_SOURCE = "micropython.org"
# Where the image begins: the classic ESP32's second-stage loader lies behind a vector area.
_OFFSETS = {"esp32": "0x1000", "esp32s2": "0x1000"}
_OFFSET = "0x0"
_BOARD_IDS = {
    "esp32": "ESP32_GENERIC",
    "esp32s2": "ESP32_GENERIC_S2",
    "esp32s3": "ESP32_GENERIC_S3",
    "esp32c3": "ESP32_GENERIC_C3",
    "esp32c6": "ESP32_GENERIC_C6",
}
_BY_HAND = (
    "Connect to the internet, or fetch the .bin of your board elsewhere and name it: "
    "python -m tools flash --image FILE.bin"
)
_UNVERIFIED = (
    "Nothing was run. Not verified: that the image suits the chip, and that it arrives; esptool "
    "compares both with the chip when it writes."
)


def flash(
    port: PortOption = None,
    image: Annotated[
        Path | None,
        typer.Option(
            "--image", exists=True, dir_okay=False, metavar="FILE", help="A .bin of your own."
        ),
    ] = None,
    chip: Annotated[
        str, typer.Option(help="The chip, such as esp32s3, where it is not to be asked.")
    ] = "auto",
    version: Annotated[
        str, typer.Option(help="MicroPython's version to download, 1.26.0 or newer.")
    ] = "stable",
    erase: Annotated[
        bool,
        typer.Option(help="Erase the flash first: for a new board, or one that does not start."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be run, and run nothing.")
    ] = False,
) -> None:
    """Put MicroPython on the board by esptool: downloaded by mpflash, or a .bin of your own.

    What a reader has recorded (NVS, files) survives, unless --erase is given; take a backup
    all the same.
    """
    if image is not None:
        _check_image(image)
    device = _device(port, dry_run)
    if chip == "auto":
        chip = "esp32" if dry_run else _chip_of(device)
    if image is None:
        image = _download(chip, version, dry_run)
    for command in _by_esptool(device, image, chip, erase):
        show.plain("$ " + " ".join(command[2:]))
        if not dry_run and subprocess.run(command).returncode:
            raise BoardError(
                "the board was not flashed",
                "Hold its BOOT button while the command starts, and try again. Another cable "
                "or --chip may help; esptool says more above.",
            )
    if dry_run:
        show.note(_UNVERIFIED)
        return
    show.good("MicroPython is on the board; next: python -m tools deploy")


def _device(port: str | None, dry_run: bool) -> str:
    if dry_run:
        return port or "PORT"
    device = ports.choose(port).device
    ports.check_access(device)
    return device


def _check_image(image: Path) -> None:
    data = image.read_bytes()
    show.good(f"{image.name}: {len(data)} bytes, SHA-256 {sha256(data)}")
    # The first byte of every image of Espressif's.
    if not data or data[0] != 0xE9:
        raise BoardError(
            f"{image.name} is no image for an ESP32 (it does not begin with 0xE9)",
            "Take the .bin of your board from MicroPython's download page, not the .uf2.",
        )


def _chip_of(device: str) -> str:
    command = [sys.executable, "-m", "esptool", "--port", device, "flash-id"]
    said = subprocess.run(command, capture_output=True, text=True).stdout
    for line in said.splitlines():
        if "ESP32" in line and ("Chip" in line or "Detecting" in line or "Connected" in line):
            word = next(word for word in line.replace(",", " ").split() if "ESP32" in word)
            name = word.lower().replace("-", "")
            return next(
                (chip for chip in ("esp32s3", "esp32s2", "esp32c3", "esp32c6") if chip in name),
                "esp32",
            )
    raise BoardError(
        f"{device}: the chip does not answer esptool",
        "Hold the BOOT button, press EN or RST, let BOOT go, and try again; or say --chip.",
    )


def _by_esptool(device: str, image: Path, chip: str, erase: bool) -> list[list[str]]:
    start = [sys.executable, "-m", "esptool", "--chip", chip, "--port", device]
    write = [*start, "write-flash", _OFFSETS.get(chip, _OFFSET), str(image)]
    return [[*start, "erase-flash"], write] if erase else [write]


def _download(chip: str, version: str, dry_run: bool) -> Path:
    """MicroPython for a chip, as mpflash finds it; its hash is shown before it is used."""
    board_id = _BOARD_IDS.get(chip)
    if board_id is None:
        raise BoardError(
            f"--chip {chip}: not known; accepted: {', '.join(_BOARD_IDS)}",
            "For another one, fetch its .bin and name it with --image.",
        )
    mpflash = Path(sys.executable).with_name("mpflash")
    command = [str(mpflash), "--no-interactive", "download", "--board", board_id]
    command += ["--version", version]
    show.plain("$ " + " ".join([mpflash.name, *command[1:]]))
    if dry_run:
        return _DOWNLOADS / f"{board_id}-{version}.bin"
    _check_network()
    # Otherwise it fills the Downloads folder of whoever runs this.
    _DOWNLOADS.mkdir(parents=True, exist_ok=True)
    subprocess.run(command, env={**os.environ, "MPFLASH_FIRMWARE": str(_DOWNLOADS)})
    images = sorted(_DOWNLOADS.rglob(f"{board_id}-*.bin"), key=lambda path: path.stat().st_mtime)
    if not images:
        # It ends well without a network, too.
        raise BoardError("mpflash has downloaded nothing; it says why above", _BY_HAND)
    _check_image(images[-1])
    return images[-1]


def _check_network() -> None:
    try:
        socket.create_connection((_SOURCE, 443), timeout=5).close()
    except OSError as error:
        raise BoardError(
            f"no way to {_SOURCE} to download MicroPython ({error})", _BY_HAND
        ) from error
