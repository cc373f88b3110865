"""Lines through measured points."""

import math

import pytest

from victoros.ops.bench.fits import doubt, exponent, lowest, slope


def test_the_slope_of_a_line_is_found() -> None:
    assert slope([(0, 1), (1, 3), (2, 5)]) == pytest.approx(2)


def test_points_over_one_another_have_no_slope() -> None:
    assert slope([(1, 1), (1, 9)]) == 0


@pytest.mark.parametrize("k", [0, 0.5, 1, 2])
def test_the_exponent_of_a_growth_is_found(k: float) -> None:
    assert exponent({n: 3 * n**k for n in (10, 100, 1000)}) == pytest.approx(k)


def test_a_line_through_what_lies_on_it_is_beyond_doubt() -> None:
    assert doubt([(0, 1), (1, 3), (2, 5)]) == pytest.approx(0)


def test_the_doubt_of_a_line_is_the_standard_error_of_its_rise() -> None:
    # By hand: the line is 1 + 1.5 x, what is left 0.5, -1.0, 0.5; sqrt(1.5 / 1 / 2).
    assert slope([(0, 1.5), (1, 1.5), (2, 4.5)]) == pytest.approx(1.5)
    assert doubt([(0, 1.5), (1, 1.5), (2, 4.5)]) == pytest.approx(math.sqrt(0.75))


@pytest.mark.parametrize("points", [[(0, 1), (1, 2)], [(1, 1), (1, 2), (1, 3)]])
def test_nothing_is_known_of_a_line_through_too_few_points(points: list[tuple[float, float]]) -> None:
    assert doubt(points) == math.inf


def test_the_lowest_of_each_stretch_is_found() -> None:
    looks = [(0.0, 96.0), (0.01, 95.0), (1.2 / 60, 97.0), (1.9 / 60, 96.5), (3.5 / 60, 95.5)]
    assert lowest(looks, 1 / 60) == [(0.0, 95.0), (1 / 60, 96.5), (3 / 60, 95.5)]
