"""What the documents say is so: links lead somewhere, fields and commands exist."""

import json
import re
import shlex
from pathlib import Path

import pytest
import typer

from core import config
from tools.cli.app import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)]*))?\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
MEANING = re.compile(r'^    "([a-z_.]+)": \(.+\),  # (.+)$', re.MULTILINE)
ROW = re.compile(r"^\| `(\w+)` \| `(.*?)` \| (.*?) \| (.*?) \|$")


def broken_links(document):
    """Return the relative links of a document that lead nowhere, or to no heading there."""
    broken = []
    for link, anchor in LINK.findall(document.read_text()):
        target = document.parent / link if link else document
        if link.startswith("http"):
            continue
        if not target.exists():
            broken.append(link)
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            broken.append(f"{link}#{anchor}")
    return broken


def anchors(document):
    """Return what GitHub calls a document's headings."""
    headings = HEADING.findall(document.read_text())
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    assert broken_links(document) == []


def test_a_broken_link_is_found(tmp_path):
    document = tmp_path / "page.md"
    document.write_text(
        "# On `this`, page\n[a](here.md) [b](page.md) [c](https://example.com) "
        "[d](#on-this-page) [e](page.md#on-this-page) [f](#elsewhere) [g](page.md#nowhere)"
    )
    assert broken_links(document) == ["here.md", "#elsewhere", "page.md#nowhere"]


def documented_fields():
    """Return the configuration tables as {name: (default, accepted, meaning)}."""
    fields = {}
    section = ""
    for line in (ROOT / "docs" / "configuration.md").read_text().splitlines():
        if line.startswith("## "):
            section = line[3:]
        row = ROW.match(line)
        if row:
            fields[f"{section}.{row.group(1)}"] = row.groups()[1:]
    return fields


def test_every_configuration_field_is_documented_as_the_schema_has_it():
    meanings = dict(MEANING.findall(Path(config.__file__).read_text()))
    schema = {
        name: (json.dumps(field[1]), config.accepted(name), meanings[name])
        for name, field in config.SCHEMA.items()
    }
    assert documented_fields() == schema


def test_the_example_configuration_of_the_readme_is_accepted():
    block = re.search(r"```json\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    settings, errors = config.parse(block.group(1))
    assert errors == []
    assert settings["meter.reading_kwh"] == "12345.678"


def commands(document):
    """Return the command lines that a document shows, in blocks and in running text."""
    text = document.read_text()
    shown = []
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        shown += block.splitlines()
    running = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    shown += re.findall(r"`([^`\n]+)`", running)
    return [line.strip() for line in shown]


def wrong_make(line):
    """Return what is wrong with a ``make`` command, or None."""
    if not re.match(r"make( |$)", line):
        return None
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for word in shlex.split(line)[1:]:
        name, equals, _ = word.partition("=")
        if equals and f"$({name})" not in makefile and not re.search(rf"^{name} \?=", makefile):
            return f"{line}: {name}= is no option"
        if not equals and word not in targets:
            return f"{line}: {word} is no target"
    return None


def wrong_tool(line):
    """Return what is wrong with a ``python -m tools`` command, or None."""
    found = re.search(r"python -m tools ([a-z].*)", line)
    if not found:
        return None
    name, *arguments = shlex.split(found.group(1))
    command = typer.main.get_command(app).commands.get(name)
    if command is None:
        return f"{line}: {name} is no command"
    options = {option for parameter in command.params for option in parameter.opts}
    wrong = [word for word in arguments if word.startswith("-") and word not in options]
    return f"{line}: no option {wrong[0]}" if wrong else None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_named_exist(document):
    shown = commands(document)
    wrong = [found for line in shown for found in (wrong_make(line), wrong_tool(line)) if found]
    assert wrong == []


def test_wrong_commands_are_found():
    assert wrong_make("make nonsense")
    assert wrong_make("make run NONSENSE=1")
    assert wrong_tool(".venv/bin/python -m tools nonsense")
    assert wrong_tool("python -m tools capture x.trace --nonsense")
    assert not wrong_make("make run SPEED=60")
    assert not wrong_tool("python -m tools capture x.trace --seconds 600")


# What is on the board, or made by a command, and not in the repository.
ELSEWHERE = re.compile(
    r"^(a|b|lib|history|build|\.run|\.venv)/|\.rec$|"
    r"^(config|config\.good|manifest|slot|boot)\.json$|^(main|boot)\.py$|^ca\.pem$"
)
PATH = re.compile(r"^[\w.-]+(/[\w.-]+)*(/|\.(py|md|svg|scad|stl|json|toml|lock|csv|txt))$")


def missing_files(document):
    """Return the files and folders that a document names and that are nowhere."""
    # What a tool is given or writes is the reader's own.
    lines = [line for line in commands(document) if "-m tools" not in line]
    words = [word for line in lines for word in line.split()]
    folders = (ROOT, ROOT / "firmware", ROOT / "host_tests", document.parent)
    return sorted(
        word
        for word in set(words)
        if PATH.match(word)
        and not ELSEWHERE.search(word)
        and not any((folder / word).exists() for folder in folders)
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_named_exist(document):
    assert missing_files(document) == []


def test_a_missing_file_is_found(tmp_path):
    document = tmp_path / "page.md"
    document.write_text("`core/nonsense.py`, `core/energy.py`, `config.json`, `page.md`, `3.3`")
    assert missing_files(document) == ["core/nonsense.py"]


def test_the_guide_has_the_pins_of_every_board():
    rows = re.findall(
        r"^\| ([\w, -]+) \| (\d+)[^|]*\| (\d+)[^|]*\| (\d+)[^|]*\| (\d+|–) \|$",
        (ROOT / "docs" / "guide.md").read_text(),
        re.MULTILINE,
    )
    # Without a hardware counter no pin is left free.
    shown = sorted((*map(int, row[1:4]), 0 if row[4] == "–" else int(row[4])) for row in rows)
    boards = [json.loads(path.read_text()) for path in (ROOT / "tools" / "boards").glob("*.json")]
    wanted = []
    for board in boards:
        pins = [board["roles"][role] for role in ("pulse", "breaker", "mains")]
        wanted.append((*pins, board["roles"]["reference_clock"] if board["pcnt"] else 0))
    assert shown == sorted(wanted)


def test_every_field_named_in_the_guide_exists():
    source = "".join(path.read_text() for path in (ROOT / "firmware").rglob("*.py"))
    text = (ROOT / "docs" / "guide.md").read_text()
    named = set(re.findall(r"`([a-z_]+\.[a-z_.]+)`", text))
    named = {name for name in named if not PATH.match(name)}
    assert len(named) > 20
    unknown = [
        name
        for name in sorted(named)
        if name not in config.SCHEMA
        and not all(f'"{part}"' in source or f"{part}=" in source for part in name.split("."))
    ]
    assert unknown == []


def test_options_of_run_named_in_the_readme_exist():
    readme = (ROOT / "README.md").read_text()
    named = set(re.findall(r"^\| `([A-Z_]+)=", readme, re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text()
    assert named
    assert all(f"$({name})" in makefile for name in named)
