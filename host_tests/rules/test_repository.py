"""What must and must not be in the repository itself."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

TOP_LEVEL = {
    ".ci",
    ".gitignore",
    "LICENSE",
    "Makefile",
    "README.md",
    "docs",
    "firmware",
    "host_tests",
    "pyproject.toml",
    "requirements.lock",
    "tools",
}

# Written in pieces, so that this file does not contain what it looks for.
FORBIDDEN = {
    "the address of a package registry: which one to use is the machine's affair": re.compile(
        r"pypi\." + r"org|pythonhosted\." + r"org|registry\.npmjs|(deb|security)\." + r"debian\.org"
        r"|--(extra-)?index" + r"-url|--find" + r"-links",
    ),
    "a path of one machine": re.compile(r"(?<![\w.$}/-])/(home|root|work|Users)" + r"/\w"),
}


def offences(text: str) -> list[str]:
    """Return the lines of a file that say what no file should say."""
    return [
        f"line {number}: {line.strip()[:100]} ({why})"
        for number, line in enumerate(text.splitlines(), 1)
        for why, pattern in FORBIDDEN.items()
        if pattern.search(line)
    ]


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    """Return the names of all tracked files; a downloaded archive has no such list."""
    git = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    names = [name for name in git.stdout.split("\0") if name and (ROOT / name).exists()]
    if not names:
        pytest.skip("this is no git clone")
    return names


def test_the_top_level_is_as_agreed(tracked):
    assert {name.partition("/")[0] for name in tracked} == TOP_LEVEL


def test_no_file_names_a_registry_or_a_machine_s_path(tracked):
    found = {}
    for name in tracked:
        content = (ROOT / name).read_bytes()
        if b"\0" not in content:  # text
            found[name] = offences(content.decode("utf-8"))
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_every_locked_package_has_hashes():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    packages = re.findall(r"^[a-z][^=\s]*==\S+.*(?:\n .*)*", lock, re.MULTILINE)
    assert len(packages) > 10
    assert [package for package in packages if "--hash=sha256:" not in package] == []


@pytest.mark.parametrize(
    "line",
    [
        "see https://" + "pypi." + "org/project/x",
        "--index" + "-url https://example.com/simple",
        "cd " + "/work" + "/main",
        'open("' + "/home" + '/me/x")',
    ],
)
def test_the_check_finds(line):
    assert offences(line)


@pytest.mark.parametrize("line", ["a power/work/energy", "mpremote fs cp x :/lib/x", "$HOME/x"])
def test_the_check_accepts(line):
    assert offences(line) == []
