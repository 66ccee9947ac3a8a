"""flash: what would be run, and what is refused before anything is."""

from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from tools.board.application import sha256
from tools.cli import flash as flashing
from tools.cli.app import app


def run(*arguments):
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["flash", *map(str, arguments)])


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "ESP32_GENERIC.bin"
    path.write_bytes(b"\xe9" + bytes(1000))
    return path


@pytest.mark.parametrize(
    ("chip", "number", "offset"),
    [("esp32", 0, "0x1000"), ("esp32s3", 9, "0x0"), ("esp32c3", 5, "0x0")],
)
def test_an_image_goes_to_the_chips_offset_and_its_hash_is_shown(image, chip, number, offset):
    image.write_bytes(b"\xe9" + bytes(11) + bytes((number, 0)) + bytes(100))
    ended = run("--dry-run", "--image", image, "--chip", chip, "--port", "PORT")
    assert ended.exit_code == 0, ended.output
    assert sha256(image.read_bytes()) in ended.output
    assert f"esptool --chip {chip} --port PORT write-flash {offset} {image}" in ended.output
    assert "Nothing was run" in ended.output


def test_an_image_for_another_chip_is_refused(image):
    image.write_bytes(b"\xe9" + bytes(11) + b"\x05\x00" + bytes(100))
    ended = run("--dry-run", "--image", image, "--chip", "esp32s3")
    assert ended.exit_code == 1
    assert "is for the esp32c3, this chip is an esp32s3" in ended.output


def test_erasing_comes_first(image):
    output = run("--dry-run", "--image", image, "--chip", "esp32", "--erase").output
    assert 0 < output.index("erase-flash") < output.index("write-flash")


def test_a_file_that_is_no_image_is_refused(tmp_path):
    path = tmp_path / "firmware.uf2"
    path.write_bytes(b"UF2\n" + bytes(100))
    ended = run("--dry-run", "--image", path)
    assert ended.exit_code == 1
    assert "0xE9" in ended.output


def test_without_an_image_mpflash_downloads_that_of_the_chip():
    output = run("--dry-run", "--chip", "esp32c3").output
    assert "mpflash --no-interactive download --board ESP32_GENERIC_C3 --version stable" in output
    assert "too little memory" in output


def test_the_image_for_the_boards_psram_is_chosen_and_written(monkeypatch, tmp_path):
    port = tmp_path / "port"
    port.touch()
    said = "Chip type:   ESP32-S3 (QFN56)\nFeatures:    Wi-Fi, Embedded PSRAM 8MB (AP_3v3)\n"
    written = []

    def answer(command, **_):
        if "mpflash" in command[0]:
            for variant in ("", "-SPIRAM_OCT"):
                name = f"ESP32_GENERIC_S3{variant}-v1.29.0.bin"
                (tmp_path / name).write_bytes(b"\xe9" + variant.encode())
        elif "write-flash" in command:
            written.append(command[-1])
        return SimpleNamespace(stdout=said, returncode=0)

    monkeypatch.setattr(flashing.subprocess, "run", answer)
    monkeypatch.setattr(flashing, "_no_network", lambda: None)
    monkeypatch.setattr(flashing, "_DOWNLOADS", tmp_path)
    ended = run("--port", port)
    assert ended.exit_code == 0, ended.output
    image = tmp_path / "ESP32_GENERIC_S3-SPIRAM_OCT-v1.29.0.bin"
    assert written == [str(image)]
    assert sha256(image.read_bytes()) in ended.output
    # What was fetched once serves without a network too.
    monkeypatch.setattr(flashing, "_no_network", lambda: OSError("Network is unreachable"))
    output = run("--port", port).output
    assert "taking what was downloaded before" in output
    assert written == [str(image)] * 2


def test_without_a_network_the_way_around_is_told(monkeypatch, tmp_path):
    def refuse(*_, **__):
        raise OSError("Network is unreachable")

    port = tmp_path / "port"
    port.touch()
    monkeypatch.setattr(flashing.socket, "create_connection", refuse)
    monkeypatch.setattr(flashing, "_DOWNLOADS", tmp_path / "nothing yet")
    ended = run("--chip", "esp32", "--port", port)
    assert ended.exit_code == 1
    assert "no way to micropython.org" in ended.output
    assert "--image FILE.bin" in ended.output


def test_a_chip_that_is_not_known_is_refused_with_those_that_are():
    ended = run("--dry-run", "--chip", "esp8266")
    assert ended.exit_code == 1
    assert "esp32s3" in ended.output
