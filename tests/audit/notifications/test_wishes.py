"""Quiet hours in the person's own time zone, over midnight and over changes of the clock."""

from datetime import UTC, datetime, time
from typing import Any

import pytest

from audit.models import Wishes
from audit.notifications.wishes import URGENT, Given, due_at, set_wishes
from tests.agents.factories import OPERATOR, make_user
from victoros.lib.errors import InvalidInput


def wishes(**fields: Any) -> Wishes:
    """Make wishes with a quiet night in Berlin."""
    given = {"quiet_from": time(22), "quiet_until": time(7), "time_zone": "Europe/Berlin", **fields}
    return Wishes(**given)


def at(*parts: int) -> datetime:
    """Return a moment in UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (at(2026, 11, 25, 12), at(2026, 11, 25, 12)),
        (at(2026, 11, 25, 20, 59), at(2026, 11, 25, 20, 59)),
        (at(2026, 11, 25, 21), at(2026, 11, 26, 6)),
        (at(2026, 11, 26, 3), at(2026, 11, 26, 6)),
        (at(2026, 11, 26, 6), at(2026, 11, 26, 6)),
        (at(2026, 3, 28, 22), at(2026, 3, 29, 5)),  # the clocks go forward in this night
        (at(2026, 10, 24, 22), at(2026, 10, 25, 6)),  # and back in this one
    ],
)
def test_what_comes_in_the_quiet_hours_is_due_at_their_end(now: datetime, due: datetime) -> None:
    assert due_at(wishes(), 50, now) == due


def test_a_span_within_a_day_works_too() -> None:
    noon = wishes(quiet_from=time(12), quiet_until=time(13), time_zone="UTC")
    assert due_at(noon, 50, at(2026, 11, 25, 12, 30)) == at(2026, 11, 25, 13)
    assert due_at(noon, 50, at(2026, 11, 25, 11, 59)) == at(2026, 11, 25, 11, 59)


def test_urgent_things_break_the_quiet_only_where_that_is_wished() -> None:
    now = at(2026, 11, 26, 3)
    assert due_at(wishes(), URGENT, now) == now
    assert due_at(wishes(urgent_breaks_quiet=False), URGENT, now) == at(2026, 11, 26, 6)
    assert due_at(wishes(), URGENT - 1, now) > now


def test_without_quiet_hours_everything_is_due_at_once() -> None:
    now = at(2026, 11, 26, 3)
    assert due_at(Wishes(), 0, now) == now


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given",
    [
        Given(time_zone="Mars/Olympus"),
        Given(quiet_from=time(22)),
        Given(least_severity=17),
        Given(muted_kinds=("nonsense",)),
        Given(digest_over=0),
        Given(fall_back_min=-1),
    ],
)
def test_wishes_that_make_no_sense_are_refused(given: Given) -> None:
    user = make_user()
    with pytest.raises(InvalidInput):
        set_wishes(actor=OPERATOR, user=user, given=given, swarms={})
    assert not Wishes.objects.filter(user=user).exists()
