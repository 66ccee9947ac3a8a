"""Everything that decides how a virtual meter behaves, and its command line options."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from .profile import DEFAULT_PROFILE, LoadProfile, load_profile
from .pulse_clock import KWH_W_US
from .scenario import SCENARIOS

# Part of the shortest interval between pulses that a flash may fill: a comparator
# needs dark between two flashes to tell them apart.
LIT_SHARE_MAX_PERCENT = 90


@dataclass(frozen=True)
class MeterSettings:
    """Settings of one virtual meter.

    `imp_per_kwh` 1 to 100 000; `register_wh` the register a new meter starts with;
    `pulse_width_us` 1 000 to 500 000; `bounce_us` 0 to 20 000; `emi_per_s` 0 to 1 000.
    """

    profile: str = DEFAULT_PROFILE
    scenario: str = "normal"
    imp_per_kwh: int = 1_000
    register_wh: int = 12_345_678
    pulse_width_us: int = 30_000
    bounce_us: int = 0
    lamp: bool = False
    emi_per_s: float = 0.0
    seed: int = 1

    def identity(self, profile: LoadProfile) -> dict[str, Any]:
        """What a saved meter must agree with to go on where it stopped."""
        identity = asdict(self)
        # The register is kept whatever it started from.
        del identity["register_wh"]
        identity["profile"] = f"{profile.name} ({profile.fingerprint})"
        return identity

    def check_flash_fits(self, profile: LoadProfile) -> None:
        """Raises ValueError where the profile's peak would melt flashes into one."""
        if profile.peak_w == 0:
            return
        interval_us = KWH_W_US // (profile.peak_w * self.imp_per_kwh)
        longest_us = interval_us * LIT_SHARE_MAX_PERCENT // 100
        if self.pulse_width_us > longest_us:
            raise ValueError(
                f"pulse width is {self.pulse_width_us / 1000:g} ms, accepted is at most "
                f"{longest_us / 1000:g} ms: at this profile's peak of {profile.peak_w} W and "
                f"{self.imp_per_kwh} imp/kWh a pulse comes every {interval_us / 1000:g} ms"
            )


def add_options(parser: argparse.ArgumentParser) -> None:
    """The meter's options, the same for the supervisor and for the meter alone."""
    group = parser.add_argument_group("the virtual meter")
    group.add_argument(
        "--profile",
        default=DEFAULT_PROFILE,
        metavar="NAME",
        help=f"load: {DEFAULT_PROFILE} (default), steps, constant:WATTS, or a CSV file",
    )
    group.add_argument(
        "--scenario",
        default="normal",
        choices=list(SCENARIOS),
        help="what happens to the meter and its light (default normal)",
    )
    group.add_argument(
        "--imp-per-kwh",
        type=whole_number(1, 100_000),
        default=1_000,
        metavar="N",
        help="meter constant, 1 to 100000 (default 1000)",
    )
    group.add_argument(
        "--register",
        type=register_wh,
        default="12345.678",
        metavar="KWH",
        dest="register_wh",
        help="register of a new meter, kWh with 0 to 3 decimals (default 12345.678)",
    )
    group.add_argument(
        "--pulse-width-ms",
        type=number(1, 500),
        default=30.0,
        metavar="MS",
        help="length of one flash, 1 to 500 (default 30)",
    )
    group.add_argument(
        "--bounce-us",
        type=whole_number(0, 20_000),
        metavar="US",
        help="bounce of each edge, 0 to 20000 (default: by scenario)",
    )
    group.add_argument(
        "--lamp",
        choices=("on", "off"),
        help="bursts of 100 Hz lamp flicker (default: by scenario)",
    )
    group.add_argument(
        "--emi-per-s",
        type=number(0, 1_000),
        metavar="N",
        help="mean number of interference spikes a second, 0 to 1000 (default: by scenario)",
    )
    group.add_argument(
        "--seed",
        type=whole_number(0, 2**31),
        default=1,
        metavar="N",
        help="seed of everything random (default 1)",
    )


def from_options(options: argparse.Namespace) -> tuple[MeterSettings, LoadProfile]:
    """Settings and the profile they name; ValueError says what is not accepted."""
    scenario = SCENARIOS[options.scenario]
    settings = MeterSettings(
        profile=options.profile,
        scenario=options.scenario,
        imp_per_kwh=options.imp_per_kwh,
        register_wh=options.register_wh,
        pulse_width_us=round(options.pulse_width_ms * 1_000),
        bounce_us=scenario.bounce_us if options.bounce_us is None else options.bounce_us,
        lamp=scenario.lamp if options.lamp is None else options.lamp == "on",
        emi_per_s=scenario.emi_per_s if options.emi_per_s is None else options.emi_per_s,
        seed=options.seed,
    )
    profile = load_profile(settings.profile)
    settings.check_flash_fits(profile)
    return settings, profile


def to_arguments(settings: MeterSettings) -> list[str]:
    """The options that give `settings` again."""
    return [
        f"--profile={settings.profile}",
        f"--scenario={settings.scenario}",
        f"--imp-per-kwh={settings.imp_per_kwh}",
        f"--register={kwh_text(settings.register_wh)}",
        f"--pulse-width-ms={settings.pulse_width_us / 1_000}",
        f"--bounce-us={settings.bounce_us}",
        f"--lamp={'on' if settings.lamp else 'off'}",
        f"--emi-per-s={settings.emi_per_s}",
        f"--seed={settings.seed}",
    ]


def kwh_text(energy_wh: int) -> str:
    """Wh (0 or more) as kWh with three decimals, exactly."""
    return f"{energy_wh // 1000}.{energy_wh % 1000:03d}"


def register_wh(text: str) -> int:
    """A reading in kWh, 0 to 99 999 999.999, as whole Wh."""
    match = re.fullmatch(r"([0-9]{1,8})(?:\.([0-9]{1,3}))?", text)
    if match is None:
        raise argparse.ArgumentTypeError(
            f"{text!r}: accepted is 0 to 99999999.999 kWh with 0 to 3 decimals"
        )
    whole, decimals = match.groups()
    return int(whole) * 1000 + int((decimals or "0").ljust(3, "0"))


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    """An argparse type for whole numbers in a range."""

    def parse(text: str) -> int:
        if re.fullmatch(r"[0-9]{1,10}", text) and lowest <= int(text) <= highest:
            return int(text)
        raise argparse.ArgumentTypeError(
            f"{text!r}: accepted is a whole number, {lowest} to {highest}"
        )

    return parse


def number(lowest: float, highest: float) -> Callable[[str], float]:
    """An argparse type for decimal numbers in a range."""

    def parse(text: str) -> float:
        if re.fullmatch(r"[0-9]*\.?[0-9]+", text) and lowest <= float(text) <= highest:
            return float(text)
        raise argparse.ArgumentTypeError(f"{text!r}: accepted is a number, {lowest} to {highest}")

    return parse
