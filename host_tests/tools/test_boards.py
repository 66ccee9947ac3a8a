"""The pin maps agree with themselves, with the firmware's defaults, and refuse with a reason."""

import pytest

from core import config
from tools.board import boards, stored_config
from tools.board.error import BoardError
from tools.board.probe import Probe

BOARDS = boards.every()


def board(name):
    found = boards.named(name)
    assert found is not None
    return found


@pytest.mark.parametrize("each", BOARDS, ids=lambda each: each.id)
def test_a_map_contradicts_itself_nowhere(each):
    assert not set(each.usable) & set(each.refused)
    assert set(each.input_only) <= set(each.usable)
    for role in boards.INPUTS:
        assert each.refusal(each.roles[role]) is None
    for role in boards.OUTPUTS:
        assert each.refusal(each.roles[role], output=True) is None
    assert len(set(each.roles.values())) == len(each.roles)
    # Every pin that is printed on the board is either good or refused with a reason.
    assert set(each.labels) <= set(each.usable) | set(each.refused)
    assert all(len(reason) > 10 for reason in each.refused.values())


@pytest.mark.parametrize("each", BOARDS, ids=lambda each: each.id)
def test_suggested_pins_are_accepted_by_the_firmware(each):
    document = {role: {"pin": each.roles[role]} for role in (*boards.INPUTS, boards.BUTTON)}
    settings, errors = config.validate(document)
    assert errors == []
    assert boards.pin_faults(settings, each) == []


@pytest.mark.parametrize("each", BOARDS, ids=lambda each: each.id)
def test_suggested_pins_are_the_firmwares_own_defaults_on_that_chip(each):
    assert (
        tuple(each.roles[name.partition(".")[0]] for name in config.CHIP_FIELDS)
        == (config.CHIP_PINS[each.chip])
    )


@pytest.mark.parametrize("each", BOARDS, ids=lambda each: each.id)
def test_the_boards_button_is_accepted_though_its_pin_is_for_nothing_else(each):
    button = each.roles[boards.BUTTON]
    assert boards.pin_faults({"button.pin": button}, each) == []
    assert "strapping pin" in boards.pin_faults({"pulse.pin": button}, each)[0]


def test_there_is_a_map_for_every_board_promised():
    assert {each.chip for each in BOARDS} == {"ESP32", "ESP32S3", "ESP32C3", "ESP32C6"}
    assert len([each for each in BOARDS if each.id.startswith("xiao")]) == 3


def test_only_the_c3_has_no_counter_and_says_so():
    for each in BOARDS:
        assert each.pcnt == (each.chip != "ESP32C3")
        assert any("PCNT" in note for note in each.notes) == (not each.pcnt)


@pytest.mark.parametrize(
    ("name", "pin", "reason"),
    [
        ("esp32_devkitc", 16, "PSRAM"),
        ("esp32_s3_devkitc", 34, "eight data lines"),
        ("esp32_c3_devkit", 34, "no such pin"),
        ("esp32_c3_devkit", 11, "VDD_SPI"),
        ("esp32_devkitc", 12, "strapping pin"),
        ("esp32_devkitc", 6, "flash chip"),
        ("esp32_devkitc", 24, "no such pin"),
        ("esp32_s3_devkitc", 45, "strapping pin"),
        ("esp32_c3_devkit", 9, "strapping pin"),
        ("xiao_esp32c3", 2, "GPIO 2 (D0)"),
        ("xiao_esp32s3", 43, "serial output"),
        ("xiao_esp32c6", 14, "aerial"),
    ],
)
def test_a_pin_is_refused_with_its_reason_and_what_is_accepted(name, pin, reason):
    refusal = board(name).refusal(pin)
    assert reason in refusal
    assert "accepted: " in refusal


def test_a_pin_that_only_listens_is_good_for_a_photodiode_and_for_nothing_that_drives():
    devkit = board("esp32_devkitc")
    assert devkit.refusal(34) is None
    refusal = devkit.refusal(34, output=True)
    assert "only be an input" in refusal
    assert " 34" not in refusal.partition("accepted:")[2]


def test_a_stored_configuration_is_judged_by_what_every_board_of_the_chip_lacks():
    stored = b'{"pulse": {"pin": 12}, "breaker": {"pin": 35}}'
    assert "pulse.pin" in boards.faults_of(stored, "ESP32")[0]
    assert boards.faults_of(b'{"pulse": {"pin": 4}, "breaker": {"pin": 5}}', "ESP32S3") == []
    assert boards.faults_of(stored, "ESP32P4") == []
    # Pins left to the firmware's defaults are those of the chip.
    assert boards.faults_of(b'{"meter": {"fuse_a": 20}}', "ESP32C3") == []
    assert boards.faults_of(b"{", "ESP32") == []


def test_another_boards_name_is_refused_with_those_that_fit():
    boards.check_chip(board("xiao_esp32c3"), "ESP32C3")
    boards.check_chip(board("xiao_esp32c3"), None)
    with pytest.raises(BoardError, match="this board an ESP32S3") as raised:
        boards.check_chip(board("xiao_esp32c3"), "ESP32S3")
    assert "xiao_esp32s3" in raised.value.advice


@pytest.mark.parametrize(
    ("machine", "chip"),
    [
        ("Generic ESP32 module with SPIRAM with ESP32", "ESP32"),
        ("Generic ESP32S3 module with Octal-SPIRAM with ESP32-S3", "ESP32S3"),
        ("Generic ESP32S3 module with ESP32S3", "ESP32S3"),
        # MicroPython's images for these two boards name the chip's whole type.
        ("Seeed XIAO ESP32S3 with ESP32-S3-FN8", "ESP32S3"),
        ("Seeed XIAO ESP32C3 with ESP32-C3FN4", "ESP32C3"),
        ("Seeed XIAO ESP32C6 with ESP32C6", "ESP32C6"),
        ("ESP32 board with ESP32-PICO-D4", "ESP32"),
        ("linux [GCC 12.2.0] version", None),
        ("Raspberry Pi Pico with RP2040", None),
    ],
)
def test_the_chip_is_read_from_what_micropython_calls_the_machine(machine, chip):
    assert Probe({"machine": machine}).chip == chip


def test_psram_is_told_from_the_chips_own_memory():
    assert Probe({"regions": [113840, 15072, 113840]}).psram == 0
    assert Probe({"regions": [113840, 2 << 20]}).psram == 2 << 20
    assert Probe({"regions": None}).psram is None


def test_a_stored_configuration_is_read_with_the_default_pins_of_its_chip():
    machine = "Generic ESP32S3 module with ESP32-S3"
    assert stored_config.parse(b"{}", machine)[0]["pulse.pin"] == 4
    assert "pulse.pin" in stored_config.check(b'{"mains": {"pin": 4}}', machine)[0]
    # And nothing of that remains for the next board.
    assert stored_config.parse(b"{}")[0]["pulse.pin"] == 34
