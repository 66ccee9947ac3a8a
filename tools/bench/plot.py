"""Small plots of what was shown against what was so."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from .metrics import Sample, power_at, true_power_w
from .trace import Truth

SIZE = (860, 300)
_MARGIN = (60, 28, 14, 28)  # left, top, right, bottom
_SECOND_US = 1_000_000
_INK = (40, 40, 40)
_GRID = (225, 225, 225)
COLOURS = ((150, 150, 150), (200, 80, 40), (20, 110, 180))


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
    most_w = 1.1 * max(max(values) for values in series.values()) or 1.0
    image = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(image)
    left, top, right, bottom = _MARGIN
    width, height = SIZE[0] - left - right, SIZE[1] - top - bottom

    def at(second: float, power_w: float) -> tuple[float, float]:
        x = left + width * (second - from_s) / (to_s - from_s)
        return x, top + height * (1 - min(power_w, most_w) / most_w)

    for part in range(5):
        power_w = most_w * part / 4
        y = at(from_s, power_w)[1]
        draw.line([(left, y), (SIZE[0] - right, y)], fill=_GRID)
        draw.text((4, y - 6), f"{power_w:.0f} W", fill=_INK)
    for part in range(7):
        second = from_s + (to_s - from_s) * part // 6
        x = at(second, 0)[0]
        draw.text((x - 10, SIZE[1] - bottom + 6), f"{second - from_s} s", fill=_INK)
    x = left
    for (name, values), colour in zip(series.items(), COLOURS, strict=False):
        points: list[tuple[float, float]] = []
        for second, power_w in zip(seconds, values, strict=True):
            points += [at(second, power_w), at(second + 1, power_w)]
        draw.line(points, fill=colour, width=4 if name == "true power" else 2)
        draw.text((x, 8), f"— {name}", fill=colour)
        x += 40 + int(draw.textlength(f"— {name}"))
    draw.text((SIZE[0] - right - draw.textlength(title), 8), title, fill=_INK)
    image.quantize(32).save(path, optimize=True)
