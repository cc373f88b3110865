"""Lines through measured points, by least squares."""

import math
from collections.abc import Mapping, Sequence


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return by how much y rises for one of x; 0 for fewer than two different x."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def exponent(growth: Mapping[int, float]) -> float:
    """Return k of the best y = c * n**k through these points: 0 is no growth, 1 grows with n."""
    return slope([(math.log(n), math.log(y)) for n, y in growth.items()])
