"""Waking what waits: a time that came, mail that arrived, an event whose wake-up was lost."""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from agents.models import Message
from audit import topics
from audit.models import AttentionItem
from tasks.models import Approval, Attempt, Task
from tasks.transitions import wake_attempts

AT_ONCE = 500


def wake_due() -> int:
    """Wake attempts whose time has come or whose agent has mail. Two index look-ups when there are none."""
    mail = Message.objects.filter(recipient=OuterRef("agent"), status="delivered")
    waiting = Attempt.objects.filter(status="waiting")
    return _wake(waiting.filter(wake_at__lte=timezone.now())) + _wake(waiting.filter(Exists(mail), waiting_for="mail"))


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
