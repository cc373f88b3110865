"""The list of tasks, by page, and the board, by column. The number of queries does not grow with the rows."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection
from django.db.models import Count, F, QuerySet, Value
from django.db.models.functions import Concat, Lower

from agents.permissions import visible_to
from tasks.models import Task
from tasks.selectors.counts import count_visible
from tasks.selectors.filters import ENDED, TaskFilter
from tasks.selectors.hindrances import Hindrance, find_hindrances
from tasks.selectors.sorting import order_of
from victoros.lib.heads import read_heads
from victoros.lib.lean import lean
from victoros.lib.paging import Order, arrange, slice_rows
from victoros.lib.wording import say_word

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
COUNTED = 1000
"""A choice that no kept count answers is counted so far."""
SORTED = 5000
"""So many rows are sorted rather than read in the order of an index."""
_HEAVY = ("text", "result", "data", "evidence", "acceptance")


@dataclass(frozen=True)
class StateCount:
    """How many of the chosen tasks stand in one state."""

    state: str
    label: str
    count: int | None
    """None where counting would look at all rows."""


@dataclass(frozen=True)
class TaskPage:
    """One page of the list."""

    rows: list[Task]
    total: int
    """All rows of the choice, on every page."""
    next: str
    """What `after` must be to get the following page; empty on the last."""
    counts: list[StateCount]
    """Of the choice without its state, in the order of the board."""
    previous: str = ""
    """What `before` must be to get the page above; empty on the first."""
    is_more: bool = False
    """Whether there are more than `total`: narrow choices are counted up to `COUNTED`."""
    hindrances: dict[int, Hindrance] = field(default_factory=dict)
    """What keeps the blocked ones, by their ids."""

    @property
    def everything(self) -> int | None:
        """How many tasks there are in every state together."""
        known = [count.count for count in self.counts if count.count is not None]
        return sum(known) if len(known) == len(self.counts) else None


@dataclass(frozen=True)
class Column:
    """One column of the board with its first tasks."""

    state: str
    label: str
    total: int | None
    """None where counting would look at all rows."""
    rows: list[Task]
    query: str
    """Query of the address that lists all of it."""

    @property
    def hidden(self) -> int | None:
        """How many tasks of the column are not shown; None where nobody knows, and there may be more."""
        if self.total is not None:
            return self.total - len(self.rows)
        return None if len(self.rows) >= COLUMN else 0


def list_tasks(user: Any, choice: TaskFilter, *, size: int = PAGE) -> TaskPage:
    """Return a page of the tasks `user` may see, in the order of the choice.

    Ids come first, from an index alone: sorting whole rows of several swarms took 40 ms at 100,000 tasks.
    """
    chosen = choice.choose(visible_to(user, Task.objects.all()))
    counts = count_choice(user, choice, chosen)
    in_state = chosen.filter(status__in=choice.states) if choice.states else chosen
    total, is_more = (COUNTED, True) if _is_all_that_is_common(user, choice) else _sum(counts, choice, in_state)
    rows, order = walk(user, choice, _count_scope(user, choice) if choice.is_common else counts)
    found = slice_rows(rows, order, after=choice.after, before=choice.before, size=size)
    page = in_order(as_rows(Task.objects.filter(pk__in=found.ids)), found.ids)
    return TaskPage(page, total, found.after, counts, found.before, is_more, find_hindrances(page))


def list_columns(user: Any, choice: TaskFilter, *, size: int = COLUMN) -> list[Column]:
    """Return the board: every column with its count and its first tasks in the order of the choice."""
    chosen = choice.choose(visible_to(user, Task.objects.all()))
    counted = count_choice(user, choice, chosen)
    counts = {count.state: count.count for count in counted}
    ids = read_heads([column[:size] for column in _walk_columns(user, choice, chosen, counted)])
    known = Task.objects.annotate(title_sorted=Lower("title")).filter(pk__in=ids)
    rows = list(as_rows(arrange(known, order_of(choice.sort))))
    return [
        Column(
            state=name,
            label=str(say_word(name)),
            total=_add_up(counts.get(state) for state in states),
            rows=[row for row in rows if row.status in states],
            query=choice.as_query(state=name, view="list"),
        )
        for name, states in COLUMNS.items()
    ]


def count_choice(user: Any, choice: TaskFilter, chosen: QuerySet[Task]) -> list[StateCount]:
    """Count a choice by state: from the kept counts where it is of whole swarms, else by its rows."""
    if choice.is_counted:
        return _as_counts(count_visible(user, choice.swarm))
    if choice.has_more or choice.is_of_costs or choice.is_common:
        return [StateCount(value, say_word(value), None) for value in Task.Status.values]
    return count_by_state(chosen)


def _is_all_that_is_common(user: Any, choice: TaskFilter) -> bool:
    """Tell whether the choice leaves nothing out but by words that are known to stand in more titles than are counted."""
    return (
        choice.is_common and user.is_superuser and not replace(choice, search="").is_narrow and not choice.is_of_costs
    )


def _count_scope(user: Any, choice: TaskFilter) -> list[StateCount]:
    """Return the kept counts of all among which the choice is looked for. One query."""
    return _as_counts(count_visible(user, choice.swarm))


def _add_up(counts: Iterable[int | None]) -> int | None:
    known = list(counts)
    return None if None in known else sum(count or 0 for count in known)


def _sum(counts: list[StateCount], choice: TaskFilter, rows: QuerySet[Task]) -> tuple[int, bool]:
    """Return how many tasks are meant, and whether there are more: without counts, `COUNTED` are looked at."""
    wanted = [count.count for count in counts if not choice.states or count.state in choice.states]
    if None in wanted:
        total = rows.order_by()[: COUNTED + 1].count()
        return min(total, COUNTED), total > COUNTED
    return sum(count or 0 for count in wanted), False


def count_by_state(rows: QuerySet[Task]) -> list[StateCount]:
    """Count `rows` by state; states without tasks are there with 0."""
    return _as_counts(dict(rows.order_by().values_list("status").annotate(Count("pk"))))


def _as_counts(found: dict[str, int]) -> list[StateCount]:
    return [StateCount(value, say_word(value), found.get(value, 0)) for value in Task.Status.values]


def as_rows(rows: QuerySet[Task]) -> QuerySet[Task]:
    """Prepare tasks for one line each: with the names of their swarm and agent, without long texts."""
    return lean(rows, without=_HEAVY, swarm=["name"], agent=["name"], spent=["cost_nanos"])


def walk(
    user: Any, choice: TaskFilter, counts: list[StateCount], states: tuple[str, ...] = ()
) -> tuple[QuerySet[Task], Order]:
    """Return the rows of a choice and their order so that SQLite, which keeps no figures of its tables, takes the cheap way.

    With `states`, those of the choice do not matter. Few rows are found by their swarm or state and sorted. Of many, a page is
    read in the order of an index: the swarm and the state are then written as sums, which no index holds. PostgreSQL knows its
    tables and is left to choose. `counts` are those of the choice, and where words of it are common, of what these are looked for
    in: each of many titles costs a look.
    """
    order, states = order_of(choice.sort), states or choice.states
    counted = [count for count in counts if count.count is not None]
    is_walked = choice.is_common or (choice.is_counted and order.field != "pk")
    is_lite = connection.vendor == "sqlite" and is_walked
    swarm = "swarm_sum" if is_lite and sum(one.count or 0 for one in counted) > SORTED else "swarm_id"
    in_state = sum(one.count or 0 for one in counted if one.state in states)
    state = "state_sum" if is_lite and in_state > SORTED else "status"
    rows: QuerySet[Any] = Task.objects.alias(
        swarm_sum=F("swarm_id") + 0, state_sum=Concat("status", Value("")), pk_sum=F("pk") + 0
    )
    rows = choice.choose(visible_to(user, rows.annotate(title_sorted=Lower("title")), swarm), swarm)
    rows = rows.filter(**{f"{state}__in": states}) if states else rows
    is_small = not choice.is_common or (is_lite and swarm == "swarm_id")
    is_within = choice.agent or choice.age or (is_small and (choice.swarm or not user.is_superuser))
    return rows, replace(order, tie="pk_sum") if order.field == "pk" and is_within else order


def in_order(rows: QuerySet[Task], ids: list[int]) -> list[Task]:
    """Return the rows in the order of their ids."""
    known = {row.pk: row for row in rows}
    return [known[pk] for pk in ids if pk in known]


def _walk_columns(
    user: Any, choice: TaskFilter, chosen: QuerySet[Task], counts: list[StateCount]
) -> list[QuerySet[Task]]:
    """Return the rows of every column of the board in the order of the choice."""
    if not choice.sort:
        newest = _newest_first(chosen, user, choice)
        return [newest.filter(status__in=states) for states in COLUMNS.values()]
    counts = _count_scope(user, choice) if choice.is_common else counts
    return [arrange(*walk(user, choice, counts, states)) for states in COLUMNS.values()]


def _newest_first(rows: QuerySet[Task], user: Any, choice: TaskFilter) -> QuerySet[Task]:
    """Order by id. Within some swarms the sum keeps SQLite from walking all tasks in order of id to find a few."""
    is_within = choice.swarm or choice.agent or choice.age or not user.is_superuser
    return rows.order_by((F("pk") + 0).desc()) if is_within else rows.order_by("-pk")
