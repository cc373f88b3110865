"""Waking what waits: a time that came, mail that arrived, an event whose wake-up was lost."""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from agents.models import Message
from audit import topics
from audit.models import AttentionItem
from tasks.models import Approval, Attempt, Task
from tasks.transitions import wake_attempts
from victoros.lib.statements import Answer, ask, fetch, now

AT_ONCE = 500
_DUE = """
SELECT EXISTS (SELECT 1 FROM tasks_attempt a WHERE a.status = 'waiting' AND a.wake_at <= {now}),
  EXISTS (SELECT 1 FROM tasks_attempt a WHERE a.status = 'waiting' AND a.waiting_for = 'mail'
    AND EXISTS (SELECT 1 FROM agents_message m WHERE m.recipient_id = a.agent_id AND m.status = 'delivered'))
"""


_HAVE_REASONS = """
SELECT EXISTS (SELECT 1 FROM tasks_attempt
  WHERE status = 'waiting' AND waiting_for IN ('approval', 'answer', 'effect', 'subtask'))
"""


def ask_for_due() -> Answer:
    """Ask by two index look-ups whether a time has come, and whether mail has, for attempts that wait for it."""
    return ask(_DUE.format(now=now()))


def wake_due(due: Answer | None = None) -> int:
    """Wake attempts whose time has come or whose agent has mail, as far as `due` (from `ask_for_due`) knows of some."""
    rested, have_mail = (due or ask_for_due()).rows[0]
    return (_wake(_rested()) if rested else 0) + (_wake(_with_mail()) if have_mail else 0)


def _rested() -> QuerySet[Attempt]:
    return Attempt.objects.filter(status="waiting", wake_at__lte=Now())


def _with_mail() -> QuerySet[Attempt]:
    mail = Message.objects.filter(recipient=OuterRef("agent"), status="delivered")
    return Attempt.objects.filter(Exists(mail), status="waiting", waiting_for="mail")


def wake_forgotten() -> int:
    """Wake attempts whose reason to wait is gone though nobody told them. Run by the reconciler."""
    if not fetch(_HAVE_REASONS)[0][0]:
        return 0
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
