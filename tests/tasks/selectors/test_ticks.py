"""What stands above the axis of a run: moments, and marks only while they leave room for them."""

from datetime import UTC, datetime, timedelta

from tasks.selectors.ticks import MOST_CUTS_ABOVE, cuts_above, say_ticks
from tasks.selectors.timeline import Axis, Span

BEGIN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def working_and_waiting(times: int) -> Axis:
    """Ten seconds of work, then a wait of an hour, so many times."""
    begins = [BEGIN + timedelta(seconds=3610 * n) for n in range(times + 1)]
    return Axis([Span(begin, begin + timedelta(seconds=10)) for begin in begins])


def test_a_few_breaks_are_marked_and_no_moment_is_written_over_them() -> None:
    axis = working_and_waiting(2)
    assert len(cuts_above(axis)) == 2
    assert not any(-2 < cut.x - label.x < 14 for cut in cuts_above(axis) for label in say_ticks(axis))


def test_many_breaks_leave_the_place_to_the_moments() -> None:
    axis = working_and_waiting(MOST_CUTS_ABOVE + 1)
    assert axis.is_shortened
    assert cuts_above(axis) == []
    assert len(say_ticks(axis)) == 4
