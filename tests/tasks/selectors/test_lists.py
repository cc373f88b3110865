"""Lists show what the asker may see, by page and by column, with true totals."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasks.selectors.filters import TaskFilter
from tasks.selectors.lists import list_columns, list_tasks
from tests.agents.factories import make_agent, make_swarm, make_user
from tests.tasks.pages.rows import make_task, make_tasks

pytestmark = pytest.mark.django_db


def test_pages_follow_each_other_without_gap_or_repetition() -> None:
    user, swarm = make_user(superuser=True), make_swarm()
    made = [task.pk for task in make_tasks(swarm, 120)]

    seen: list[int] = []
    after: int | None = None
    while True:
        page = list_tasks(user, TaskFilter(after=after))
        assert page.total == 120
        seen += [task.pk for task in page.rows]
        if page.next is None:
            break
        after = page.next

    assert seen == made[::-1]


def test_the_last_full_page_has_no_next_one() -> None:
    user = make_user(superuser=True)
    make_tasks(make_swarm(), 50)

    assert list_tasks(user, TaskFilter()).next is None


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
    assert sum(column.total for column in list_columns(viewer, TaskFilter())) == 1
    assert list_tasks(stranger, TaskFilter()).total == 0
    assert sum(column.total for column in list_columns(stranger, TaskFilter())) == 0


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
