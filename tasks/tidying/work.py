"""Journals of ended attempts: first the words of their steps go, much later the steps themselves.

Attempts and tasks stay, with their results, evidence, tokens and cost: totals are theirs and stay right.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from audit.actors import SYSTEM
from audit.events import Fact, Kind, record
from audit.models import Topic
from tasks.models import Attempt, Step, Task
from tasks.states import ENDED

STEPS_AT_ONCE = 100
"""Steps dealt with in one transaction; one longer attempt is dealt with whole."""
KEPT, EMPTIED, GONE = 0, 1, 2
"""What is left of an attempt's journal: `Attempt.tidied`."""


def empty_steps(before: datetime) -> int:
    """Take the words out of the steps of some attempts that ended before; returns how many steps."""
    return _tidy(_due(before, KEPT), EMPTIED, lambda steps: steps.update(request={}, result={}))


def delete_journals(before: datetime) -> int:
    """Delete the steps of some attempts that ended before, and the topics of their tasks; returns how many steps."""
    return _tidy(_due(before, EMPTIED) or _due(before, KEPT), GONE, lambda steps: steps.delete()[0])


def count_full_steps(before: datetime) -> int:
    """Count the steps whose words would go."""
    return Step.objects.filter(attempt__tidied=KEPT, attempt__ended_at__lt=before).count()


def count_old_steps(before: datetime) -> int:
    """Count the steps that would go."""
    return Step.objects.filter(attempt__tidied__lt=GONE, attempt__ended_at__lt=before).count()


def _due(before: datetime, tidied: int) -> list[Attempt]:
    """Return the oldest attempts in this state, as many as hold `STEPS_AT_ONCE` steps, one at least."""
    oldest = Attempt.objects.filter(tidied=tidied, ended_at__lt=before).order_by("ended_at", "id")
    chosen: list[Attempt] = []
    steps = 0
    for attempt in oldest.only("id", "task_id", "steps")[:STEPS_AT_ONCE]:
        if chosen and steps + attempt.steps > STEPS_AT_ONCE:
            break
        chosen.append(attempt)
        steps += attempt.steps
    return chosen


def _tidy(attempts: list[Attempt], state: int, deal: Callable[[QuerySet[Step]], int]) -> int:
    if not attempts:
        return 0
    ids = [attempt.pk for attempt in attempts]
    with transaction.atomic():
        count = deal(Step.objects.filter(attempt__in=ids))
        Attempt.objects.filter(pk__in=ids).update(tidied=state)
        if state == GONE:
            _forget_topics(attempts)
        detail = {"what": "steps" if state == GONE else "words of steps", "rows": count, "attempts": len(ids)}
        record(Fact(Kind.WORK_TIDIED, SYSTEM, "tidying", None, "", detail=detail))
    return max(count, len(ids))


def _forget_topics(attempts: list[Attempt]) -> None:
    ended = Task.objects.filter(pk__in=[attempt.task_id for attempt in attempts], status__in=ENDED)
    Topic.objects.filter(name__in=[f"task:{pk}" for pk in ended.values_list("pk", flat=True)]).delete()
