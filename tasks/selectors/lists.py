"""The list of tasks, by page, and the board, by column. The number of queries does not grow with the rows."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, F, QuerySet

from agents.permissions import visible_to
from tasks.models import Task
from tasks.selectors.filters import ENDED, TaskFilter

PAGE = 50
COLUMN = 20
COLUMNS: dict[str, tuple[str, ...]] = {
    "backlog": ("backlog",),
    "ready": ("ready",),
    "in_progress": ("in_progress",),
    "blocked": ("blocked",),
    "completed": ("completed",),
    "verified": ("verified",),
    "ended": ENDED,
}
_HEAVY = ("text", "result", "data", "evidence", "acceptance")


@dataclass(frozen=True)
class StateCount:
    """How many of the chosen tasks stand in one state."""

    state: str
    label: str
    count: int


@dataclass(frozen=True)
class TaskPage:
    """One page of the list."""

    rows: list[Task]
    total: int
    """All rows of the choice, on every page."""
    next: int | None
    """What `after` must be to get the following page; None on the last."""
    counts: list[StateCount]
    """Of the choice without its state, in the order of the board."""

    @property
    def everything(self) -> int:
        """How many tasks there are in every state together."""
        return sum(count.count for count in self.counts)


@dataclass(frozen=True)
class Column:
    """One column of the board with its newest tasks."""

    state: str
    label: str
    total: int
    rows: list[Task]
    query: str
    """Query of the address that lists all of it."""

    @property
    def hidden(self) -> int:
        """How many tasks of the column are not shown."""
        return self.total - len(self.rows)


def list_tasks(user: Any, choice: TaskFilter, *, size: int = PAGE) -> TaskPage:
    """Return a page of the tasks `user` may see, newest first.

    Ids come first, from an index alone: sorting whole rows of several swarms took 40 ms at 100,000 tasks.
    """
    chosen = choice.choose(visible_to(user, Task.objects.all()))
    counts = count_by_state(chosen)
    rows = chosen.filter(status__in=choice.states) if choice.states else chosen
    if choice.after:
        rows = rows.filter(pk__lt=choice.after)
    ids = list(_newest_first(rows, user, choice).values_list("pk", flat=True)[: size + 1])
    following = ids[size - 1] if len(ids) > size else None
    page = list(as_rows(Task.objects.filter(pk__in=ids[:size]).order_by("-pk")))
    total = sum(count.count for count in counts if not choice.states or count.state in choice.states)
    return TaskPage(page, total, following, counts)


def list_columns(user: Any, choice: TaskFilter, *, size: int = COLUMN) -> list[Column]:
    """Return the board: every column with its count and its newest tasks."""
    chosen = choice.choose(visible_to(user, Task.objects.all()))
    counts = {count.state: count.count for count in count_by_state(chosen)}
    newest = _newest_first(chosen, user, choice)
    ids = _first_ids([newest.filter(status__in=states)[:size] for states in COLUMNS.values()])
    rows = list(as_rows(Task.objects.filter(pk__in=ids).order_by("-pk")))
    return [
        Column(
            state=name,
            label=name.replace("_", " "),
            total=sum(counts.get(state, 0) for state in states),
            rows=[row for row in rows if row.status in states],
            query=choice.as_query(state=name, view="list"),
        )
        for name, states in COLUMNS.items()
    ]


def count_by_state(rows: QuerySet[Task]) -> list[StateCount]:
    """Count `rows` by state; states without tasks are there with 0."""
    found = dict(rows.order_by().values_list("status").annotate(Count("pk")))
    return [StateCount(value, str(label).lower(), found.get(value, 0)) for value, label in Task.Status.choices]


def as_rows(rows: QuerySet[Task]) -> QuerySet[Task]:
    """Prepare tasks for one line each: with their swarm and agent, without long texts."""
    return rows.select_related("swarm", "agent").defer(*_HEAVY)


def _newest_first(rows: QuerySet[Task], user: Any, choice: TaskFilter) -> QuerySet[Task]:
    """Order by id. Within some swarms the sum keeps SQLite from walking all tasks in order of id to find a few."""
    is_within = choice.swarm or choice.agent or not user.is_superuser
    return rows.order_by((F("pk") + 0).desc()) if is_within else rows.order_by("-pk")


def _first_ids(queries: list[QuerySet[Task]]) -> list[int]:
    """Read the ids of several limited queries in one statement, which Django cannot write for SQLite."""
    try:
        compiled = [query.values("pk").query.sql_with_params() for query in queries]
    except EmptyResultSet:  # somebody who may see no swarm at all
        return []
    parts = [f"SELECT * FROM ({sql}) AS part{n}" for n, (sql, _) in enumerate(compiled)]  # nosec B608: Django's own SQL
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [value for _, values in compiled for value in values])
        return [row[0] for row in cursor.fetchall()]
