"""Bars lie in order on the axis, work keeps its proportions, and a long wait does not hide it."""

from datetime import UTC, datetime, timedelta

import pytest

from tasks.selectors.timeline import Axis, Span

BEGIN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def span(start: float, end: float, *, works: bool = True) -> Span:
    return Span(at(start), at(end), works)


def test_work_alone_is_drawn_to_scale() -> None:
    axis = Axis([span(0, 10), span(10, 40)])

    assert axis.bar(at(0), at(10)).width == pytest.approx(25)
    assert axis.bar(at(10), at(40)).x == pytest.approx(25)
    assert not axis.is_shortened


def test_a_wait_of_hours_leaves_most_of_the_axis_to_the_work() -> None:
    axis = Axis([span(0, 10), span(10, 36_010, works=False), span(36_010, 36_020)])

    assert axis.bar(at(0), at(10)).width > 40
    assert axis.bar(at(10), at(36_010)).width > 5
    assert axis.bar(at(10), at(36_010)).cut == pytest.approx(axis.cuts[0].x)
    assert axis.bar(at(0), at(10)).cut is None
    assert [cut.seconds for cut in axis.cuts] == [36_000]
    assert axis.is_shortened


def test_a_gap_that_no_step_covers_is_shortened_too() -> None:
    axis = Axis([span(0, 10), span(5_000, 5_010)])

    assert axis.bar(at(5_000), at(5_010)).x > 50
    assert axis.is_shortened


def test_an_instant_is_still_seen_and_stays_inside() -> None:
    axis = Axis([span(0, 100), span(100, 100)])
    bar = axis.bar(at(100), at(100))

    assert bar.width > 0
    assert bar.x + bar.width <= 100


def test_moments_outside_the_axis_are_drawn_at_its_ends() -> None:
    axis = Axis([span(0, 10)])

    assert axis.bar(at(-5), at(-1)).x == 0
    assert axis.bar(at(50), at(60)).x < 100


def test_ticks_name_moments_in_order() -> None:
    ticks = Axis([span(0, 40)]).ticks()

    assert [tick.at for tick in ticks] == [at(0), at(10), at(20), at(30)]
    assert [tick.x for tick in ticks] == [0, 25, 50, 75]


def test_an_axis_without_spans_has_no_ticks() -> None:
    assert Axis([]).ticks() == []
    assert Axis([]).bar(at(0), at(1)).x == 0
