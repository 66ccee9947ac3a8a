"""What counting costs: the measures measure, and the page's commands are commands."""

import re
import shutil
from pathlib import Path

import pytest

from tools.bench import cost

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| .* \| .* \| `(\.venv/bin/python -m tools\.bench\.cost (\w+))` \|$")


def test_every_row_s_command_is_one():
    part = (
        (ROOT / "docs" / "benchmarks.md")
        .read_text()
        .partition("<!-- cost: begin -->")[2]
        .partition("<!--")[0]
    )
    rows = [ROW.match(line) for line in part.splitlines() if line.startswith("| ")][2:]
    assert rows and all(rows)
    assert {row.group(2) for row in rows} == set(cost.MEASURES)
    assert all(row.group(1) == cost.command(row.group(2)) for row in rows)


def test_the_handler_allocates_nothing_and_the_path_does(capsys):
    assert cost.main(["heap"]) == 0
    handler, path = (int(line.rpartition(": ")[2]) for line in capsys.readouterr().out.splitlines())
    assert handler == 0
    assert 0 < path < 2_000


def test_every_service_of_the_firmware_is_weighed():
    main = (ROOT / "firmware" / "main.py").read_text()
    services = set(re.findall(r'services\.add\("(\w+)", ', main))
    weighed = {what.rpartition(": ")[2]: int(size.replace(",", "")) for what, size in cost._ram()}
    assert len(services) > 10
    assert services <= set(weighed)
    assert all(size > 0 for size in weighed.values())


@pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind is not installed")
def test_the_handler_s_instructions_are_counted():
    # A few opcodes and three C calls; a callback that was never made would cost next to none.
    few, many = (cost.instructions([cost.COST_RUN, "handler", count]) for count in ("100", "1100"))
    assert 500 < (many - few) / 1000 < 20_000


def test_an_unknown_measure_is_refused(capsys):
    assert cost.main(["speed"]) == 2
    assert "there is empty, handler, path" in capsys.readouterr().err
