"""flash: put MicroPython on a bare board."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from tools.board import micropython_image, ports
from tools.board.application import ROOT, sha256
from tools.board.error import BoardError
from tools.board.micropython_image import Chip

from . import show
from .options import PortOption

_DOWNLOADS = ROOT / "build" / "micropython"
# Where mpflash downloads from.
_SOURCE = "micropython.org"
# Where the image begins: the classic ESP32's second-stage loader lies behind a vector area.
_OFFSETS = {"esp32": "0x1000", "esp32s2": "0x1000"}
_OFFSET = "0x0"
_BY_HAND = (
    "Connect to the internet, or fetch the .bin of your board elsewhere and name it: "
    "python -m tools flash --image FILE.bin"
)
_UNVERIFIED = (
    "Nothing was run. Verified of a file given with --image: its first byte, its hash, and which "
    "chip it is for. Not verified: that it arrives, which esptool checks when it writes, and "
    "that it starts."
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
    variant: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The image's variant, such as SPIRAM, SPIRAM_OCT or STANDARD; else by the chip.",
        ),
    ] = None,
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

    The image is chosen by the chip and its PSRAM, and its SHA-256 shown. What a reader has
    recorded (NVS, files) survives, unless --erase is given; take a backup all the same.

    [bold]Examples[/bold]
    python -m tools flash
    python -m tools flash --erase --variant SPIRAM_OCT
    python -m tools flash --image ESP32_GENERIC-SPIRAM-v1.27.0.bin
    python -m tools flash --dry-run --chip esp32s3
    """
    if image is not None:
        _check_image(image)
    device = _device(port, dry_run)
    if chip == "auto" and dry_run:
        meant = None if image is None else micropython_image.chip_of(image.read_bytes())
        show.note(f"no board is asked: for an {meant or 'esp32'}; --chip says another")
        chip = meant or "esp32"
    found = Chip(chip) if chip != "auto" else _chip_on(device)
    if image is not None:
        _check_chip(image, found)
    else:
        name, why = micropython_image.choose(found, variant)
        show.good(f"chip {found.name}: image {name}; {why}")
        image = _download(name, found.name, version, dry_run)
    for command in _by_esptool(device, image, found.name, erase):
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
    if ports.is_pseudo_terminal(device):
        raise BoardError(
            f"{device}: an imitated board has no loader to flash it by",
            "It has its MicroPython already. --dry-run says what would be run on a real one.",
        )
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


def _check_chip(image: Path, chip: Chip) -> None:
    meant = micropython_image.chip_of(image.read_bytes())
    if meant is not None and meant != chip.name:
        raise BoardError(
            f"{image.name} is for the {meant}, this chip is an {chip.name}",
            "Take the image of this chip; without --image the right one is chosen and fetched.",
        )


def _chip_on(device: str) -> Chip:
    command = [sys.executable, "-m", "esptool", "--port", device, "flash-id"]
    said = subprocess.run(command, capture_output=True, text=True).stdout
    chip = micropython_image.described(said)
    if chip is None:
        raise BoardError(
            f"{device}: the chip does not answer esptool",
            "Hold the BOOT button, press EN or RST, let BOOT go, and try again; or say --chip.",
        )
    return chip


def _by_esptool(device: str, image: Path, chip: str, erase: bool) -> list[list[str]]:
    start = [sys.executable, "-m", "esptool", "--chip", chip, "--port", device]
    write = [*start, "write-flash", _OFFSETS.get(chip, _OFFSET), str(image)]
    return [[*start, "erase-flash"], write] if erase else [write]


def _download(name: str, chip: str, version: str, dry_run: bool) -> Path:
    """An image of MicroPython's, as mpflash finds it; its hash is shown before it is used."""
    mpflash = Path(sys.executable).with_name("mpflash")
    # Asked for one variant it finds none: asked for the board, it fetches all of them.
    command = [str(mpflash), "--no-interactive", "download"]
    command += ["--board", micropython_image.BOARD_IDS[chip], "--version", version]
    show.plain("$ " + " ".join([mpflash.name, *command[1:]]))
    if dry_run:
        number = "X.Y.Z" if version == "stable" else version.removeprefix("v")
        return _DOWNLOADS / f"{name}-v{number}.bin"
    # Otherwise it fills the Downloads folder of whoever runs this.
    _DOWNLOADS.mkdir(parents=True, exist_ok=True)
    offline = _no_network()
    if offline is None:
        subprocess.run(command, env={**os.environ, "MPFLASH_FIRMWARE": str(_DOWNLOADS)})
    image = micropython_image.newest(_DOWNLOADS, name, version)
    if image is None and offline is not None:
        raise BoardError(f"no way to {_SOURCE} to download MicroPython ({offline})", _BY_HAND)
    if image is None:
        # It ends well without having found anything, too.
        raise BoardError(
            f"mpflash has not downloaded {name}, version {version}; it says why above", _BY_HAND
        )
    if offline is not None:
        show.note(f"no way to {_SOURCE}; taking what was downloaded before")
    _check_image(image)
    return image


def _no_network() -> OSError | None:
    try:
        socket.create_connection((_SOURCE, 443), timeout=5).close()
    except OSError as error:
        return error
    return None
