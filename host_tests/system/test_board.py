"""From a bare board to a reader that is updated: the tools as a user runs them.

The real mpremote talks over a pseudo-terminal to a real MicroPython with real littlefs on an
imitated ESP32. What only hardware can show is named in docs/board.md.
"""

import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time
import tty
from pathlib import Path

import pytest
from pty_board import PtyBoard
from simulator_run import free_port

from core import history, journal
from core.demand import MONTHS_KIND
from drivers.history_store import PER_FILE
from tools.board import application, backup_file, history_files
from tools.board.deployment import Deployment
from tools.board.error import BoardError
from tools.board.link import Link
from tools.board.network_update import NetworkUpdate
from tools.board.reader import Reader
from tools.cli.doctor import HEAP_MIN

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120.0
SECRET = "quite a secret"
PASSWORD = "the reader's own"


def tool(*arguments, expect=0, **environment):
    """Run ``python -m tools`` and return everything it said."""
    ended = subprocess.run(
        [sys.executable, "-m", "tools", *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
        env={**os.environ, "COLUMNS": "200", **environment},
    )
    assert ended.returncode == expect, ended.stdout
    return ended.stdout


def eventually(look, condition):
    """Return the first result of ``look`` that meets the condition."""
    give_up = time.monotonic() + PATIENCE_S
    result = None
    while time.monotonic() < give_up:
        try:
            result = look()
            if condition(result):
                return result
        except BoardError as error:
            result = error
        time.sleep(0.1)
    raise AssertionError(f"never came to it; last: {result}")


@pytest.fixture(scope="module")
def http_port():
    return free_port()


@pytest.fixture(scope="module")
def installed(tmp_path_factory, http_port):
    """The memory of a board that was deployed to and configured, by the command line."""
    folder = tmp_path_factory.mktemp("installed")
    with PtyBoard(folder) as board:
        board.wait_for(">>>")
        said = tool("doctor", "--port", board.port, expect=1)
        assert "python -m tools deploy" in said
        assert "python -m tools configure" in said
        assert "PSRAM: yes, 8.0 MiB" in said
        assert "enough for the firmware" in said
        said = tool("deploy", "--port", board.port)
        assert "checked by SHA-256" in said
        said = tool(
            *("configure", "--port", board.port),
            *("--set", "meter.number=12345678", "--set", "meter.reading_kwh=12345.678"),
            *("--set", "wifi.ssid=simulated", "--set", f"web.port={http_port}"),
            # Its time may run faster than that of whoever asks.
            *("--set", "web.idle_s=86400"),
            OMNIPOWER_WIFI_PASSWORD=SECRET,
        )
        assert SECRET not in said
        with Link(board.port) as link:
            link.run("import boot_select\nboot_select.confirm()")
    return folder


@pytest.fixture
def memory(installed, tmp_path):
    """A copy of it, to do with as one likes."""
    return shutil.copytree(installed, tmp_path / "board")


def with_main(source):
    """Return the application with another main module."""
    return application.Application("9.9.9", application.build({"main.py": source}).files)


def test_after_deploy_and_configure_doctor_is_content_and_the_reader_reads(memory, http_port):
    with PtyBoard(memory) as board:
        said = tool("doctor", "--port", board.port)
        assert "Ready." in said
        assert "in force" in said
        reader = Reader(f"127.0.0.1:{http_port}")
        status = eventually(lambda: reader.get("/status"), bool)
        assert status["register"]["kwh"] == "12345.678"
        assert status["meter"]["number"] == "12345678"
        assert status["config"] == {"source": "file", "errors": []}
        assert status["failures"] == {}


def test_monitor_asks_over_cable_and_network_and_interrupts_nothing(memory, http_port):
    with PtyBoard(memory) as board:
        reader = Reader(f"127.0.0.1:{http_port}")
        eventually(lambda: reader.get("/status"), bool)
        said = tool("monitor", "--port", board.port, "--count", 3, "--interval", 0.2)
        assert said.count("register 12 345.678 kWh") == 3
        said = tool("monitor", "--host", f"127.0.0.1:{http_port}", "--count", 1, "--json")
        assert json.loads(said)["register"]["kwh"] == "12345.678"
        assert board.boots == 1


def test_deploying_again_copies_on_the_board_and_sends_nothing(memory):
    app = application.build()
    with PtyBoard(memory) as board, Link(board.port, restart=False) as link:
        assert Deployment(link).install(app).slot == "b"
        link.run("import boot_select\nboot_select.confirm()")
        report = Deployment(link).install(app)
        assert (report.slot, report.sent) == ("a", [])
        assert sorted(report.copied + report.kept) == sorted(app.files)
        assert json.loads(link.read("slot.json"))["slot"] == "a"


@pytest.mark.parametrize("sent_bytes", [4000, 20000, 60000])
def test_a_cable_pulled_in_the_middle_of_a_copy_leaves_the_old_application(
    memory, http_port, sent_bytes
):
    # Every file differs, so that all of it goes over the cable.
    app = application.build()
    changed = {name: data + b"\0" for name, data in app.files.items() if name.startswith("www/")}
    app = application.Application("2.0.0", {**app.files, **changed})
    with PtyBoard(memory) as board:
        board.pull_cable_after(sent_bytes)
        with pytest.raises(BoardError) as raised, Link(board.port) as link:
            Deployment(link).install(app)
        assert "Nothing half-written is ever started" in raised.value.advice
        board.power_cycle()
        reader = Reader(f"127.0.0.1:{http_port}")
        status = eventually(lambda: reader.get("/status"), bool)
        assert status["version"] == application.version()
        assert status["register"]["kwh"] == "12345.678"
        assert reader.get("/update") == {
            "slot": "a",
            "confirmed": True,
            "version": application.version(),
        }
        # Plugged in again, the same command ends well.
        board.plug_in()
        with Link(board.port) as link:
            Deployment(link).install(app)
            assert json.loads(link.read("slot.json"))["slot"] == "b"


def test_a_version_that_crashes_is_rolled_back_by_itself_and_an_event_says_so(memory, http_port):
    app = with_main("def main(home):\n    raise ValueError('does not work')\n")
    with PtyBoard(memory) as board:
        with Link(board.port) as link:
            Deployment(link).install(app)
        reader = Reader(f"127.0.0.1:{http_port}")
        update = eventually(lambda: reader.get("/update"), bool)
        assert update == {"slot": "a", "confirmed": True, "version": application.version()}
        assert board.output.count(b"ValueError: does not work") == 3
        events = reader.get("/events")
        assert [e["value"] for e in events if e["kind"] == "update"] == ["rolled_back"]
        assert reader.get("/status")["register"]["kwh"] == "12345.678"


def test_a_version_that_runs_well_for_five_minutes_is_confirmed(memory, http_port):
    with PtyBoard(memory) as board, Link(board.port) as link:
        Deployment(link).install(application.build())
    with PtyBoard(memory, speed=100):
        reader = Reader(f"127.0.0.1:{http_port}")
        eventually(lambda: reader.get("/update"), lambda update: update["confirmed"])
        assert reader.get("/update")["slot"] == "b"
        events = reader.get("/events")
        assert [e["value"] for e in events if e["kind"] == "update"] == ["confirmed"]


def test_stopping_a_new_version_with_the_tools_does_not_use_up_its_attempts(memory):
    with PtyBoard(memory) as board:
        tool("deploy", "--port", board.port)
        for _ in range(4):
            assert "on probation" in tool("doctor", "--port", board.port)


def test_an_update_over_the_network_needs_the_password_and_starts_the_new_version(
    memory, http_port
):
    host = f"127.0.0.1:{http_port}"
    with PtyBoard(memory) as board:
        eventually(lambda: Reader(host).get("/status"), bool)
        said = tool("update", "--host", host, expect=1)
        assert "password" in said
        Reader(host).send("PUT", "/password", {"password": PASSWORD})
        said = tool("update", "--host", host, expect=1, OMNIPOWER_PASSWORD="another one")
        assert "not the password" in said
        said = tool("update", "--host", host, OMNIPOWER_PASSWORD=PASSWORD)
        assert "in b/" in said
        assert PASSWORD not in said
        eventually(lambda: board.boots, lambda boots: boots == 2)
        update = eventually(lambda: Reader(host).get("/update"), bool)
        assert (update["slot"], update["confirmed"]) == ("b", False)
        # And not another one over the one on probation.
        said = tool("update", "--host", host, expect=1, OMNIPOWER_PASSWORD=PASSWORD)
        assert "on probation" in said


def test_power_lost_in_the_middle_of_an_update_leaves_the_old_version(memory, http_port):
    host = f"127.0.0.1:{http_port}"
    built = application.build()
    changed = {name: data + b"\0" for name, data in built.files.items() if name.startswith("www/")}
    app = application.Application("2.0.0", {**built.files, **changed})
    with PtyBoard(memory) as board:
        eventually(lambda: Reader(host).get("/status"), bool)
        Reader(host).send("PUT", "/password", {"password": PASSWORD})

        def cut(sent_bytes):
            board.power_off()

        broken = NetworkUpdate(Reader(host, lambda: PASSWORD), on_sent=cut)
        with pytest.raises(BoardError):
            broken.install(app)
        board.power_cycle()
        reader = Reader(host, lambda: PASSWORD)
        eventually(lambda: reader.get("/status"), bool)
        assert reader.get("/update")["slot"] == "a"
        # What had arrived before is not sent again.
        report = NetworkUpdate(reader).install(app)
        assert report.slot == "b"
        assert report.sent == broken.report.sent[1:]


def test_a_reader_without_updates_says_so_plainly(memory, http_port):
    source = (ROOT / "firmware" / "main.py").read_text()
    without = source.replace("parts.update = self.update_state", "parts.update = None")
    assert without != source
    with PtyBoard(memory) as board, Link(board.port) as link:
        Deployment(link).install(with_main(without))
    with PtyBoard(memory):
        host = f"127.0.0.1:{http_port}"
        eventually(lambda: Reader(host).get("/status"), bool)
        said = tool("update", "--host", host, expect=1)
        assert "cannot be updated over the network" in said
        assert "python -m tools deploy" in said


def test_the_reading_is_set_by_cable_once_and_never_lowered_by_accident(memory, http_port):
    with PtyBoard(memory) as board:
        reader = Reader(f"127.0.0.1:{http_port}")
        said = tool("set-reading", "12345.000", "--port", board.port, expect=1)
        assert "which is more" in said
        said = tool("set-reading", "12x", "--port", board.port, expect=1)
        assert "accepted" in said
        tool("set-reading", "12400.5", "--port", board.port)
        eventually(lambda: reader.get("/status")["register"]["kwh"], lambda v: v == "12400.500")


def test_the_reading_is_set_over_the_network(memory, http_port):
    host = f"127.0.0.1:{http_port}"
    with PtyBoard(memory):
        eventually(lambda: Reader(host).get("/status"), bool)
        Reader(host).send("PUT", "/password", {"password": PASSWORD})
        tool("set-reading", "12400.5", "--host", host, OMNIPOWER_PASSWORD=PASSWORD)
        assert Reader(host).get("/status")["register"]["kwh"] == "12400.500"
        said = tool("set-reading", "12400", "--host", host, expect=1, OMNIPOWER_PASSWORD=PASSWORD)
        assert "below" in said


QUARTER_S = 900
# Monday, 2 March 2026, 00:00 UTC.
FIRST_S = 1_772_409_600


def recorded(link, count, pulses=250):
    """Write a history of so many quarter-hours and the peaks of two months onto a board."""
    files = {}
    for sequence in range(count):
        record = history.Record(
            *(sequence, FIRST_S + sequence * QUARTER_S, 1, 0, pulses),
            *((sequence + 1) * pulses, 200, 3000, QUARTER_S),
        )
        name = f"{sequence // PER_FILE:08d}.his"
        files[name] = files.get(name, b"") + history.pack(record)
    link.run("import os\nif 'history' not in os.listdir():\n    os.mkdir('history')")
    for name, content in files.items():
        link.write(f"history/{name}", content)
    months = journal.encode(MONTHS_KIND, 1, journal.pack_all("<II", [(FIRST_S - 3600, 4321)]))
    link.write("months.rec", months)


def history_of(reader):
    """Return what the reader tells of its closed intervals."""
    return reader.get("/history?resolution=quarter")


def test_a_backup_goes_onto_another_board(memory, installed, http_port, tmp_path):
    saved = tmp_path / "backup.json"
    reader = Reader(f"127.0.0.1:{http_port}")
    with PtyBoard(memory) as board:
        with Link(board.port) as link:
            recorded(link, 200)
        kwh = eventually(lambda: reader.get("/status"), bool)["register"]["kwh"]
        # A record on flash is proof of its pulses.
        assert kwh == "12395.678"
        before = history_of(reader)
        said = tool("backup", saved, "--port", board.port)
        assert "register 12395.678 kWh" in said
        assert "200 intervals, 2026-03-02 to 2026-03-04" in said
        assert "peaks of the months 2026-03" in said
        assert "not in it: wifi.password" in said
        assert SECRET not in said + saved.read_text()
        assert saved.stat().st_mode & 0o077 == 0
        assert "exists already" in tool("backup", saved, "--port", board.port, expect=1)
        tool("set-reading", "20000", "--port", board.port)
        eventually(lambda: reader.get("/status")["register"]["kwh"], lambda kwh: kwh == "20000.000")
        said = tool("restore", saved, "--port", board.port, expect=1)
        assert "must not run backward" in said
        # The passphrase is the board's own still.
        tool("restore", saved, "--port", board.port, "--only", "config")
        # Its restarts have closed intervals without a pulse since: no loss.
        tool("restore", saved, "--port", board.port, "--only", "history")
        with Link(board.port) as link:
            assert json.loads(link.read("config.json"))["wifi"]["password"] == SECRET
    other = tmp_path / "other"
    other.mkdir()
    with PtyBoard(other) as board:
        board.wait_for(">>>")
        tool("deploy", "--port", board.port, "--no-restart")
        said = tool("restore", saved, "--port", board.port)
        assert "register 12395.678 kWh" in said
        assert "neither in the backup nor on the board: wifi.password" in said
        status = eventually(lambda: reader.get("/status"), bool)
        assert status["register"]["kwh"] == "12395.678"
        assert status["meter"]["number"] == "12345678"
        assert status["history"]["next"] == 200
        assert history_of(reader) == before
        # What was restored is what a backup of it holds.
        again = tmp_path / "again.json"
        tool("backup", again, "--port", board.port)
        one, two = backup_file.read(saved), backup_file.read(again)
        # The interval that the restart has ended came after it.
        taken = history_files.records(one.history)
        assert history_files.records(two.history)[:200] == taken
        assert two.records["months"] == one.records["months"]


def test_a_backup_with_passwords_has_them_and_nothing_of_the_pages(memory, tmp_path):
    saved = tmp_path / "backup.json"
    with PtyBoard(memory) as board:
        said = tool("backup", saved, "--port", board.port, "--with-passwords")
    assert "with wifi.password" in said
    assert SECRET not in said
    assert SECRET in saved.read_text()
    assert "password" not in backup_file.read(saved).records


def test_a_backup_does_not_take_the_newer_history_from_a_board(memory, tmp_path):
    saved = tmp_path / "backup.json"
    with PtyBoard(memory) as board:
        with Link(board.port, restart=False) as link:
            recorded(link, 3)
        tool("backup", saved, "--port", board.port)
        with Link(board.port, restart=False) as link:
            recorded(link, 5)
        said = tool("restore", saved, "--port", board.port, "--only", "history", expect=1)
        assert "goes on to interval 4, the backup's to 2, with 500 pulses less" in said
        said = tool(*("restore", saved, "--port", board.port, "--only", "history", "--allow-lower"))
        assert "restored: history: 3 intervals" in said


def test_a_changed_backup_is_refused(tmp_path):
    saved = tmp_path / "backup.json"
    saved.write_text(json.dumps({"format": "omnipower-backup", "version": 1, "config": "{}"}))
    assert "damaged or changed" in tool("restore", saved, "--port", "/dev/null", expect=1)


def test_the_self_test_of_a_board_passes_and_prints_a_report(memory):
    with PtyBoard(memory, speed=20) as board:
        said = tool("self-test", "--port", board.port, "--seconds", 4)
        assert "**passed**" in said
        assert "| 20 | 80 | 80 |" in said
        assert "GPIO 25 drives GPIO 34" in said
        # Nobody is to take it for a real one's.
        assert "an imitated board: not verified" in said


def test_an_imitated_board_is_not_flashed(memory):
    with PtyBoard(memory) as board:
        said = tool("flash", "--port", board.port, expect=1)
        assert "has no loader" in said
        assert "--dry-run" in said


def test_a_capture_has_the_light_to_begin_with_and_replays(memory, tmp_path):
    trace = tmp_path / "trace.txt"
    with PtyBoard(memory) as board:
        said = tool("capture", trace, "--port", board.port, "--seconds", 1)
        assert "1 edges of the upper LED" in said
    picture = tmp_path / "trace.png"
    said = tool("replay", trace, "--plot", picture)
    assert "pcnt+interrupt" in said
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert SECRET not in trace.read_text()
    assert "12345678" not in trace.read_text()


def test_a_program_that_ends_early_on_the_board_is_no_success(memory):
    with (
        PtyBoard(memory) as board,
        Link(board.port, restart=False) as link,
        pytest.raises(BoardError),
    ):
        link.run("import sys\nsys.exit(0)")


def heard_until(terminal, question):
    """Return what is said up to the prompt that holds a question; None: up to the end."""
    heard = b""
    while question is None or question not in heard or not heard.endswith(b": "):
        ready, _, _ = select.select([terminal], [], [], PATIENCE_S)
        assert ready, heard.decode()
        try:
            piece = os.read(terminal, 1024)
        except OSError:
            piece = b""
        if not piece:
            assert question is None, heard.decode()
            break
        heard += piece
    return heard


def test_mpremotes_own_commands_reach_the_board_too(memory, tmp_path):
    file = tmp_path / "note.txt"
    file.write_text("written by mpremote")

    def mpremote(*arguments):
        command = [sys.executable, "-m", "mpremote", "connect", board.port, "resume", *arguments]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    with PtyBoard(memory) as board:
        mpremote("fs", "cp", str(file), ":note.txt")
        assert mpremote("exec", "print(open('note.txt').read())").strip() == "written by mpremote"
        assert "slot.json" in mpremote("fs", "ls")


def test_asked_one_by_one_the_passphrase_is_never_shown(memory, http_port):
    with PtyBoard(memory) as board:
        # A terminal that echoes, as a person's does.
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "tools", "configure", "--port", board.port],
            cwd=ROOT,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, "TERM": "dumb", "COLUMNS": "200"},
        )
        os.close(theirs)
        answers = [
            (b"8 digits", b"87654321"),
            (b"Meter constant", b"ten"),
            # Refused at once, and asked again.
            (b"accepted: whole number", b"10000"),
            (b"Phases", b""),
            (b"Main fuse", b"20"),
            (b"Reading", b""),
            (b"export", b"yes"),
            (b"upper LED", b""),
            (b"low when lit", b"yes"),
            (b"lower LED", b""),
            (b"low when lit", b"yes"),
            (b"senses mains", b"null"),
            (b"Wi-Fi network", b""),
            (b"passphrase", b"a new passphrase"),
        ]
        heard = b""
        for question, answer in answers:
            heard += heard_until(ours, question)
            os.write(ours, answer + b"\n")
        heard += heard_until(ours, None)
        os.close(ours)
        assert process.wait(PATIENCE_S) == 0, heard.decode()
        assert b"a new passphrase" not in heard
        assert SECRET.encode() not in heard
        with Link(board.port) as link:
            stored = json.loads(link.read("config.json"))
    assert stored["wifi"]["password"] == "a new passphrase"
    assert stored["meter"]["number"] == "87654321"
    assert stored["meter"]["imp_per_kwh"] == 10000
    assert stored["meter"]["prosumer"] is True
    # What was not asked is kept.
    assert stored["web"]["port"] == http_port


def test_a_faulty_setting_is_refused_with_what_is_accepted_and_nothing_written(memory):
    with PtyBoard(memory) as board:
        said = tool("configure", "--port", board.port, "--set", "meter.fuse_a=9999", expect=1)
        assert "meter.fuse_a: 9999 is not accepted; accepted: whole number 6 to 1000" in said
        said = tool(
            "configure", "--port", board.port, "--board", "esp32_devkitc", "--set", "pulse.pin=12",
            expect=1,
        )  # fmt: skip
        assert "strapping pin" in said
        said = tool("configure", "--port", board.port, "--set", "wifi.password=x", expect=1)
        assert "history" in said
        with Link(board.port) as link:
            stored = json.loads(link.read("config.json"))
    assert "fuse_a" not in stored["meter"]


@pytest.mark.parametrize(
    ("heap", "psram", "says"),
    [("180K", 0, "PSRAM: none found"), ("180K", 2 << 20, "PSRAM: yes, 2.0 MiB")],
)
def test_a_heap_too_small_for_the_firmware_is_told_with_what_to_do(tmp_path, heap, psram, says):
    with PtyBoard(tmp_path, heap=heap, psram=psram) as board:
        board.wait_for(">>>")
        said = tool("doctor", "--port", board.port, expect=1)
    assert says in said
    assert f"too small, the firmware needs {HEAP_MIN // 1024} KiB" in said
    assert "python -m tools flash" in said
    assert "will not run" in said


def test_without_a_board_doctor_says_what_to_do_and_fails():
    said = tool("doctor", "--port", "/dev/no-such-port", expect=1)
    assert "there is no port /dev/no-such-port" in said
    assert "thing to do" in said


def test_a_port_where_nothing_answers_is_explained():
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    try:
        said = tool("doctor", "--port", os.ttyname(theirs), expect=1)
    finally:
        os.close(ours)
        os.close(theirs)
    assert "MicroPython does not answer" in said
    assert "python -m tools flash" in said
