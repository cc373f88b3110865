"""How many tasks there are, by state, from the counts that the database keeps: the same cost for ten tasks or a million."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet, Sum

from agents.permissions import visible_to
from tasks.models import TaskTally


def count_visible(user: Any, swarm: int | None = None) -> dict[str, int]:
    """Return how many tasks `user` may see in each state that has any; of one swarm, if given. One query beside the rights."""
    rows = visible_to(user, TaskTally.objects.all())
    return _sum(rows.filter(swarm=swarm) if swarm else rows)


def count_of_swarms(swarm_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Return the same for each of some swarms, whoever asks. One query."""
    return as_counts(choose_of_swarms(swarm_ids))


def choose_of_swarms(swarm_ids: Iterable[int]) -> "QuerySet[Any, Any]":
    """Return the question that `count_of_swarms` asks, for who asks it together with others."""
    rows = TaskTally.objects.filter(swarm__in=list(swarm_ids)).order_by()
    return rows.values_list("swarm", "status").annotate(Sum("n"))


def as_counts(rows: Iterable[tuple[int, str, int]]) -> dict[int, dict[str, int]]:
    """Return what `choose_of_swarms` found: by swarm, by state, those that have any."""
    counts: dict[int, dict[str, int]] = {}
    for swarm, status, n in rows:
        if n:
            counts.setdefault(swarm, {})[status] = n
    return counts


def _sum(rows: QuerySet[TaskTally]) -> dict[str, int]:
    return {status: n for status, n in rows.order_by().values_list("status").annotate(Sum("n")) if n}
