"""Load profiles: the power a house draws, constant within each minute."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

MINUTE_US = 60_000_000
# Above 3 x 125 A (86 kW), the largest fuse of a directly connected meter.
POWER_MAX_W = 100_000

DATA_DIR = Path(__file__).parent / "data"
DEFAULT_PROFILE = "household_2007-02"
# Of a faulty line, in a message.
_QUOTED_MAX = 60
STEP_POWERS_W = (0, 3, 100, 1_000, 3_000, 11_000, 69_000, 11_000, 3_000, 1_000, 100, 3)
STEP_MINUTES = 2


class ProfileError(ValueError):
    """A profile that cannot be played; the text says where and what is accepted."""


@dataclass(frozen=True)
class LoadProfile:
    """Mean power of each minute, W (0 to POWER_MAX_W); starts over when it ends."""

    name: str
    minute_powers_w: tuple[int, ...]

    def power_w(self, elapsed_us: int) -> int:
        """Power at `elapsed_us` (0 or more) after the profile's start."""
        return self.minute_powers_w[elapsed_us // MINUTE_US % len(self.minute_powers_w)]

    @property
    def peak_w(self) -> int:
        return max(self.minute_powers_w)

    @property
    def fingerprint(self) -> str:
        """Tells two profiles apart by what they play, whatever they are called."""
        text = ",".join(map(str, self.minute_powers_w))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def load_profile(spec: str) -> LoadProfile:
    """A profile by name, `constant:WATTS`, `steps`, or the path of a CSV file."""
    if spec == DEFAULT_PROFILE:
        return _read_csv(spec, DATA_DIR / f"{DEFAULT_PROFILE}.csv")
    if spec == "steps":
        powers_w = [power_w for power_w in STEP_POWERS_W for _ in range(STEP_MINUTES)]
        return LoadProfile(spec, tuple(powers_w))
    if spec.startswith("constant:"):
        power_w = _power_w(spec.removeprefix("constant:"))
        if power_w is None:
            raise ProfileError(f"profile {spec!r}: accepted after 'constant:' is {_ACCEPTED_POWER}")
        return LoadProfile(spec, (power_w,))
    path = Path(spec)
    if not path.is_file():
        raise ProfileError(
            f"profile {spec!r}: no such file; accepted is {DEFAULT_PROFILE}, steps, "
            "constant:WATTS or the path of a CSV file"
        )
    return _read_csv(path.name, path)


_ACCEPTED_POWER = f"a whole number of watts, 0 to {POWER_MAX_W}"


def _power_w(text: str) -> int | None:
    """The text as whole watts, or None if it is not an accepted power."""
    number = _whole_number(text)
    return number if number is not None and number <= POWER_MAX_W else None


def _whole_number(text: str) -> int | None:
    # isdecimal() alone would accept other scripts' digits and sign-free oddities
    # of any length; nothing longer than 9 digits is a minute or a power.
    if text.isascii() and text.isdecimal() and len(text) <= 9:
        return int(text)
    return None


def _read_csv(name: str, path: Path) -> LoadProfile:
    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8", newline="") as stream:
            return LoadProfile(name, _parse(str(path), stream))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise ProfileError(f"{path}: cannot be read: {error}") from error


def _parse(where: str, lines: Iterable[str]) -> tuple[int, ...]:
    """Powers, minute by minute. Comments keep their line numbers in the messages."""
    powers_w: list[int] = []
    header_seen = False
    for line_number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = [field.strip() for field in next(csv.reader([line]))]
        place = f"{where}, line {line_number}"
        if not header_seen:
            if fields != ["minute", "power_w"]:
                found = line.strip()[:_QUOTED_MAX]
                raise ProfileError(f"{place}: header is {found!r}, accepted minute,power_w")
            header_seen = True
            continue
        if len(fields) != 2:
            raise ProfileError(f"{place}: {len(fields)} fields, accepted 2: minute,power_w")
        minute, power = fields
        if _whole_number(minute) != len(powers_w):
            raise ProfileError(
                f"{place}: field minute is {minute[:_QUOTED_MAX]!r}, accepted {len(powers_w)} "
                "(minutes count 0, 1, 2 … without gaps)"
            )
        power_w = _power_w(power)
        if power_w is None:
            raise ProfileError(
                f"{place}: field power_w is {power[:_QUOTED_MAX]!r}, accepted {_ACCEPTED_POWER}"
            )
        powers_w.append(power_w)
    if not powers_w:
        raise ProfileError(f"{where}: no rows, accepted a header minute,power_w and 1 row or more")
    return tuple(powers_w)
