"""The ideal counter: it knows every pulse at once, and what no pulse since then means.

No reader that sees only pulses can know a fall of the load sooner than it: until the next
pulse is overdue, the light is the same whatever the load has become.
"""

from __future__ import annotations

from .metrics import TENTH_US, Sample
from .trace import Truth


def bounded(truth: Truth) -> list[Sample]:
    """The last interval's power, or what the time since the last pulse admits if less."""
    pulse_w_us = 3_600_000_000_000 / truth.imp_per_kwh
    pulses_us = truth.pulses_us
    samples: list[Sample] = []
    known = 0
    mean_w = 0.0
    for tenth in range(truth.duration_us // TENTH_US + 1):
        now_us = tenth * TENTH_US
        while known < len(pulses_us) and pulses_us[known] <= now_us:
            known += 1
        if known >= 2:
            mean_w = pulse_w_us / (pulses_us[known - 1] - pulses_us[known - 2])
        power_w = mean_w
        if known and now_us > pulses_us[known - 1]:
            power_w = min(mean_w, pulse_w_us / (now_us - pulses_us[known - 1]))
        if not samples or (power_w, known) != samples[-1][1:]:
            samples.append((tenth, power_w, known))
    return samples
