"""The image that suits a chip: as esptool describes it, and as mpflash stores what it fetches."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from esptool.targets.esp32 import ESP32ROM
from esptool.targets.esp32s3 import ESP32S3ROM

from tools.board import micropython_image
from tools.board.error import BoardError
from tools.board.micropython_image import Chip


def said(kind, features):
    """Return what esptool prints of a chip, in its own layout."""
    return (
        f"Detecting chip type... {kind}\nConnected to {kind} on /dev/ttyUSB0:\n"
        f"{'Chip type:':<20}{kind}\n{'Features:':<20}{', '.join(features)}\n"
    )


def features_of(rom, **registers):
    """Return the features in esptool's own words for a chip with such fuses."""
    chip = type("Chip", (rom,), {name: (lambda self, v=v: v) for name, v in registers.items()})
    return object.__new__(chip).get_chip_features()


@pytest.mark.parametrize(("cap", "mib"), [(0, 0), (1, 8), (2, 2), (3, 16), (4, 4), (7, None)])
def test_the_psram_of_an_s3_is_read_from_esptools_own_words(cap, mib):
    features = features_of(
        ESP32S3ROM, get_psram_cap=cap, get_psram_vendor="AP_3v3", get_flash_cap=0
    )
    text = said("ESP32-S3 (QFN56) (revision v0.2)", features)
    assert micropython_image.described(text) == Chip("esp32s3", mib)


@pytest.mark.parametrize(("fuse3", "single"), [(0, False), (1, True)])
def test_a_classic_chip_with_one_core_is_known(fuse3, single):
    rom = type(
        "Chip",
        (ESP32ROM,),
        {"read_efuse": lambda self, n: fuse3 if n == 3 else 0, "get_pkg_version": lambda self: 0},
    )
    text = said("ESP32-S0WD (revision v1.0)", object.__new__(rom).get_chip_features())
    assert micropython_image.described(text) == Chip("esp32", 0, single)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("ESP32-D0WD-V3 (revision v3.1)", "esp32"),
        ("ESP32-PICO-D4 (revision v1.1)", "esp32"),
        ("ESP32-C3 (QFN32) (revision v0.4)", "esp32c3"),
        ("ESP32-C6 (QFN40) (revision v0.0)", "esp32c6"),
    ],
)
def test_the_kind_of_chip_is_read(kind, name):
    found = micropython_image.described(said(kind, ["Wi-Fi"]))
    assert found is not None
    assert found.name == name


def test_silence_is_no_chip():
    assert micropython_image.described("A fatal error occurred: Failed to connect") is None


@pytest.mark.parametrize(
    ("chip", "image"),
    [
        (Chip("esp32"), "ESP32_GENERIC-SPIRAM"),
        (Chip("esp32", None), "ESP32_GENERIC-SPIRAM"),
        (Chip("esp32", 0, True), "ESP32_GENERIC-UNICORE"),
        (Chip("esp32s3", 0), "ESP32_GENERIC_S3"),
        (Chip("esp32s3", 2), "ESP32_GENERIC_S3"),
        (Chip("esp32s3", 8), "ESP32_GENERIC_S3-SPIRAM_OCT"),
        (Chip("esp32s3", 16), "ESP32_GENERIC_S3-SPIRAM_OCT"),
        (Chip("esp32c3"), "ESP32_GENERIC_C3"),
        (Chip("esp32c6"), "ESP32_GENERIC_C6"),
    ],
)
def test_the_image_follows_from_chip_and_psram(chip, image):
    assert micropython_image.choose(chip)[0] == image


def test_an_image_asked_for_is_taken_and_one_that_there_is_not_is_refused():
    s3 = Chip("esp32s3", 8)
    assert micropython_image.choose(s3, "STANDARD")[0] == "ESP32_GENERIC_S3"
    with pytest.raises(BoardError, match="accepted: STANDARD, SPIRAM_OCT"):
        micropython_image.choose(s3, "SPIRAM")


# What stands in for micropython.org and GitHub, in the process of the real mpflash.
SITE = """
import requests

BOARDS = ("ESP32_GENERIC", "ESP32_GENERIC_S3")
VARIANTS = {"ESP32_GENERIC": ("", "-D2WD", "-OTA", "-SPIRAM", "-UNICORE"),
            "ESP32_GENERIC_S3": ("", "-SPIRAM_OCT")}
VERSIONS = ("1.30.0-preview.5.g1234567890", "1.29.0", "1.28.0")


class Answer:
    def __init__(self, text):
        self.content = text.encode()


def get(url, **_):
    if "?port=" in url:
        return Answer("".join(f'<a class="board-card" href="{b}"></a>' for b in BOARDS))
    name = url.rpartition("/")[2]
    if name.endswith(".bin"):
        return Answer(name)
    return Answer("".join(
        f'<a href="/resources/firmware/{name}{variant}-20260601-v{version}.bin">.</a>'
        for version in VERSIONS for variant in VARIANTS[name]))


requests.get = get
import mpflash.versions

mpflash.versions._fetch_micropython_versions = (
    lambda minver, reverse: ["v1.28.0", "v1.29.0", "v1.30.0-preview"])
"""


@pytest.mark.parametrize(
    ("chip", "version", "file"),
    [
        (Chip("esp32"), "stable", "ESP32_GENERIC-SPIRAM-20260601-v1.29.0.bin"),
        (Chip("esp32s3", 8), "1.28.0", "ESP32_GENERIC_S3-SPIRAM_OCT-20260601-v1.28.0.bin"),
    ],
)
def test_the_real_mpflash_finds_and_stores_the_image_that_was_chosen(tmp_path, chip, version, file):
    (tmp_path / "sitecustomize.py").write_text(SITE)
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    image, _ = micropython_image.choose(chip)
    subprocess.run(
        [
            *(Path(sys.executable).with_name("mpflash"), "--no-interactive", "download"),
            *("--board", micropython_image.BOARD_IDS[chip.name], "--version", version),
        ],
        check=True,
        capture_output=True,
        env={
            **os.environ,
            "HOME": str(tmp_path),
            "PYTHONPATH": str(tmp_path),
            "MPFLASH_FIRMWARE": str(downloads),
        },
    )
    found = micropython_image.newest(downloads, image, version)
    assert found is not None
    assert found.read_text() == file


def test_of_several_versions_the_newest_is_taken_and_no_preview(tmp_path):
    for name in ("v1.9.4", "v1.29.0", "v1.30.0-preview"):
        (tmp_path / f"ESP32_GENERIC-{name}.bin").touch()
    (tmp_path / "ESP32_GENERIC-OTA-v1.31.0.bin").touch()
    found = micropython_image.newest(tmp_path, "ESP32_GENERIC", "stable")
    assert found == tmp_path / "ESP32_GENERIC-v1.29.0.bin"
    assert micropython_image.newest(tmp_path, "ESP32_GENERIC", "1.28.0") is None
