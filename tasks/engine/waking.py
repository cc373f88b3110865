"""Waking what waits: a time that came, mail that arrived, an event whose wake-up was lost."""

from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from agents.models import Message
from audit import topics
from audit.models import AttentionItem
from tasks.engine.prepared import Build, fetch
from tasks.models import Approval, Attempt, Task
from tasks.transitions import wake_attempts

AT_ONCE = 500


def wake_due() -> int:
    """Wake attempts whose time has come or whose agent has mail. Two index look-ups when there are none."""
    return sum(_wake(build()) for build in (_rested, _with_mail) if fetch(_one_of, build))


def _rested() -> QuerySet[Attempt]:
    return Attempt.objects.filter(status="waiting", wake_at__lte=Now())


def _with_mail() -> QuerySet[Attempt]:
    mail = Message.objects.filter(recipient=OuterRef("agent"), status="delivered")
    return Attempt.objects.filter(Exists(mail), status="waiting", waiting_for="mail")


def _one_of(build: Build) -> QuerySet[Any, Any]:
    return build().values_list("pk")[:1]


def wake_forgotten() -> int:
    """Wake attempts whose reason to wait is gone though nobody told them. Run by the reconciler."""
    decided = Approval.objects.filter(pk=OuterRef("waiting_ref")).exclude(status="pending")
    answered = AttentionItem.objects.filter(pk=OuterRef("waiting_ref")).exclude(status="open")
    ended = Task.objects.filter(pk=OuterRef("waiting_ref")).filter(
        Q(status__in=["verified", "failed", "cancelled", "quarantined"]) | Q(status="completed", verify_need="")
    )
    return _wake(
        Attempt.objects.filter(
            Q(waiting_for="approval") & Exists(decided)
            | Q(waiting_for__in=["answer", "effect"]) & Exists(answered)
            | Q(waiting_for="subtask") & Exists(ended),
            status="waiting",
        )
    )


def _wake(attempts: QuerySet[Attempt]) -> int:
    ids = list(attempts.values_list("pk", flat=True)[:AT_ONCE])
    if ids:
        with transaction.atomic(), topics.gather():
            topics.bump(wake_attempts(Attempt.objects.filter(pk__in=ids)))
    return len(ids)
