"""A traceback from byte code as it is deployed, told in the files and lines of the sources."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tools import compile as compiler
from tools.cli.app import app
from tools.join.where import translated

MICROPYTHON = Path(sys.executable).parent / "micropython"
LINES = [("core/a.py", 1), ("core/a.py", 2), ("core/a.py", 3), ("main.py", 1)]
SOURCES = {"core/a.py": "def outer():\n    def inner():\n        1 / 0\n"}


def place(file, line, function):
    return f'  File "{file}", line {line}, in {function}\n'


def told(text, starter_lines=0):
    return translated(text, LINES, SOURCES, "main.py", starter_lines)


def test_files_lines_and_functions_are_those_of_the_sources():
    assert told(place("main.py", 3, "_b")) == place("core/a.py", 3, "inner")
    assert told(place("main.py", 2, "_b")) == place("core/a.py", 2, "inner")
    assert told(place("main.py", 1, "<module>")) == place("core/a.py", 1, "<module>")
    assert told(place("main.py", 4, "main")) == place("main.py", 1, "main")


@pytest.mark.parametrize(
    "text",
    [
        "register 12345.678 kWh\n",
        place("microdot.microdot", 1, "dispatch_request"),
        # Not of this version.
        place("main.py", 5, "_b"),
        place("main.py", 0, "_b"),
    ],
)
def test_anything_else_stays_as_it_is(text):
    assert told(text) == text


def test_the_boards_own_main_is_told_from_that_of_the_application():
    assert told(place("main.py", 2, "<module>"), starter_lines=2) == place("main.py", 2, "<module>")
    assert told(place("main.py", 3, "<module>"), starter_lines=2) != place("main.py", 3, "<module>")


def test_a_function_of_a_file_on_its_own_gets_its_name_back():
    text = place("core.a", 3, "_c")
    assert told(text) == place("core/a.py", 3, "inner")
    assert told(place("core.a", 1, "<module>")) == place("core/a.py", 1, "<module>")


def test_a_traceback_from_byte_code_leads_to_the_line_that_raised(tmp_path):
    """From the compiler to the command line: what raises is a comma too many in JSON."""
    changed = {"main.py": "from services import settings\nsettings.fail()\n"}
    path = compiler.sources()["services/settings.py"]
    source = path.read_text()
    changed["services/settings.py"] = source + "\n\ndef fail():\n    _raise()\n\n\n"
    changed["services/settings.py"] += "def _raise():\n    raise ValueError\n"
    texts = compiler.texts(changed)
    assert compiler.compiled(texts["main.py"], "main.py", tmp_path / "main.mpy").returncode == 0
    ended = subprocess.run(
        [MICROPYTHON, "-c", "import main"], cwd=tmp_path, capture_output=True, text=True, timeout=20
    )
    lines = compiler.lines(changed)
    text = translated(ended.stdout + ended.stderr, lines, changed, "main.py")
    places = re.findall(r'File "(\S+)", line (\d+), in (\S+)', text)
    line = changed["services/settings.py"].splitlines().index("    _raise()") + 1
    assert places[-3:] == [
        ("main.py", "2", "<module>"),
        ("services/settings.py", str(line), "fail"),
        ("services/settings.py", str(line + 4), "_raise"),
    ], ended.stdout + ended.stderr


@pytest.mark.parametrize("by_file", [True, False])
def test_the_command_reads_a_file_or_what_is_piped_in(by_file, tmp_path):
    lines = compiler.lines()
    number = lines.index(("services/mqtt.py", 90)) + 1
    text = "Traceback (most recent call last):\n" + place("main.py", number, "_b") + "OSError: 5\n"
    (tmp_path / "log.txt").write_text(text)
    arguments = ["where", str(tmp_path / "log.txt")] if by_file else ["where"]
    ended = CliRunner().invoke(app, arguments, input=None if by_file else text)
    assert ended.exit_code == 0, ended.output
    assert 'File "services/mqtt.py", line 90, in ' in ended.output
    assert ended.output.endswith("OSError: 5\n")
