"""Figures as shapes: the paths, bars and places that pictures drawn by the server consist of. Knows no page and no row."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN = 100.0, 24.0, 2.0
"""Of a sparkline, in its own units; the page stretches it."""


@dataclass(frozen=True)
class Curve:
    """A line through figures, as SVG paths. A gap (None) parts it."""

    line: str
    fill: str
    most: float


@dataclass(frozen=True)
class Column:
    """One upright bar: place and size in parts of a hundred."""

    x: float
    y: float
    width: float
    height: float


def draw_curve(values: Sequence[float | None], most: float | None = None) -> Curve:
    """Return the line through `values` from left to right; the bottom is zero, the top is `most` or the largest of them."""
    top = most or max((value for value in values if value is not None), default=0) or 1
    step = WIDTH / max(len(values) - 1, 1)
    runs = [_as_points(run, step, top) for run in _parted(values)]
    line = " ".join(f"M{' L'.join(_say(x, y) for x, y in run)}" for run in runs)
    fill = " ".join(_as_ground(run) for run in runs if len(run) > 1)
    return Curve(line, fill, top)


def draw_columns(values: Sequence[float | None], gap: float = 0.2) -> list[Column]:
    """Return one upright bar for each value, the largest as high as the picture; nothing for zero and for None."""
    top = max((value for value in values if value is not None), default=0) or 1
    step = 100 / max(len(values), 1)
    drawn = []
    for i, value in enumerate(values):
        height = round(max(100 * (value or 0) / top, 4), 2) if value else 0.0
        drawn.append(
            Column(round(i * step + step * gap / 2, 2), round(100 - height, 2), round(step * (1 - gap), 2), height)
        )
    return drawn


def place_on_circle(count: int, radius: float, middle: float) -> list[tuple[float, float]]:
    """Return `count` points spread over a circle, the first at the top, clockwise."""
    turn = 2 * math.pi / max(count, 1)
    return [
        (round(middle + radius * math.sin(i * turn), 1), round(middle - radius * math.cos(i * turn), 1))
        for i in range(count)
    ]


def _parted(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    runs: list[list[tuple[int, float]]] = [[]]
    for i, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((i, value))
    return [run for run in runs if run]


def _as_points(run: list[tuple[int, float]], step: float, top: float) -> list[tuple[float, float]]:
    points = [(i * step, HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * min(value / top, 1)) for i, value in run]
    alone = len(points) == 1
    return [*points, (min(points[0][0] + step / 2, WIDTH), points[0][1])] if alone else points


def _as_ground(run: list[tuple[float, float]]) -> str:
    words = " L".join(_say(x, y) for x, y in run)
    return f"M{_say(run[0][0], HEIGHT)} L{words} L{_say(run[-1][0], HEIGHT)}Z"


def _say(x: float, y: float) -> str:
    return f"{x:.1f} {y:.1f}"
