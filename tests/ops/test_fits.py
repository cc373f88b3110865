"""Lines through measured points."""

import pytest

from victoros.ops.bench.fits import exponent, slope


def test_the_slope_of_a_line_is_found() -> None:
    assert slope([(0, 1), (1, 3), (2, 5)]) == pytest.approx(2)


def test_points_over_one_another_have_no_slope() -> None:
    assert slope([(1, 1), (1, 9)]) == 0


@pytest.mark.parametrize("k", [0, 0.5, 1, 2])
def test_the_exponent_of_a_growth_is_found(k: float) -> None:
    assert exponent({n: 3 * n**k for n in (10, 100, 1000)}) == pytest.approx(k)
