"""Serial ports: which one has the board, and whether this user may open it."""

from __future__ import annotations

import getpass
import glob
import grp
import os
import stat
from dataclasses import dataclass

from serial.tools import list_ports

from .error import BoardError

# USB vendor numbers of the bridges that ESP32 boards have.
_BRIDGES = {
    0x10C4: "CP210x",
    0x1A86: "CH340 or CH9102",
    0x0403: "FTDI",
    0x303A: "USB of the ESP32 itself",
    0x2886: "Seeed XIAO",
}

NO_BOARD = (
    "Connect the board by USB. If it is connected: many cables only charge, so try one that "
    "is known to carry data; plug into the computer itself rather than a hub; and on a "
    "laptop without the driver, install the one of the board's USB chip (CP210x or CH340). "
    "Then look again: python -m tools doctor"
)


@dataclass(frozen=True)
class Port:
    """A serial port. `device`: its name; `chip`: what it is, in words."""

    device: str
    chip: str


def found() -> list[Port]:
    """The serial ports that a board could be on."""
    ports = []
    for port in sorted(list_ports.comports()):
        if port.vid is None:
            # A port of the computer's own: no ESP32 hangs there.
            continue
        chip = _BRIDGES.get(port.vid, port.product or "unknown USB device")
        ports.append(Port(port.device, chip))
    return ports


def choose(wanted: str | None) -> Port:
    """The port to use: the one asked for, or the only one there is."""
    if wanted:
        return _named(wanted)
    ports = found()
    if not ports:
        raise BoardError("no board found on any USB port", NO_BOARD)
    if len(ports) > 1:
        names = ", ".join(f"{port.device} ({port.chip})" for port in ports)
        raise BoardError(
            f"several serial ports: {names}",
            f"Say which one has the board, such as: --port {ports[0].device}",
        )
    return ports[0]


def _named(wanted: str) -> Port:
    if not os.path.exists(wanted) and not wanted.upper().startswith("COM"):
        here = [port.device for port in found()] or glob.glob("/dev/serial/by-id/*")
        if wanted.isdigit():
            advice = "PORT= is the board's serial port here, such as PORT=/dev/ttyUSB0."
        elif here:
            advice = f"There is: {', '.join(here)}"
        else:
            advice = NO_BOARD
        raise BoardError(f"there is no port {wanted}", advice)
    for port in found():
        if port.device == wanted:
            return port
    return Port(wanted, "")


def check_access(device: str) -> None:
    """Raises BoardError, with the command that helps, where this user may not open the port."""
    if os.name != "posix" or os.access(device, os.R_OK | os.W_OK):
        return
    owner = _group_of(device)
    raise BoardError(
        f"{device}: you are not allowed to open it (it belongs to group {owner})",
        f"Join the group and log in again: sudo usermod -aG {owner} {getpass.getuser()}",
    )


def _group_of(device: str) -> str:
    try:
        return grp.getgrgid(os.stat(device).st_gid).gr_name
    except (OSError, KeyError):
        return "dialout"


def is_pseudo_terminal(device: str) -> bool:
    """Whether an imitated board answers there instead of a real one."""
    try:
        status = os.stat(device)
    except OSError:
        return False
    return stat.S_ISCHR(status.st_mode) and device.startswith("/dev/pts/")
