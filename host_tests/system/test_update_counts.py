"""While a new version comes over the network, not a pulse is lost."""

import json

import boot_select
import pytest
from simulator_run import SimulatorRun, equal_pulses

from tools.board import application
from tools.board.error import BoardError
from tools.board.network_update import NetworkUpdate
from tools.board.reader import Reader

PASSWORD = "the reader's own"


def until_checked(step):
    """Break off when all has been sent: a restart would be another matter."""
    if step == "checking every file on the reader":
        raise BoardError("broken off")


def test_counting_goes_on_during_the_download(tmp_path):
    app = application.build()
    # 60 kW: 17 pulses a second, so that every stall has some in it.
    slot = tmp_path / "slot.json"
    slot.write_text(json.dumps(boot_select.confirmed("a")))
    options = ("--profile", "constant:60000", "--install", str(slot))
    with SimulatorRun(tmp_path / "run", *options) as run:
        run.wait_for(lambda status: status["register"]["pulses"] >= 1)
        reader = Reader(f"127.0.0.1:{run.port}", lambda: PASSWORD)
        reader.send("PUT", "/password", {"password": PASSWORD})
        before = run.get("/api/v1/status")["register"]["pulses"]
        update = NetworkUpdate(reader, on_step=until_checked)
        with pytest.raises(BoardError, match="broken off"):
            update.install(app)
        status = run.get("/api/v1/status")
        run.interrupt()
        code, output = run.finish()
    assert update.report.sent_bytes == app.size
    during = status["register"]["pulses"] - before
    assert during >= 5, during
    assert status["failures"] == {}
    assert code == 0, output
    assert equal_pulses(output) >= before + during
