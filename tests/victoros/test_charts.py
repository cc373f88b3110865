"""Figures as shapes: zero at the bottom, gaps parted, nothing for nothing."""

from victoros.lib.charts import draw_columns, draw_curve, place_on_circle


def test_a_line_begins_at_the_left_ends_at_the_right_and_has_zero_at_the_bottom() -> None:
    assert draw_curve([0, 10]).line == "M0.0 22.0 L100.0 2.0"


def test_a_gap_parts_the_line_and_a_lone_figure_is_still_seen() -> None:
    curve = draw_curve([1, None, 2, 2])

    assert curve.line.count("M") == 2
    assert curve.line.startswith("M0.0 12.0 L16.7 12.0")


def test_nothing_draws_nothing_and_zeros_lie_on_the_ground() -> None:
    assert draw_curve([]).line == ""
    assert draw_curve([0, 0]).line == "M0.0 22.0 L100.0 22.0"


def test_a_figure_above_the_top_asked_for_stays_in_the_picture() -> None:
    assert draw_curve([5, 50], most=10).line.endswith("L100.0 2.0")


def test_columns_stand_on_the_ground_and_small_ones_are_seen() -> None:
    none, small, full = draw_columns([0, 1, 1000])

    assert (none.height, small.height, full.height) == (0, 4, 100)
    assert (small.y, full.y) == (96, 0)


def test_places_on_a_circle_begin_at_the_top() -> None:
    assert place_on_circle(4, 10, 50) == [(50, 40), (60, 50), (50, 60), (40, 50)]
    assert place_on_circle(0, 10, 50) == []
