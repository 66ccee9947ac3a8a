"""A backup file: read back as written, and refused with a word when it is anything else."""

import json

import pytest

from tools.board import backup_file
from tools.board.backup_file import Backup
from tools.board.error import BoardError


def written(path, **changes):
    """Write a backup with fields changed and its digest right; return the path."""
    body = {**Backup("{}", {"register": "T01OSQ=="}, "id", "now")._body(), **changes}
    path.write_text(json.dumps({**body, "sha256": backup_file._digest(body)}))
    return path


def test_what_is_written_reads_back(tmp_path):
    backup = Backup(
        "{}", {"register": "T01OSQ=="}, "id", "now", {"00000001.his": "T01OSQ=="}, ("x",)
    )
    backup.write(tmp_path / "backup.json")
    assert backup_file.read(tmp_path / "backup.json") == backup
    body = {"history": backup.history, "left_out": ["x"]}
    assert backup_file.read(written(tmp_path / "other.json", **body)) == backup


def test_a_backup_of_the_first_kind_is_still_read(tmp_path):
    path = tmp_path / "backup.json"
    body = {
        "format": "omnipower-backup", "version": 1, "taken_utc": "now", "board_id": "id",
        "config": "{}", "records": {},
    }  # fmt: skip
    path.write_text(json.dumps({**body, "sha256": backup_file._digest(body)}))
    assert backup_file.read(path) == Backup("{}", {}, "id", "now")


def test_one_byte_changed_is_noticed(tmp_path):
    path = tmp_path / "backup.json"
    Backup("{}", {}, "id", "now", {"00000001.his": "T01OSQ=="}).write(path)
    path.write_text(path.read_text().replace("T01OSQ==", "T01OSR=="))
    with pytest.raises(BoardError, match="damaged or changed"):
        backup_file.read(path)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "an empty file"),
        (b"\xe9\x05\x02\x10" + bytes(90), "an image of MicroPython"),
        (b'# omnipower-trace 1 {"chip": "ESP32"}\n', "a trace"),
        (b"start_utc,start_local\n", "the history as CSV"),
        (b'{"meter": {"number": "12345678"}, "wifi": {}}', "a config.json"),
        (b'{"files": {}, "version": "0.1.0"}', "the manifest of an application"),
        (b'{"a": 1}', "JSON of something else"),
        (b"Hej", "something else"),
    ],
)
def test_a_wrong_file_is_called_by_its_name(tmp_path, data, says):
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(BoardError, match=f"not a backup, but {says}") as raised:
        backup_file.read(path)
    assert "python -m tools backup" in raised.value.advice


def test_a_newer_backup_says_that_the_tools_are_old(tmp_path):
    path = tmp_path / "backup.json"
    path.write_text(json.dumps({"format": "omnipower-backup", "version": 3}))
    with pytest.raises(BoardError, match="version 3; accepted: 1 or 2") as raised:
        backup_file.read(path)
    assert "git pull" in raised.value.advice


CONFIG = '{"wifi": {"ssid": "x", "password": "secret of it"}, "mqtt": {"password": ""}}'


def test_secrets_are_left_out_and_taken_from_the_board_again():
    text, left_out = backup_file.without_secrets(CONFIG)
    assert "secret" not in text
    assert left_out == ("wifi.password",)
    here = b'{"wifi": {"password": "another one"}}'
    restored = json.loads(backup_file.with_secrets(text, left_out, here))
    assert restored["wifi"] == {"ssid": "x", "password": "another one"}
    # A bare board has none.
    assert backup_file.with_secrets(text, left_out, None) == text


@pytest.mark.parametrize("text", ['{"wifi": "password: secret', "[1]", '{"wifi": ["secret"]}'])
def test_of_a_faulty_configuration_nothing_is_taken_that_could_be_a_secret(text):
    assert backup_file.without_secrets(text) == (None, ("config.json",))


@pytest.mark.parametrize(
    "changes",
    [
        {"records": {"register": "not base64"}},
        {"records": {"register": "T01OSQ="}},
        {"records": {"register": "å"}},
        {"records": {"register": None}},
        {"records": [1]},
        {"config": False},
        {"config": {}},
        {"history": {"../main.py": ""}},
        {"history": {"00000000.his": "not base64"}},
        {"history": [1]},
        {"left_out": [1]},
    ],
)
def test_records_that_are_none_are_refused(tmp_path, changes):
    with pytest.raises(BoardError, match="not a backup"):
        backup_file.read(written(tmp_path / "backup.json", **changes))


def test_a_file_nested_too_deep_is_refused(tmp_path):
    path = tmp_path / "backup.json"
    path.write_text("[" * 5_000)
    with pytest.raises(BoardError, match="not a backup"):
        backup_file.read(path)
