"""The command line explains itself, and what documents and make say of it is so."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tools.cli.app import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = typer.main.get_command(app).commands
# simulator and bench are programs of their own.
NAMED = re.compile(r"python -m tools ([a-z][a-z-]*)([^\n`]*)")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_that_says_what_it_is_for(name):
    ended = CliRunner().invoke(app, [name, "--help"])
    assert ended.exit_code == 0
    summary = COMMANDS[name].help.splitlines()[0]
    assert len(summary) > 20
    # It teaches: with uses to copy, and no line broken where the source breaks it.
    assert f"python -m tools {name}" in COMMANDS[name].help.partition("Examples")[2]
    options = [param for param in COMMANDS[name].params if param.name != "help"]
    assert all(param.help for param in options), [param.name for param in options]


def test_without_a_command_help_is_shown():
    output = CliRunner(env={"COLUMNS": "120"}).invoke(app, []).output
    for name in COMMANDS:
        assert name in output


def documented_uses():
    """Return (document, command, rest of the line) for every use in the documents."""
    return [
        (document.name, *match.groups())
        for document in DOCUMENTS
        for match in NAMED.finditer(document.read_text(encoding="utf-8"))
    ]


def test_commands_and_options_named_in_the_documents_exist():
    uses = documented_uses()
    assert uses
    for document, name, rest in uses:
        assert name in COMMANDS, (document, name)
        options = {option for param in COMMANDS[name].params for option in param.opts}
        options |= {option for param in COMMANDS[name].params for option in param.secondary_opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= options | {"--help"}, (document, name, rest)


def test_messages_name_commands_that_exist():
    for path in [*(ROOT / "tools").rglob("*.py"), *(ROOT / "firmware").rglob("*.py")]:
        for name, _ in NAMED.findall(path.read_text(encoding="utf-8")):
            assert name in COMMANDS, (path.name, name)


def dry_run(*arguments):
    """Return what make would run."""
    # Files that the targets stand on are taken to be there.
    command = ["make", "--dry-run", "--assume-old=.venv/.stamp", *arguments]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return made.stdout


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("doctor", "doctor"),
        ("flash", "flash"),
        ("deploy", "deploy"),
        ("configure", "configure"),
        ("monitor", "monitor"),
        ("test-device", "self-test"),
    ],
)
def test_make_hands_the_serial_port_on(target, command):
    assert f"tools {command} --port /dev/ttyUSB0" in dry_run(target, "PORT=/dev/ttyUSB0")
    assert "--port" not in dry_run(target).partition(f"tools {command}")[2]


def test_the_imitated_board_takes_the_place_of_a_real_one():
    said = dry_run("test-device", "PORT=imitated", "ARGS=--seconds 4")
    assert 'pty_board.py "deploy --no-restart" "self-test --seconds 4"' in said


def test_to_run_port_is_still_the_web_pages():
    assert "tools.simulator --port 8090" in dry_run("run", "PORT=8090")


def test_under_a_python_without_the_libraries_the_tools_say_how_to_get_them(tmp_path):
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("data"))
    # -S: without what is installed.
    ended = subprocess.run(
        [sys.executable, "-S", "-m", "tools", "doctor"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert "make doctor" in ended.stderr
    assert "Traceback" not in ended.stderr
