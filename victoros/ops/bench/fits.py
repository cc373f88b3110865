"""Lines through measured points, by least squares."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

SIZES = (10, 100, 1_000, 10_000)
"""Of what is measured with more and more of something."""


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return by how much y rises for one of x; 0 for fewer than two different x."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def doubt(points: Sequence[tuple[float, float]]) -> float:
    """Return the standard error of `slope`: twice as much may be noise; infinity for too few points."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    rise, spread = slope(points), sum((x - mean_x) ** 2 for x, _ in points)
    if len(points) < 3 or not spread:
        return math.inf
    left = sum((y - mean_y - rise * (x - mean_x)) ** 2 for x, y in points)
    return math.sqrt(left / (len(points) - 2) / spread)


def lowest(points: Sequence[tuple[float, float]], width: float) -> list[tuple[float, float]]:
    """Return the lowest y within each `width` of x, at the begin of that, in the order of the points."""
    found: dict[int, float] = {}
    for x, y in points:
        place = int(x / width)
        found[place] = min(y, found.get(place, y))
    return [(place * width, y) for place, y in found.items()]


def exponent(growth: Mapping[int, float]) -> float:
    """Return k of the best y = c * n**k through these points: 0 is no growth, 1 grows with n."""
    return slope([(math.log(n), math.log(y)) for n, y in growth.items()])


def measure_growth(of: str, measure: Callable[[int], float], digits: int = 3) -> dict[str, Any]:
    """Measure at each of `SIZES`; returns the figures by size under the name `of`, and the exponent fitted to them."""
    growth = {number: round(measure(number), digits) for number in SIZES}
    return {of: growth, "exponent": round(exponent(growth), 3)}
