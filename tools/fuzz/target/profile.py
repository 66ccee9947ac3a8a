"""A load profile in CSV."""

from tools.fuzz.target.oracle import clear, text_of
from tools.simulator import profile


def run(data):
    text = text_of(data)
    if text is None:
        return
    try:
        powers_w = profile._parse("profile.csv", text.splitlines(keepends=True))
    except profile.ProfileError as error:
        clear(str(error))
        return
    assert powers_w and all(0 <= power_w <= profile.POWER_MAX_W for power_w in powers_w)
    lines = ["minute,power_w", *(f"{i},{power_w}" for i, power_w in enumerate(powers_w))]
    assert profile._parse("profile.csv", lines) == powers_w
