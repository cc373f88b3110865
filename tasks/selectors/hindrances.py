"""What keeps blocked tasks: others they depend on, or what their attempt waits for. One query for a page."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from tasks.models import Attempt, Dependency, Task
from tasks.selectors.words import say_waiting
from victoros.lib.together import read_together

NAMED = 2
"""Of the tasks that one depends on, so many are named."""


@dataclass(frozen=True)
class Hindrance:
    """Why a task does not go on."""

    on: list[Task] = field(default_factory=list)
    """The oldest of the tasks it depends on that have not ended well."""
    more: int = 0
    """Further ones."""
    waits_for: str = ""
    """What its attempt waits for: `approval`, `answer`, ..."""
    since: datetime | None = None
    until: datetime | None = None
    """When it goes on by itself."""


def find_hindrances(tasks: Iterable[Task]) -> dict[int, Hindrance]:
    """Return what keeps those of these tasks that are kept by anything, by their ids."""
    rows = list(tasks)
    depending = [task for task in rows if task.open_dependencies and task.status in ("blocked", "backlog", "ready")]
    found = read_together(
        attempts=_choose_waiting([task.pk for task in rows]), on=_choose_dependencies([task.pk for task in depending])
    )
    waits = {
        one.task_id: Hindrance(waits_for=say_waiting(one), since=one.waiting_since, until=one.wake_at)
        for one in found["attempts"]
    }
    return waits | _name_dependencies(depending, found["on"])


def _choose_waiting(ids: list[int]) -> QuerySet[Attempt]:
    rows = Attempt.objects.filter(task__in=ids, status=Attempt.Status.WAITING)
    return rows.only("task", "waiting_for", "waiting_since", "wake_at")


def _choose_dependencies(ids: list[int]) -> "QuerySet[Any, Any]":
    place: Any = Window(RowNumber(), partition_by=F("task"), order_by="pk")
    rows = Dependency.objects.filter(task__in=ids, settled=False)
    first = rows.annotate(place=place).filter(place__lte=NAMED).order_by("pk")
    return first.values("task_id", "on_id", "on__title", "on__status")


def _name_dependencies(tasks: list[Task], rows: Iterable[dict[str, Any]]) -> dict[int, Hindrance]:
    named: dict[int, list[Task]] = {}
    for row in rows:
        on = Task(pk=row["on_id"], title=row["on__title"], status=row["on__status"])
        named.setdefault(row["task_id"], []).append(on)
    return {
        task.pk: Hindrance(on=named[task.pk], more=max(task.open_dependencies - len(named[task.pk]), 0))
        for task in tasks
        if task.pk in named
    }
