"""`python -m tools.simulator`: the firmware on a virtual meter, until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import socket
import sys
from pathlib import Path
from typing import Any

from . import settings
from .panel import make_output
from .supervisor import ROOT, RunOptions, Supervisor


def main() -> int:
    parser = _parser()
    options = parser.parse_args()
    try:
        meter_settings, profile = settings.from_options(options)
        _check_port_is_free(options.port)
        run = RunOptions(
            meter=meter_settings,
            profile=profile,
            firmware_command=_firmware_command(options.byte_code),
            state_dir=options.state_dir,
            speed=options.speed,
            port=options.port,
            duration_wall_s=options.duration or None,
            fresh=options.fresh,
            faults=dict(options.fault),
            config=_sections(options.set),
            install=options.install,
            broker_port=options.broker,
        )
        output = make_output()
        try:
            return Supervisor(run, output).run()
        finally:
            output.close()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.simulator",
        description="Runs the firmware under MicroPython on a virtual OMNIPOWER meter. "
        "Ctrl-C ends the run and compares the two registers; started again, it goes on.",
    )
    parser.add_argument(
        "--speed",
        type=settings.number(0.1, 10_000),
        default=1.0,
        metavar="N",
        help="virtual seconds per second, 0.1 to 10000 (default 1)",
    )
    parser.add_argument(
        "--port",
        type=settings.whole_number(1, 65_535),
        default=8080,
        metavar="N",
        help="port of the reader's page (default 8080)",
    )
    parser.add_argument(
        "--duration",
        type=settings.number(0, 10_000_000),
        default=0.0,
        metavar="S",
        help="end by itself after this many seconds of real time (default 0: never)",
    )
    parser.add_argument(
        "--state-dir",
        type=Path,
        default=ROOT / ".run",
        metavar="DIR",
        help="what meter and board remember between runs (default .run)",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="start with a new meter and a blank board"
    )
    parser.add_argument(
        "--byte-code",
        action="store_true",
        help="run the firmware compiled, as it is deployed, in place of its sources",
    )
    parser.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="NAME=JSON",
        help="something the imitated board gets wrong, such as drop_per_million=1000",
    )
    parser.add_argument(
        "--broker",
        type=settings.whole_number(0, 65_535),
        metavar="PORT",
        help="start mosquitto on this port of loopback, 0 for any, and have the reader use it",
    )
    parser.add_argument(
        "--set",
        type=_setting,
        action="append",
        default=[],
        metavar="SECTION.FIELD=JSON",
        help="a field of the reader's configuration, such as mqtt.deadband_w=50",
    )
    parser.add_argument(
        "--install",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="copy a file to the reader's flash, such as the certificate of a CA",
    )
    settings.add_options(parser)
    return parser


def _fault(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: accepted is NAME=JSON value") from error


def _setting(text: str) -> tuple[str, str, Any]:
    name, value = _fault(text)
    section, _, field = name.partition(".")
    if not section or not field:
        raise argparse.ArgumentTypeError(f"{text!r}: accepted is SECTION.FIELD=JSON value")
    return section, field, value


def _sections(fields: list[tuple[str, str, Any]]) -> dict[str, dict[str, Any]]:
    sections: dict[str, dict[str, Any]] = {}
    for section, field, value in fields:
        sections.setdefault(section, {})[field] = value
    return sections


def _check_port_is_free(port: int) -> None:
    """Better said now than by a firmware that cannot serve its page."""
    with socket.socket() as probe:
        # As servers do: the remains of closed connections do not count as in use.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError as error:
            raise ValueError(
                f"port {port} cannot be used ({error.strerror}); "
                f"choose another: make run PORT={port % 65_535 + 1} (or --port)"
            ) from error


def _firmware_command(byte_code: bool) -> list[str]:
    interpreter = Path(sys.executable).parent / "micropython"
    boot = Path(__file__).with_name("boot.py").relative_to(ROOT)
    command = [str(interpreter), "-X", "heapsize=4M", str(boot)]
    if not byte_code:
        return command
    # Takes a moment to import, which who runs the sources need not wait for.
    from tools import compile as compiler

    print("compiling the firmware ...")
    folder = ROOT / "build" / "byte_code"
    failures = compiler.compile_all(folder)
    if failures:
        raise ValueError(f"do not compile: {', '.join(failures)}")
    return [*command, str(folder)]


if __name__ == "__main__":
    sys.exit(main())
