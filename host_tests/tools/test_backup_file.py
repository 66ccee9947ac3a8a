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
    backup = Backup("{}", {"register": "T01OSQ=="}, "id", "now")
    backup.write(tmp_path / "backup.json")
    assert backup_file.read(tmp_path / "backup.json") == backup
    assert backup_file.read(written(tmp_path / "other.json")) == backup


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
