"""Lists show what the asker may see, by page and by column, with true totals."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tasks.models import Dependency, Task, TaskCost
from tasks.selectors import lists
from tasks.selectors.filters import TaskFilter
from tasks.selectors.lists import list_columns, list_tasks
from tasks.services.spending import count_tasks
from tests.agents.factories import make_agent, make_swarm, make_user
from tests.tasks.pages.rows import make_attempt, make_task, make_tasks

pytestmark = pytest.mark.django_db


def test_pages_follow_each_other_without_gap_or_repetition() -> None:
    user, swarm = make_user(superuser=True), make_swarm()
    made = [task.pk for task in make_tasks(swarm, 120)]

    seen: list[int] = []
    after = ""
    while True:
        page = list_tasks(user, TaskFilter(after=after))
        assert page.total == 120
        seen += [task.pk for task in page.rows]
        if not page.next:
            break
        after = page.next

    assert seen == made[::-1]


def test_the_last_full_page_has_no_next_one() -> None:
    user = make_user(superuser=True)
    make_tasks(make_swarm(), 50)

    assert list_tasks(user, TaskFilter()).next == ""


def test_counts_cover_every_state_and_the_total_only_the_chosen() -> None:
    user, swarm = make_user(superuser=True), make_swarm()
    make_tasks(swarm, 3, status="ready")
    make_tasks(swarm, 2, status="failed")
    page = list_tasks(user, TaskFilter(state="failed"))

    assert page.total == 2
    assert page.everything == 5
    assert {count.state: count.count for count in page.counts if count.count} == {"ready": 3, "failed": 2}


def test_search_finds_words_in_any_order_and_ids() -> None:
    user, swarm = make_user(superuser=True), make_swarm()
    wanted = make_task(swarm, title="Summarise incident 412")
    other = make_task(swarm, title="Merge the digest")

    assert [task.pk for task in list_tasks(user, TaskFilter(search="412 summ")).rows] == [wanted.pk]
    assert other.pk in [task.pk for task in list_tasks(user, TaskFilter(search=str(other.pk))).rows]
    assert list_tasks(user, TaskFilter(search="nowhere")).rows == []
    assert [column.total for column in list_columns(user, TaskFilter(search="100%"))] == [0] * 7


def test_swarm_and_agent_narrow_the_list() -> None:
    user, agent = make_user(superuser=True), make_agent()
    mine = make_task(agent=agent)
    make_task()

    assert [task.pk for task in list_tasks(user, TaskFilter(agent=agent.pk)).rows] == [mine.pk]
    assert [task.pk for task in list_tasks(user, TaskFilter(swarm=mine.swarm_id)).rows] == [mine.pk]


def test_a_viewer_sees_one_swarm_and_a_stranger_none() -> None:
    task, _ = make_task(), make_task()
    viewer, stranger = make_user("viewer", task.swarm), make_user()

    assert [row.pk for row in list_tasks(viewer, TaskFilter()).rows] == [task.pk]
    assert sum(column.total or 0 for column in list_columns(viewer, TaskFilter())) == 1
    assert list_tasks(stranger, TaskFilter()).total == 0
    assert sum(column.total or 0 for column in list_columns(stranger, TaskFilter())) == 0


def test_columns_hold_the_newest_and_count_the_rest() -> None:
    user, swarm = make_user(superuser=True), make_swarm()
    made = make_tasks(swarm, 25, status="ready")
    make_tasks(swarm, 1, status="failed")
    make_tasks(swarm, 1, status="quarantined")
    columns = {column.state: column for column in list_columns(user, TaskFilter())}

    assert [row.pk for row in columns["ready"].rows] == [task.pk for task in made[:4:-1]]
    assert (columns["ready"].total, columns["ready"].hidden) == (25, 5)
    assert columns["ended"].total == 2
    assert columns["verified"].rows == []


@pytest.mark.parametrize("sort", ["age", "priority", "-updated", "title", "-title", "cost"])
@pytest.mark.parametrize("role", ["superuser", "viewer"])
@pytest.mark.parametrize("many", [True, False])
@pytest.mark.parametrize("search", ["", "task"])
def test_every_column_begins_as_the_list_of_its_state_does(
    sort: str, role: str, many: bool, search: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "SORTED", 2 if many else 5000)
    swarm = make_swarm()
    user = make_user(superuser=True) if role == "superuser" else make_user("viewer", swarm)
    for status in ("ready", "ready", "ready", "failed", "cancelled", "blocked"):
        for task in make_tasks(swarm, 2, status=status):
            Task.objects.filter(pk=task.pk).update(priority=task.pk % 3)
            TaskCost.objects.create(task=task, cost_nanos=1 + task.pk % 2)
    make_tasks(make_swarm(), 3)
    choice = TaskFilter(sort=sort, search=search)

    columns = list_columns(user, choice, size=3)

    listed = {name: list_tasks(user, replace(choice, state=name), size=3).rows for name in lists.COLUMNS}
    assert {column.state: column.rows for column in columns} == listed
    assert [len(rows) for rows in listed.values()] == [0, 3, 0, 2, 0, 0, 3]


@pytest.mark.parametrize("view", [list_tasks, list_columns])
def test_a_thousand_tasks_cost_as_many_queries_as_ten(view: object) -> None:
    agent, user = make_agent(), make_user(superuser=True)

    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            result = view(user, TaskFilter())  # type: ignore[operator]
            rows = result.rows if view is list_tasks else [row for column in result for row in column.rows]
            assert all(row.swarm.name for row in rows)
        return len(queries)

    make_tasks(agent.swarm, 10, agent=agent)
    few = count()
    make_tasks(agent.swarm, 990, agent=agent)

    assert count() == few <= 4


@pytest.mark.parametrize("sort", ["", "age", "priority", "-priority", "updated", "-updated", "title", "-title"])
@pytest.mark.parametrize("role", ["superuser", "viewer"])
@pytest.mark.parametrize("many", [True, False])
def test_every_order_can_be_walked_down_and_back_up(
    sort: str, role: str, many: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "SORTED", 5 if many else 5000)
    swarm = make_swarm()
    user = make_user(superuser=True) if role == "superuser" else make_user("viewer", swarm)
    now = timezone.now()
    for n in range(11):
        make_task(
            swarm,
            title=f"{'abCd'[n % 4]}{n // 4}",
            priority=n % 3,
            status_since=now - timedelta(minutes=n % 4),
            status="ready" if n % 2 else "failed",
        )
    keys: dict[str, Callable[[Task], Any]] = {
        "": lambda task: -task.pk,
        "age": lambda task: task.pk,
        "priority": lambda task: (-task.priority, -task.pk),
        "updated": lambda task: (-task.status_since.timestamp(), -task.pk),
        "title": lambda task: (task.title.lower(), task.pk),
    }
    for state in ("", "ready"):
        rows = [task for task in Task.objects.all() if not state or task.status == state]
        expected = sorted(rows, key=keys[sort.removeprefix("-")], reverse=sort.startswith("-"))
        pages = [list_tasks(user, TaskFilter(sort=sort, state=state), size=3)]
        while pages[-1].next:
            pages.append(list_tasks(user, TaskFilter(sort=sort, state=state, after=pages[-1].next), size=3))
        assert [task.pk for page in pages for task in page.rows] == [task.pk for task in expected]
        back = [pages[-1]]
        while back[-1].previous:
            back.append(list_tasks(user, TaskFilter(sort=sort, state=state, before=back[-1].previous), size=3))
        assert back[-1].rows == pages[0].rows
        assert len(back) == len(pages)


def test_a_page_above_the_first_is_the_whole_first_page() -> None:
    user, made = make_user(superuser=True), make_tasks(make_swarm(), 9)
    page = list_tasks(user, TaskFilter(before=str(made[-2].pk)), size=4)
    assert [task.pk for task in page.rows] == [task.pk for task in made[:4:-1]]
    assert page.previous == ""
    assert page.next


def test_the_dearest_come_first_and_what_cost_nothing_is_left_out() -> None:
    user, swarm = make_user(superuser=True), make_swarm()
    cheap, dear, free = (make_task(swarm, title=title) for title in ("cheap", "dear", "free"))
    for task, nanos in ((cheap, 5), (dear, 2 * 10**9), (free, 0)):
        make_attempt(task, cost_nanos=nanos)
    count_tasks([cheap.pk, dear.pk, free.pk])
    count_tasks([cheap.pk, dear.pk, free.pk])
    assert [task.pk for task in list_tasks(user, TaskFilter(sort="cost")).rows] == [dear.pk, cheap.pk]
    assert [task.pk for task in list_tasks(user, TaskFilter(sort="-cost")).rows] == [cheap.pk, dear.pk]
    page = list_tasks(user, TaskFilter(cost="dollar"))
    assert ([task.pk for task in page.rows], page.total) == ([dear.pk], 1)
    first = list_tasks(user, TaskFilter(sort="cost"), size=1)
    assert [task.pk for task in list_tasks(user, TaskFilter(sort="cost", after=first.next), size=1).rows] == [cheap.pk]


def test_kind_priority_needs_and_age_narrow_the_list() -> None:
    user, swarm = make_user(superuser=True), make_swarm()
    make_task(swarm)
    wanted = make_task(
        swarm, kind="check", priority=5, needs=["read", "edit"], created_at=timezone.now() - timedelta(days=2)
    )
    for choice in (
        TaskFilter(kind="check"),
        TaskFilter(priority="high"),
        TaskFilter(needs="edit"),
        TaskFilter(age="older", kind="check"),
        TaskFilter(age="week", priority="high"),
    ):
        expected = [] if choice.age == "older" else [wanted.pk]
        page = list_tasks(user, choice)
        assert [task.pk for task in page.rows] == expected, choice
        assert page.total == len(expected)
    assert list_tasks(user, TaskFilter(needs="edi")).rows == []
    assert wanted.pk not in [task.pk for task in list_tasks(user, TaskFilter(age="day")).rows]


def test_a_choice_that_no_count_answers_is_counted_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "COUNTED", 4)
    user = make_user(superuser=True)
    make_tasks(make_swarm(), 6, kind="check")
    page = list_tasks(user, TaskFilter(kind="check"))
    assert (page.total, page.is_more, page.everything) == (4, True, None)


def test_blocked_tasks_say_by_what() -> None:
    user, agent = make_user(superuser=True), make_agent()
    swarm = agent.swarm
    first, second, third = make_tasks(swarm, 3, status="failed")
    depending = make_task(swarm, status="blocked", open_dependencies=3)
    for on in (first, second, third):
        Dependency.objects.create(task=depending, on=on)
    waiting = make_task(swarm, status="blocked")
    make_attempt(waiting, agent, status="waiting", waiting_for="approval", waiting_since=timezone.now())
    page = list_tasks(user, TaskFilter(state="blocked"))
    found = page.hindrances
    assert [on.pk for on in found[depending.pk].on] == [first.pk, second.pk]
    assert found[depending.pk].more == 1
    assert found[waiting.pk].waits_for == "approval"
    with CaptureQueriesContext(connection) as few:
        list_tasks(user, TaskFilter(state="blocked"))
    for _ in range(30):
        task = make_task(swarm, status="blocked", open_dependencies=1)
        Dependency.objects.create(task=task, on=first)
    with CaptureQueriesContext(connection) as many:
        assert len(list_tasks(user, TaskFilter(state="blocked")).hindrances) == 32
    assert len(few) == len(many)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL chooses by its figures")
@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({"sort": "priority"}, "task_by_priority"),
        ({"sort": "updated", "state": "ready"}, "task_by_change"),
        ({"sort": "title"}, "task_by_title"),
        ({"sort": "cost"}, "task_cost_dearest"),
        ({"kind": "check"}, "task_by_kind"),
        ({"age": "hour"}, "task_by_birth"),
    ],
)
def test_long_lists_are_read_in_the_order_of_an_index(
    query: dict[str, str], index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "SORTED", 5)
    user = make_user(superuser=True)
    make_tasks(make_swarm(), 10)
    choice = TaskFilter(**query)  # type: ignore[arg-type]
    rows, order = lists.walk(user, choice, lists.count_choice(user, choice, Task.objects.all()))
    sign = "-" if order.descending else ""
    fields = [order.tie] if order.field == "pk" else [order.field, order.tie]
    plan = rows.order_by(*(sign + field for field in fields)).values_list("pk")[:51].explain()
    assert index in plan
    assert "age" in query or "TEMP B-TREE" not in plan
