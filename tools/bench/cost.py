"""What counting costs: instructions, bytes, the highest rate."""

from __future__ import annotations

import re
import shutil
import subprocess

from .match import MICROPYTHON, ROOT, RunError, run

COST_RUN = "tools/bench/board/cost_run.py"
# Pulses of 3 x 125 A, the most a directly connected meter sends.
MOST_PULSES_PER_S = 24
_COLLECTED = re.compile(r"Collected : (\d+)")

Row = tuple[str, str, str]  # (what, how much, command)


def instructions(arguments: list[str]) -> int:
    """Instructions that a run of the interpreter takes, as callgrind counts them."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command += [str(MICROPYTHON), *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = _COLLECTED.search(ended.stderr)
    if ended.returncode or not found:
        raise RunError(f"valgrind: {ended.stderr[-1000:]}")
    return int(found.group(1))


def per_item(what: str, few: int, many: int) -> int:
    """Instructions of one more item, by the difference of two runs."""
    most, least = (instructions([COST_RUN, what, str(count)]) for count in (many, few))
    return (most - least) // (many - few)


def measure(few: int = 1_000, many: int = 3_000) -> list[Row]:
    """Measure everything; without valgrind the instructions are left out, and it says so."""
    rows: list[Row] = []
    if shutil.which("valgrind") is None:
        missing = "valgrind is missing: Debian has it in the package valgrind"
        rows.append(("instructions", "–", missing))
    else:
        command = f"valgrind --tool=callgrind micropython {COST_RUN} {{}} {few}, {many}"
        loop = per_item("loop", few, many)
        for what, name in (
            ("empty", "instructions of an empty callback"),
            ("handler", "instructions per edge, interrupt handler"),
            ("path", "instructions per edge, whole path with its share of a beat"),
        ):
            rows.append((name, str(per_item(what, few, many) - loop), command.format(what)))
        boot = instructions([COST_RUN, "boot", "0"]) - instructions(["-c", "pass"])
        name = "instructions from start to first countable edge, compiling included"
        rows.append((name, _millions(boot), command.format("boot").partition(" 1_")[0]))
    run_line = f"micropython {COST_RUN} "
    taken = run([str(MICROPYTHON), COST_RUN, "heap", "2000"]).strip()
    name = "bytes per pulse, whole path (64-bit words; the handler takes none)"
    rows.append((name, taken, run_line + "heap 2000"))
    edges = 20_000
    us = min(int(run([str(MICROPYTHON), COST_RUN, "rate", str(edges)])) for _ in range(3))
    times = edges / 2 / (us / 1e6) / MOST_PULSES_PER_S
    name = f"highest sustained rate, as a multiple of {MOST_PULSES_PER_S} pulses/s, on this machine"
    rows.append((name, f"{times:.0f}", run_line + f"rate {edges}"))
    for line in run([str(MICROPYTHON), COST_RUN, "ram", "0"]).splitlines():
        service, size = line.split()
        name = f"RAM of {service}, bytes, bytecode included (64-bit words; half on the chip)"
        rows.append((name, size, run_line + "ram 0"))
    return rows


def _millions(number: int) -> str:
    return f"{number / 1e6:.1f} million"
