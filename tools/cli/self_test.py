"""self-test: can this board count?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from tools import compile as compiler
from tools.board import boards, ports
from tools.board.error import BoardError
from tools.board.link import Link
from tools.board.probe import Probe, probe
from tools.selftest import report as reports

from . import show
from .options import PortOption

_SCRIPT = Path(reports.__file__).with_name("board_selftest.py")
_DEFAULT = boards.named("esp32_devkitc")


def self_test(
    port: PortOption = None,
    output: Annotated[
        int | None, typer.Option(help="GPIO that makes the pulses; without it: by the chip.")
    ] = None,
    pulse: Annotated[
        int | None, typer.Option(help="GPIO that counts them; without it: by the chip.")
    ] = None,
    active_low: Annotated[
        bool, typer.Option("--active-low", help="Make pulses as an LM393 board does.")
    ] = False,
    seconds: Annotated[int, typer.Option(min=2, max=60, help="Length of each train.")] = 15,
) -> None:
    """Test whether this board counts right: one pin makes pulses, wired to the pin that counts.

    Take the photodiode off and connect the two pins with a wire. Pulses come at 1, 10 and 20 a
    second, made in hardware, while garbage is collected, flash is written and Wi-Fi scans. The
    report compares truth, hardware count, interrupt handler and register; paste it into an
    issue if anything is wrong.

    [bold]Examples[/bold]
    python -m tools self-test
    python -m tools self-test --output 25 --pulse 34 --seconds 30
    """
    chosen = ports.choose(port)
    with Link(chosen.device) as link:
        found = probe(link)
        if not found.versions or found.slot is None:
            raise BoardError("no application on the board to test", "python -m tools deploy")
        output, pulse = _pins(found, output, pulse)
        _load(link, str(found.slot["slot"]))
        show.plain(f"GPIO {output} -> GPIO {pulse}; this takes about {3 * (seconds + 5)} s")
        link.run(f"_test = SelfTest({output}, {pulse}, {active_low}, {seconds}, _feed)")
        if not link.value("_test.wired()"):
            raise BoardError(
                f"GPIO {pulse} does not follow GPIO {output}",
                "Connect the two by a wire, and take the photodiode off.",
            )
        # Silence for as long as the pulses last; mpremote's own patience is shorter.
        heard: list[bytes] = []
        link.stream("import json\nprint(json.dumps(_test.run()))", heard.append)
        results = _results(b"".join(heard))
    version = found.versions.get(str(found.slot["slot"]), "?")
    report = reports.Report(found, version, output, pulse, seconds, results)
    show.plain(report.text())
    if ports.is_pseudo_terminal(chosen.device):
        show.note(
            "an imitated board: not verified are the RMT's timing, stalls of a real radio and "
            "flash, and the wire. Verified: the firmware's own drivers, filter and audit."
        )
    if not report.passed:
        raise typer.Exit(1)


def _pins(found: Probe, output: int | None, pulse: int | None) -> tuple[int, int]:
    candidates = boards.of_chip(found.chip)
    board = candidates[0] if candidates else _DEFAULT
    assert board is not None
    output = board.roles["selftest"] if output is None else output
    pulse = board.roles["pulse"] if pulse is None else pulse
    if candidates:
        for pin, driven in ((output, True), (pulse, False)):
            refusals = [candidate.refusal(pin, output=driven) for candidate in candidates]
            if all(refusals):
                raise BoardError(str(refusals[0]))
    return output, pulse


def _load(link: Link, slot: str) -> None:
    link.run(f"import boot_select\nboot_select.mount({slot!r})")
    link.run(
        "def _feed():\n"
        "    try:\n"
        "        import machine\n"
        "        machine.WDT(timeout=600000).feed()\n"
        "    except Exception:\n"
        "        pass\n"
    )
    link.run(compiler.caller(_SCRIPT))


def _results(heard: bytes) -> list[dict[str, Any]]:
    text = heard.replace(b"\x04", b"").decode("utf-8", "replace").strip()
    try:
        return json.loads(text.rpartition("\n")[2])
    except ValueError as error:
        raise BoardError(f"the board's report is not readable: {text[-200:]!r}") from error
