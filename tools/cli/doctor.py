"""doctor: look at everything between this computer and a counting reader."""

from __future__ import annotations

import typer

from tools.board import boards, ports
from tools.board.error import BoardError
from tools.board.link import Link
from tools.board.probe import VERSION_MIN, Probe, probe
from tools.board.stored_config import check

from . import show
from .options import PortOption

# The application twice, where each file takes whole blocks of 4 KiB, and what is recorded.
FLASH_MIN = 1_200_000
# What the test of the heap gives to byte code from files, on 32 bits: see docs/memory.md.
HEAP_MIN = 195 * 1024


def doctor(port: PortOption = None) -> None:
    """Find the board and say what is wrong with it, and what to do about that.

    The reader is interrupted for some seconds and then started again. Exit code 0 means:
    ready. 1: something is to be done.

    [bold]Examples[/bold]
    python -m tools doctor
    python -m tools doctor --port /dev/ttyUSB1
    """
    try:
        problems = _look(port)
    except BoardError as error:
        show.fault(error)
        problems = 1
    if problems:
        show.err.print(f"\n{problems} thing{'s' if problems > 1 else ''} to do", style="bold")
        raise typer.Exit(1)
    show.plain("\nReady.")


def _look(wanted: str | None) -> int:
    port = ports.choose(wanted)
    show.good(f"port {port.device}" + (f" ({port.chip})" if port.chip else ""))
    ports.check_access(port.device)
    show.good("you may open it")
    with Link(port.device) as link:
        found = probe(link)
        stored = link.read("config.json") if found.is_esp32 else None
    return sum(
        [
            _chip(found),
            _version(found),
            _pcnt(found),
            _memory(found),
            _flash(found),
            _application(found),
            _configuration(stored, found),
        ]
    )


def _chip(found: Probe) -> int:
    if not found.is_esp32:
        show.problem("MicroPython answers, but this is no ESP32", "This firmware needs one.")
        return 1
    if found.chip is None:
        show.note(f"chip: {found.machine} (imitated, or unknown to this tool)")
        return 0
    show.good(f"chip: {found.machine}")
    if not boards.of_chip(found.chip):
        show.note(f"no pin map for {found.chip}: pins are not checked")
    return 0


def _version(found: Probe) -> int:
    if found.version < VERSION_MIN:
        show.problem(
            f"MicroPython {found.version_text} is too old",
            f"{'.'.join(map(str, VERSION_MIN))} or newer is needed: python -m tools flash",
        )
        return 1
    show.good(f"MicroPython {found.version_text}")
    return 0


def _pcnt(found: Probe) -> int:
    if found.pcnt:
        show.good("pulse counter in hardware: yes")
    else:
        show.note(
            "pulse counter in hardware: no. The reader counts by interrupt alone: pulses that "
            "fall into a stall of more than some 8 edges are lost. Any ESP32 but the C3 has one."
        )
    return 0


def _memory(found: Probe) -> int:
    psram = found.psram
    if psram is None:
        show.note("PSRAM: MicroPython does not say")
    elif psram:
        show.good(f"PSRAM: yes, {psram / 2**20:.1f} MiB")
    else:
        show.note("PSRAM: none found")
    heap = f"heap {found.heap // 1024} KiB"
    if found.heap >= HEAP_MIN:
        show.good(f"{heap}: enough for the firmware, which needs {HEAP_MIN // 1024} KiB")
        return 0
    show.problem(
        f"{heap}: too small, the firmware needs {HEAP_MIN // 1024} KiB and will not run",
        _more_memory(found),
    )
    return 1


def _more_memory(found: Probe) -> str:
    if found.chip in ("ESP32C3", "ESP32C6"):
        return f"The {found.chip} has no PSRAM: take a board with an ESP32-S3, or a WROVER module."
    return (
        "If the board has PSRAM (WROVER on its module, or R2 or R8 in the chip's name), put the "
        "MicroPython on it that knows of it: python -m tools flash, which chooses by the chip "
        "(--variant SPIRAM or SPIRAM_OCT says it). If it has none, take a board that has."
    )


def _flash(found: Probe) -> int:
    free = f"{found.flash_free // 1024} of {found.flash_total // 1024} KiB of flash free"
    if found.flash_free < FLASH_MIN and not found.versions:
        show.problem(free, "Remove files of your own, or use a board with 4 MB of flash.")
        return 1
    show.good(free)
    return 0


def _application(found: Probe) -> int:
    slot = found.slot
    if not found.versions or slot is None:
        show.problem("no application on it", "python -m tools deploy")
        return 1
    name = str(slot.get("slot"))
    state = "in force" if slot.get("confirmed") else "on probation until it has run 5 minutes"
    show.good(f"application {found.versions.get(name, '?')} in {name}/, {state}")
    if slot.get("failed"):
        show.note(f"the version in {slot['failed']}/ failed three times and was given up")
    return 0


def _configuration(stored: bytes | None, found: Probe) -> int:
    if stored is None:
        show.problem("no config.json: the defaults apply", "python -m tools configure")
        return 1
    errors = check(stored, found.machine)
    for error in errors:
        show.problem(error, "python -m tools configure")
    if errors:
        return len(errors)
    faults = boards.faults_of(stored, found.chip)
    for line in faults:
        show.problem(line, "Move the wire to another pin: python -m tools configure")
    if not faults:
        show.good("config.json is accepted")
    return len(faults)
