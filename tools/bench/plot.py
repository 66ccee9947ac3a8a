"""Small plots of what was shown against what was so.

Drawn for a phone: a page shows them at a third of their size, so the type is large. The
background is white, as the page may be dark.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from .metrics import Sample, power_at, true_power_w
from .trace import Truth

SIZE = (1080, 620)
_MARGIN = (130, 178, 56, 62)  # left, top, right, bottom
_SECOND_US = 1_000_000
_INK, _FAINT, _GRID = "#222222", "#555555", "#dddddd"
# Told apart by lightness as well, for those who do not see the colours.
_COLOURS = ("#b8b8b8", "#c8501e", "#1464b4")
_WIDTHS = (14, 5, 5)
# An axis is divided into a few steps of 1, 2 or 5 times a power of ten.
_DIVISIONS = 4


def plot(
    path: Path, title: str, truth: Truth, curves: dict[str, list[Sample]], span_s: tuple[int, int]
) -> None:
    """Draw the true power and one step curve per reader over some seconds of a trace."""
    from_s, to_s = span_s
    seconds = range(from_s, to_s)
    series = {"true power": [float(true_power_w(truth, s * _SECOND_US)) for s in seconds]}
    series |= {
        name: [power_at(samples, s * 10) for s in seconds] for name, samples in curves.items()
    }
    step_w = round_step(max(max(values) for values in series.values()) / _DIVISIONS)
    most_w = step_w * _DIVISIONS
    image = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(image)
    large, small = ImageFont.load_default(38), ImageFont.load_default(30)
    left, top, right, bottom = _MARGIN
    width, height = SIZE[0] - left - right, SIZE[1] - top - bottom

    def at(second: float, power_w: float) -> tuple[float, float]:
        x = left + width * (second - from_s) / (to_s - from_s)
        return x, top + height * (1 - min(power_w, most_w) / most_w)

    for mark_w in range(0, most_w + 1, step_w):
        x, y = at(from_s, mark_w)
        draw.line([(x, y), (SIZE[0] - right, y)], _GRID, 2)
        draw.text((left - 12, y), f"{mark_w} W", _FAINT, small, anchor="rm")
    step_s = round_step((to_s - from_s) / 5)
    for mark_s in range(0, to_s - from_s + 1, step_s):
        draw.text((at(from_s + mark_s, 0)[0], SIZE[1] - 14), f"{mark_s} s", _FAINT, small, "ms")
    draw.text((left, 22), title, _INK, large)
    x = left
    for (name, values), colour, thick in zip(series.items(), _COLOURS, _WIDTHS, strict=True):
        points: list[tuple[float, float]] = []
        for second, power_w in zip(seconds, values, strict=True):
            points += [at(second, power_w), at(second + 1, power_w)]
        draw.line(points, colour, thick)
        draw.line([(x, 120), (x + 44, 120)], colour, thick)
        draw.text((x + 56, 120), name, _INK, small, anchor="lm")
        x += 96 + int(draw.textlength(name, small))
    image.quantize(32).save(path, optimize=True)


def round_step(least: float) -> int:
    """The least of 1, 2, 5, 10, 20, 50, ... that is not below `least`."""
    size = 1
    while True:
        for digit in (1, 2, 5):
            if digit * size >= least:
                return digit * size
        size *= 10
