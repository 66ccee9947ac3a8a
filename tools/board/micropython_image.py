"""Which image of MicroPython's a chip needs: by its kind, its cores, and its PSRAM."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .error import BoardError

BOARD_IDS = {
    "esp32": "ESP32_GENERIC",
    "esp32s2": "ESP32_GENERIC_S2",
    "esp32s3": "ESP32_GENERIC_S3",
    "esp32c3": "ESP32_GENERIC_C3",
    "esp32c6": "ESP32_GENERIC_C6",
}
# What --variant accepts, for MicroPython's own names; STANDARD is the image without one.
STANDARD = "STANDARD"
VARIANTS = {
    "esp32": (STANDARD, "SPIRAM", "UNICORE", "D2WD", "OTA"),
    "esp32s3": (STANDARD, "SPIRAM_OCT"),
}
# What the header of an image says, at byte 12.
_CHIP_IDS = {0: "esp32", 2: "esp32s2", 5: "esp32c3", 9: "esp32s3", 13: "esp32c6"}
# From here on Espressif's S3 chips have eight data lines to their PSRAM: R8, R16.
_OCTAL_MIB = 8


@dataclass(frozen=True)
class Chip:
    """A chip as esptool describes it.

    `psram_mib`: what is in its own package; None: some, of a size not told. A module's PSRAM
    beside the chip (WROVER) cannot be seen from outside and reads 0.
    """

    name: str
    psram_mib: int | None = 0
    single_core: bool = False


def described(said: str) -> Chip | None:
    """The chip in the output of ``esptool flash-id``, or None where it found none."""
    kind = re.search(
        r"(?:Chip type|Chip is|Detecting chip type)\W+ESP32(?:-?(S[23]|[CHP]\d))?", said
    )
    if kind is None:
        return None
    features = re.search(r"^Features:(.*)$", said, re.MULTILINE)
    text = features.group(1) if features else ""
    psram = re.search(r"PSRAM(?: (\d+)MB)?", text)
    size: int | None = 0
    if psram:
        size = int(psram.group(1)) if psram.group(1) else None
    return Chip("esp32" + (kind.group(1) or "").lower(), size, "Single Core" in text)


def choose(chip: Chip, wanted: str | None = None) -> tuple[str, str]:
    """(board and variant as in the image's name, why) for a chip.

    `wanted`: a variant asked for, one of VARIANTS.
    """
    board_id = BOARD_IDS.get(chip.name)
    if board_id is None:
        raise BoardError(
            f"--chip {chip.name}: not known; accepted: {', '.join(BOARD_IDS)}",
            "For another one, fetch its .bin and name it with --image.",
        )
    accepted = VARIANTS.get(chip.name, (STANDARD,))
    if wanted is not None and wanted not in accepted:
        raise BoardError(
            f"--variant {wanted}: there is none for the {chip.name}; "
            f"accepted: {', '.join(accepted)}"
        )
    variant, why = (wanted, "as asked for") if wanted else _by_chip(chip)
    return (board_id if variant == STANDARD else f"{board_id}-{variant}"), why


def _by_chip(chip: Chip) -> tuple[str, str]:
    if chip.name == "esp32" and chip.single_core:
        return "UNICORE", "the chip has one core"
    if chip.name == "esp32":
        return (
            "SPIRAM",
            "it uses the PSRAM of a WROVER module, which cannot be seen from outside, and "
            "starts without one as well",
        )
    if chip.name == "esp32s3" and (chip.psram_mib or 0) >= _OCTAL_MIB:
        return "SPIRAM_OCT", f"the chip's {chip.psram_mib} MB of PSRAM have eight data lines"
    if chip.name in ("esp32s2", "esp32s3"):
        return STANDARD, "it finds PSRAM with four data lines by itself"
    return STANDARD, "this chip can have no PSRAM: too little memory for the reader's firmware"


def chip_of(image: bytes) -> str | None:
    """The chip that an image is for, or None for one that is not known here."""
    return _CHIP_IDS.get(int.from_bytes(image[12:14], "little"))


def newest(folder: Path, image: str, version: str) -> Path | None:
    """The downloaded file of an image, of a version or else the newest stable one; or None."""
    # The -v ends the name: ESP32_GENERIC-v1.29.0.bin lies beside ESP32_GENERIC-OTA-v1.29.0.bin.
    found = [path for path in folder.rglob(f"{image}-v*.bin") if "preview" not in path.name]
    if version != "stable":
        wanted = f"{image}-v{version.removeprefix('v')}.bin"
        found = list(folder.rglob(wanted))
    return max(found, key=_version, default=None)


def _version(path: Path) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", path.stem.rpartition("-v")[2])))
