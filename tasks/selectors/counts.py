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
    counts: dict[int, dict[str, int]] = {}
    rows = TaskTally.objects.filter(swarm__in=list(swarm_ids)).order_by().values_list("swarm", "status")
    for swarm, status, n in rows.annotate(Sum("n")):
        if n:
            counts.setdefault(swarm, {})[status] = n
    return counts


def _sum(rows: QuerySet[TaskTally]) -> dict[str, int]:
    return {status: n for status, n in rows.order_by().values_list("status").annotate(Sum("n")) if n}
