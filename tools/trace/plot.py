"""A replayed trace as a picture. Pillow alone: a few axes need no numpy beneath them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from .replay import Result
from .trace_file import LOWER, Trace

WIDTH, HEIGHT = 1400, 760
_LEFT, _RIGHT, _TOP = 110, 30, 60
_POWER_HEIGHT = 380
_BAND = 46
_INK, _FAINT, _GRID = "#222222", "#777777", "#dddddd"
_POWER, _PULSE, _REJECT, _LOWER, _STATE = "#1b6ca8", "#2e8b57", "#c0392b", "#d98b00", "#555555"


def draw(trace: Trace, result: Result, title: str) -> Image.Image:
    """The picture: power above, below it pulses, what was rejected, and the lower LED."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    canvas = ImageDraw.Draw(image)
    large, small = ImageFont.load_default(22), ImageFont.load_default(15)
    canvas.text((_LEFT, 16), title, _INK, large)
    end_us = max(result.duration_us, 1)

    def x_of(t_us: int) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * min(t_us, end_us) / end_us

    _draw_power(canvas, small, result, x_of)
    top = _TOP + _POWER_HEIGHT + 24
    bands: list[tuple[str, list[tuple[int, int]], str]] = [
        (f"pulses {result.pulses}", [(t, t) for t in result.pulses_us], _PULSE),
        (f"rejected {len(result.rejects_us)}", [(t, t) for t, _ in result.rejects_us], _REJECT),
        ("lower LED", _lit_spans(trace, end_us), _LOWER),
    ]
    for name, spans, colour in bands:
        _draw_band(canvas, small, top, name, spans, colour, x_of)
        top += _BAND
    _draw_states(canvas, small, top, result, x_of)
    _draw_time(canvas, small, HEIGHT - 50, end_us, x_of)
    return image


def save(path: Path, trace: Trace, result: Result, title: str) -> None:
    """Writes the picture as PNG."""
    draw(trace, result, title).save(path, "PNG")


def _draw_power(
    canvas: ImageDraw.ImageDraw,
    font: ImageFont.ImageFont | ImageFont.FreeTypeFont,
    result: Result,
    x_of: Callable[[int], float],
) -> None:
    known = [power for _, power in result.powers if power is not None]
    highest_w = _round_up(max(known, default=0) / 1000)
    bottom = _TOP + _POWER_HEIGHT

    def y_of(power_w: float) -> float:
        return bottom - _POWER_HEIGHT * power_w / highest_w

    for k in range(5):
        power_w = highest_w * k / 4
        y = y_of(power_w)
        canvas.line([(_LEFT, y), (WIDTH - _RIGHT, y)], _GRID)
        canvas.text((_LEFT - 10, y), f"{power_w:g} W", _FAINT, font, anchor="rm")
    line: list[tuple[float, float]] = []
    for t_us, power_mw in result.powers:
        if power_mw is None:
            if len(line) > 1:
                canvas.line(line, _POWER, 2)
            line = []
            continue
        # A step, not a slope: the value holds until the next.
        if line:
            line.append((x_of(t_us), line[-1][1]))
        line.append((x_of(t_us), y_of(power_mw / 1000)))
    if len(line) > 1:
        canvas.line(line, _POWER, 2)


def _draw_band(
    canvas: ImageDraw.ImageDraw,
    font: ImageFont.ImageFont | ImageFont.FreeTypeFont,
    top: float,
    name: str,
    spans: list[tuple[int, int]],
    colour: str,
    x_of: Callable[[int], float],
) -> None:
    bottom = top + _BAND - 14
    canvas.text((_LEFT - 10, (top + bottom) / 2), name, _FAINT, font, anchor="rm")
    canvas.line([(_LEFT, bottom), (WIDTH - _RIGHT, bottom)], _GRID)
    for begin_us, end_us in spans:
        canvas.rectangle(
            [(x_of(begin_us), top), (max(x_of(end_us), x_of(begin_us)), bottom)], colour
        )


def _draw_states(
    canvas: ImageDraw.ImageDraw,
    font: ImageFont.ImageFont | ImageFont.FreeTypeFont,
    top: float,
    result: Result,
    x_of: Callable[[int], float],
) -> None:
    canvas.text((_LEFT - 10, top + 10), "supply", _FAINT, font, anchor="rm")
    starts = [x_of(t_us) for t_us, _ in result.states] + [float(WIDTH - _RIGHT)]
    for k, (_, state) in enumerate(result.states):
        text = state.replace("_", " ")
        canvas.line([(starts[k], top), (starts[k], top + 20)], _STATE)
        # A state too short for its name is a line alone.
        if canvas.textlength(text, font) + 8 < starts[k + 1] - starts[k]:
            canvas.text((starts[k] + 4, top + 10), text, _STATE, font, anchor="lm")


def _draw_time(
    canvas: ImageDraw.ImageDraw,
    font: ImageFont.ImageFont | ImageFont.FreeTypeFont,
    top: float,
    end_us: int,
    x_of: Callable[[int], float],
) -> None:
    canvas.line([(_LEFT, top), (WIDTH - _RIGHT, top)], _INK)
    for k in range(6):
        t_us = end_us * k // 5
        canvas.line([(x_of(t_us), top), (x_of(t_us), top + 6)], _INK)
        canvas.text((x_of(t_us), top + 10), _time_text(t_us, end_us), _FAINT, font, anchor="ma")


def _time_text(t_us: int, end_us: int) -> str:
    seconds = t_us / 1e6
    if end_us < 120_000_000:
        return f"{seconds:.4g} s"
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _lit_spans(trace: Trace, end_us: int) -> list[tuple[int, int]]:
    spans = []
    since: int | None = None
    for record in trace.of(LOWER):
        if record.value and since is None:
            since = record.t_us
        elif not record.value and since is not None:
            spans.append((since, record.t_us))
            since = None
    if since is not None:
        spans.append((since, end_us))
    return spans


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 ..., at least 1."""
    step = 1.0
    while True:
        for factor in (1, 2, 5):
            if value <= factor * step:
                return factor * step
        step *= 10
