"""The virtual meter's state between two runs: the house stands still in between."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .files import read_json, write_json
from .meter import VirtualMeter
from .profile import LoadProfile
from .settings import MeterSettings

FILE_NAME = "meter.json"
FORMAT = 1


class MeterFileError(ValueError):
    """A saved meter that cannot be read."""


@dataclass
class SavedMeter:
    """A meter ready to go on, and what had happened to the reader before.

    `note` says in words where the meter came from.
    """

    meter: VirtualMeter
    note: str
    pulses_while_reader_off: int = 0
    pulses_unsaved_at_most: int = 0


def save(
    state_dir: Path, saved: SavedMeter, *, pulses_while_reader_off: int, pulses_unsaved_at_most: int
) -> None:
    """Writes the state in one step, so that it can be taken at any moment."""
    meter = saved.meter
    write_json(
        state_dir / FILE_NAME,
        {
            "format": FORMAT,
            "identity": meter.settings.identity(meter.profile),
            "meter": meter.state(),
            "pulses_while_reader_off": pulses_while_reader_off,
            "pulses_unsaved_at_most": pulses_unsaved_at_most,
        },
    )


def restore(state_dir: Path, settings: MeterSettings, profile: LoadProfile) -> SavedMeter:
    """The saved meter; a new one if none was saved.

    With other settings than it was saved with, the profile starts anew but time, pulses
    and register go on.
    """
    path = state_dir / FILE_NAME
    try:
        content = read_json(path)
        if content is None:
            return SavedMeter(VirtualMeter(settings, profile), "a new meter")
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']!r}, accepted {FORMAT}")
        return _restored(content, settings, profile)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise MeterFileError(
            f"{path}: cannot be read ({error}); start anew with --fresh (make run ARGS=--fresh)"
        ) from error


def _restored(content: dict, settings: MeterSettings, profile: LoadProfile) -> SavedMeter:
    state = content["meter"]
    identity = settings.identity(profile)
    changed = [name for name in identity if identity[name] != content["identity"].get(name)]
    if changed:
        meter = VirtualMeter(
            settings,
            profile,
            start_us=int(state["values"]["now_us"]),
            pulses=int(state["values"]["pulses"]),
            register_wh=int(state["register_wh"]),
        )
        note = (
            f"saved with another {', '.join(changed)}: the profile starts anew, "
            f"the register goes on from {meter.display}"
        )
    else:
        meter = VirtualMeter(settings, profile)
        meter.restore(state)
        note = f"goes on from {meter.display}"
    return SavedMeter(
        meter,
        note,
        pulses_while_reader_off=int(content["pulses_while_reader_off"]),
        pulses_unsaved_at_most=int(content["pulses_unsaved_at_most"]),
    )
