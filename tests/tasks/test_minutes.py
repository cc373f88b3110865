"""The journal counted into minutes: every step once, whoever counts, and nothing of what one may not see."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Swarm
from tasks.models import Attempt, Counted, Minute, Step
from tasks.selectors.minutes import read_trends
from tasks.services import minutes
from tasks.services.minutes import count_minutes
from tasks.services.spending import count_spending
from tasks.tidying import run
from tasks.tidying.run import Tidier, tidy_all
from tests.agents.factories import make_swarm, make_user
from tests.tasks.pages.rows import make_attempt, make_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def swarm() -> Swarm:
    return make_swarm()


@pytest.fixture
def minute() -> datetime:
    """The beginning of a minute that is over."""
    return timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=2)


def work(swarm: Swarm, ends: list[datetime], **fields: Any) -> Attempt:
    """Make an attempt whose steps ended then, each after two seconds."""
    attempt = make_attempt(make_task(swarm))
    begin = attempt.steps + 1
    Step.objects.bulk_create(
        Step(attempt=attempt, n=begin + n, kind="think", name="m", tokens_in=10, tokens_out=2, cost_nanos=7,
             started_at=end - timedelta(seconds=2), finished_at=end, **fields)
        for n, end in enumerate(ends)
    )  # fmt: skip
    return attempt


def test_each_step_is_counted_once_in_its_minute(swarm: Swarm, minute: datetime) -> None:
    work(swarm, [minute, minute + timedelta(seconds=59), minute + timedelta(seconds=60)])

    assert count_minutes() == 3
    assert count_minutes() == 0
    first, second = Minute.objects.order_by("at")
    assert (first.at, first.steps, first.calls, first.call_ms, first.slowest_ms) == (minute, 2, 2, 4000, 2000)
    assert (first.tokens, first.cost_nanos, second.steps) == (24, 14, 1)


def test_later_steps_of_a_minute_are_added(swarm: Swarm, minute: datetime) -> None:
    work(swarm, [minute])
    count_minutes()
    work(swarm, [minute + timedelta(seconds=5)], outcome="failed")
    count_minutes()

    row = Minute.objects.get()
    assert (row.steps, row.failed_steps, row.call_ms, row.slowest_ms) == (2, 1, 4000, 2000)


def test_what_is_younger_than_the_lag_waits_and_what_stands_before_it_does_not(swarm: Swarm, minute: datetime) -> None:
    work(swarm, [minute, timezone.now() + timedelta(seconds=1), minute])

    assert count_minutes() == 1
    Step.objects.update(finished_at=minute)
    assert count_minutes() == 2


def test_a_round_in_which_nothing_came_is_one_statement_and_moves_the_age_on(swarm: Swarm, minute: datetime) -> None:
    work(swarm, [minute])
    count_minutes()
    count_spending()
    Counted.objects.update(until=minute)

    with CaptureQueriesContext(connection) as queries:
        assert (count_minutes(), count_spending()) == (0, 0)
    assert len(queries) == 2
    assert all(row.until > minute + timedelta(minutes=1) for row in Counted.objects.all())
    assert Minute.objects.get().steps == 1


def test_an_end_without_a_step_is_counted_when_all_else_is_still(swarm: Swarm, minute: datetime) -> None:
    work(swarm, [minute])
    count_minutes()
    Counted.objects.update(until=minute)
    make_attempt(make_task(swarm), status="failed", ended_at=minute + timedelta(seconds=20))
    count_minutes()

    assert (Minute.objects.get().failed, count_minutes()) == (1, 0)


def test_a_round_counts_only_so_many(swarm: Swarm, minute: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    work(swarm, [minute] * 5)
    monkeypatch.setattr(minutes, "AT_ONCE", 2)

    assert [count_minutes() for _ in range(4)] == [2, 2, 1, 0]
    assert Minute.objects.get().steps == 5


def test_attempts_that_ended_are_counted_by_how(swarm: Swarm, minute: datetime) -> None:
    for status in ("completed", "completed", "failed", "quarantined", "cancelled"):
        make_attempt(make_task(swarm), status=status, ended_at=minute)
    count_minutes()
    count_minutes()

    row = Minute.objects.get()
    assert (row.done, row.failed, row.steps) == (2, 2, 0)


def test_who_counts_at_the_same_time_changes_nothing(
    swarm: Swarm, minute: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(swarm, [minute])
    add, find = minutes.move_on, Counted.objects.filter
    monkeypatch.setattr(minutes, "move_on", lambda *given: [find(pk=1).update(step_ref=99), add(*given)][1])

    assert count_minutes() == 0
    assert not Minute.objects.exists()


def test_the_scheduler_counts_and_old_minutes_go(swarm: Swarm, minute: datetime) -> None:
    work(swarm, [minute])
    old = Minute.objects.create(swarm=swarm, at=minute - minutes.KEPT)
    Tidier().work(1)

    assert Minute.objects.get().steps == 1
    assert not Minute.objects.filter(pk=old.pk).exists()
    assert tidy_all() == {}


@pytest.mark.parametrize(("slices", "expected"), [(1, [4, 8, 9, 9]), (2, [8, 9, 9, 9]), (3, [9, 9, 9, 9])])
def test_the_scheduler_goes_on_at_once_where_more_is_new_than_it_counts_at_a_time(
    swarm: Swarm, minute: datetime, slices: int, expected: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "SLICES", slices)
    monkeypatch.setattr(minutes, "AT_ONCE", 4)
    monkeypatch.setattr(run, "MUCH", 1)
    work(swarm, [minute] * 9)
    tidier = Tidier()
    counted = []
    for _ in range(4):
        tidier.work(1)
        counted.append(Minute.objects.get().steps)

    assert counted == expected
    work(swarm, [minute])
    tidier.work(1)
    assert Minute.objects.get().steps == 9  # after a round with little the next look takes its time


def test_the_last_hour_is_read_in_one_query_and_only_of_what_one_may_see(swarm: Swarm, minute: datetime) -> None:
    work(swarm, [minute, minute])
    work(make_swarm(), [minute])
    count_minutes()
    viewer = make_user("viewer", swarm)

    with CaptureQueriesContext(connection) as queries:
        every = read_trends(make_user(superuser=True))
    seen = read_trends(viewer)

    assert len([query for query in queries if "minute" in query["sql"]]) == 1
    assert (every.all_steps, seen.all_steps) == (3, 2)
    assert (len(seen.steps), seen.most_steps, seen.lately_s, seen.slowest_s) == (60, 2, 2.0, 2.0)
    assert [value for value in seen.latencies_s if value is not None] == [2.0]
    assert read_trends(viewer, swarm.pk).all_nanos == 14


def test_the_hour_ends_with_the_last_minute_that_was_counted_whole(swarm: Swarm, minute: datetime) -> None:
    Minute.objects.create(swarm=swarm, at=minute, steps=7)
    Minute.objects.create(swarm=swarm, at=minute - timedelta(minutes=1), steps=5)
    Counted.objects.create(pk=Counted.SPENDING, until=minute - timedelta(minutes=9))
    counted = Counted.objects.create(pk=Counted.MINUTES, until=minute + timedelta(seconds=30))

    half = read_trends(make_user(superuser=True))
    counted.until = minute + timedelta(seconds=61)
    counted.save()
    whole = read_trends(make_user(superuser=True))

    assert (half.steps_now, half.all_steps, half.counted_at) == (5, 5, minute + timedelta(seconds=30))
    assert (whole.steps_now, whole.all_steps) == (7, 12)


def test_an_hour_in_which_nothing_happened_has_no_latency(swarm: Swarm) -> None:
    trends = read_trends(make_user(superuser=True))

    assert (trends.all_steps, trends.all_errors, trends.lately_s, trends.slowest_s) == (0, 0, None, None)
    assert trends.counted_at is None
