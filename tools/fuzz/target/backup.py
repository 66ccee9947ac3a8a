"""A backup file of a reader."""

import json
import tempfile
from pathlib import Path

from tools.board import backup_file, history_files, records, stored_config
from tools.board.error import BoardError
from tools.fuzz.target.oracle import text_of

# Imported when first needed, which is no work for an input.
stored_config.core("config")
records.kinds()
records.register_of({})
history_files.records({"00000000.his": ""})

_FOLDER = tempfile.TemporaryDirectory()


def run(data):
    path = Path(_FOLDER.name) / "backup.json"
    path.write_bytes(data)
    _check(path)
    # With its digest put right, so that what lies behind it is reached.
    text = text_of(data)
    try:
        content = json.loads(text or "")
        content.pop("sha256", None)
        content["sha256"] = backup_file._digest(content)
    except (ValueError, AttributeError, TypeError, RecursionError):
        return
    path.write_text(json.dumps(content))
    _check(path)


def _check(path):
    try:
        backup = backup_file.read(path)
    except BoardError as error:
        assert "backup" in str(error)
        return
    assert backup.config is None or isinstance(backup.config, str)
    records.event_count(backup.records)
    records.register_of(backup.records)
    records.month_peaks(backup.records)
    history_files.records(backup.history)
