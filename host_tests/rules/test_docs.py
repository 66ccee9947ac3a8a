"""What the documents say is so: links lead somewhere, fields and commands exist."""

import json
import re
from pathlib import Path

import pytest

from core import config

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
ROW = re.compile(r"^\| `(\w+)` \| `(.*?)` \| (.*?) \| (.*?) \|$")


def broken_links(document):
    """Return the relative links of a document that lead nowhere."""
    links = LINK.findall(document.read_text())
    return [
        link
        for link in links
        if not link.startswith("http") and not (document.parent / link).exists()
    ]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    assert broken_links(document) == []


def test_a_broken_link_is_found(tmp_path):
    document = tmp_path / "page.md"
    document.write_text("[a](here.md) [b](page.md) [c](https://example.com)")
    assert broken_links(document) == ["here.md"]


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
    schema = {
        name: (json.dumps(field[1]), config.accepted(name), field[4])
        for name, field in config.SCHEMA.items()
    }
    assert documented_fields() == schema


def test_the_example_configuration_of_the_readme_is_accepted():
    block = re.search(r"```json\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    settings, errors = config.parse(block.group(1))
    assert errors == []
    assert settings["meter.reading_kwh"] == "12345.678"


def test_make_targets_named_in_the_readme_exist():
    named = set(re.findall(r"`?make ([a-z-]+)", (ROOT / "README.md").read_text()))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert named
    assert named <= targets


def test_options_of_run_named_in_the_readme_exist():
    readme = (ROOT / "README.md").read_text()
    named = set(re.findall(r"^\| `([A-Z_]+)=", readme, re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text()
    assert named
    assert all(f"$({name})" in makefile for name in named)
