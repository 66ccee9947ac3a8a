"""What counting costs: instructions, bytes, the highest rate.

    .venv/bin/python -m tools.bench.cost [NAME]...

NAME: one of the rows' commands, such as `handler`; without any, all of them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tools.compile import compile_all

from .match import MICROPYTHON, ROOT, RunError, run

COST_RUN = "tools/bench/board/cost_run.py"
BYTE_CODE = ROOT / "build" / "bench" / "mpy"
# Pulses of 3 x 125 A, the most a directly connected meter sends.
MOST_PULSES_PER_S = 24
# The instructions of one item are the difference of two runs, so long each.
FEW, MANY = 1_000, 3_000
EDGES = 20_000
_COLLECTED = re.compile(r"Collected : (\d+)")
_MISSING = "valgrind is missing: Debian has it in the package valgrind"

Value = tuple[str, str]  # (what, how much)
Row = tuple[str, str, str]  # (what, how much, command)


def instructions(arguments: list[str]) -> int:
    """Instructions that a run of the interpreter takes, as callgrind counts them."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command += [str(MICROPYTHON), *arguments]
    # The interpreter comes as a module of CPython, whose hashes are random otherwise.
    fixed = {**os.environ, "PYTHONHASHSEED": "0"}
    ended = subprocess.run(
        command, cwd=ROOT, env=fixed, capture_output=True, text=True, check=False
    )
    found = _COLLECTED.search(ended.stderr)
    if ended.returncode or not found:
        raise RunError(f"valgrind: {(ended.stdout + ended.stderr)[-1000:]}")
    return int(found.group(1))


def per_item(what: str, few: int = FEW, many: int = MANY) -> int:
    """Instructions of one more item, by the difference of two runs, without the loop's own."""
    counts = {
        name: [instructions([COST_RUN, name, str(count)]) for count in (few, many)]
        for name in (what, "loop")
    }
    each = {name: (most - least) / (many - few) for name, (least, most) in counts.items()}
    return round(each[what] - each["loop"])


def _empty() -> list[Value]:
    return [("instructions of a callback that does nothing", f"{per_item('empty'):,}")]


def _handler() -> list[Value]:
    return [("instructions per edge, interrupt handler", f"{per_item('handler'):,}")]


def _path() -> list[Value]:
    name = "instructions per edge, whole path with its share of a beat"
    return [(name, f"{per_item('path'):,}")]


def boot(compiled: Path | None = None) -> int:
    """Instructions of the firmware's `main` up to the first edge that would be counted."""
    with tempfile.TemporaryDirectory() as flash:
        rest = ["0", flash, *([str(compiled)] if compiled else [])]
        return instructions([COST_RUN, "boot", *rest]) - instructions([COST_RUN, "nothing", *rest])


def _boot() -> list[Value]:
    failures = compile_all(BYTE_CODE)
    if failures:
        raise RunError(f"not byte-compiled: {', '.join(failures)}")
    return [
        (
            "instructions from power to the first countable edge, byte code as deployed",
            _millions(boot(BYTE_CODE)),
        ),
        ("the same, source compiled at start", _millions(boot())),
    ]


def _heap() -> list[Value]:
    handler, path = _micropython("heap", "2000").split()
    return [
        ("bytes that the handler allocates per edge", handler),
        ("bytes that the whole path allocates per pulse, 64-bit words", path),
    ]


def _rate() -> list[Value]:
    us = min(int(_micropython("rate", str(EDGES))) for _ in range(5))
    times = EDGES / 2 / (us / 1e6) / MOST_PULSES_PER_S
    name = f"highest sustained rate on this machine, as a multiple of {MOST_PULSES_PER_S} pulses/s"
    return [(name, f"{times:,.0f}")]


def _ram() -> list[Value]:
    with tempfile.TemporaryDirectory() as flash:
        lines = _micropython("ram", "0", flash).splitlines()
    return [
        (f"RAM, bytes, 64-bit words: {name}", f"{int(size):,}")
        for name, _, size in (line.rpartition(" ") for line in lines)
    ]


MEASURES: dict[str, Callable[[], list[Value]]] = {
    "empty": _empty,
    "handler": _handler,
    "path": _path,
    "heap": _heap,
    "rate": _rate,
    "boot": _boot,
    "ram": _ram,
}
_BY_VALGRIND = ("empty", "handler", "path", "boot")


def command(name: str) -> str:
    """The command that yields a row."""
    return f".venv/bin/python -m tools.bench.cost {name}"


# The rate depends on what else the machine does; the others may be measured side by side.
ALONE = ("rate",)


def measure(names: list[str] | None = None) -> list[Row]:
    """Measure everything; without valgrind the instructions are left out, and it says so."""
    rows: list[Row] = []
    for name in names or MEASURES:
        if name in _BY_VALGRIND and shutil.which("valgrind") is None:
            rows.append((f"{name}: {_MISSING}", "–", command(name)))
        else:
            rows += [(what, value, command(name)) for what, value in MEASURES[name]()]
    return rows


def main(names: list[str]) -> int:
    """Print the rows of the measures named, or of all."""
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        print(f"cost: no {unknown[0]!r}; there is {', '.join(MEASURES)}", file=sys.stderr)
        return 2
    for what, value, _ in measure(names):
        print(f"{what}: {value}")
    return 0


def _micropython(*arguments: str) -> str:
    return run([str(MICROPYTHON), COST_RUN, *arguments])


def _millions(number: int) -> str:
    return f"{number / 1e6:.1f} million"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
