"""Everything locked runs on the oldest Python that the README promises."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[2]
# What Debian 12 and Raspberry Pi OS of that name have; its patch level counts: some
# packages ask for 3.11.5.
OLDEST = "3.11.2"


def test_no_package_that_is_installed_refuses_the_oldest_python():
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert len(locked) > 50
    refusing = {}
    for name in locked:
        try:
            wanted = importlib.metadata.metadata(name).get("Requires-Python")
        except importlib.metadata.PackageNotFoundError:
            continue  # Its marker keeps it from this machine.
        if wanted and OLDEST not in SpecifierSet(wanted):
            refusing[name] = wanted
    assert refusing == {}


def test_the_oldest_python_is_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert OLDEST in SpecifierSet(project["requires-python"])
