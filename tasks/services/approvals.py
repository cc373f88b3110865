"""A person's yes or no to one exact act."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from audit.actors import SYSTEM, Actor
from audit.attention import settle_items
from audit.events import Fact, Kind, record
from audit.topics import bump
from tasks.models import Approval
from tasks.transitions import wake
from tasks.wakeups import call_for_work
from victoros.lib.errors import Conflict, InvalidInput

_KINDS = {"approved": Kind.APPROVAL_APPROVED, "rejected": Kind.APPROVAL_REJECTED, "expired": Kind.APPROVAL_EXPIRED}


def approve(*, actor: Actor, approval: Approval, note: str = "") -> Approval:
    """Allow exactly this act; the waiting attempt goes on at once. Approving twice changes nothing."""
    return _decide(actor=actor, approval=approval, status="approved", note=note)


def reject(*, actor: Actor, approval: Approval, reason: str) -> Approval:
    """Forbid this act; the agent is told the reason and goes on without it."""
    if not reason.strip():
        raise InvalidInput("A rejection needs a reason.", hint="The agent reads it and acts on it.")
    return _decide(actor=actor, approval=approval, status="rejected", note=reason)


def expire_due_approvals(now: datetime) -> int:
    """Reject what nobody decided in time; returns how many."""
    due = list(Approval.objects.filter(status="pending", expires_at__lte=now)[:200])
    return sum(_expire(approval) for approval in due)


def _expire(approval: Approval) -> bool:
    try:
        _decide(actor=SYSTEM, approval=approval, status="expired", note="Nobody decided in time.")
    except Conflict:  # a person was quicker, after all
        return False
    return True


@transaction.atomic
def _decide(*, actor: Actor, approval: Approval, status: str, note: str) -> Approval:
    if actor.is_agent:
        raise Conflict("An agent cannot decide an approval.", hint="Approvals are for people.")
    changed = Approval.objects.filter(pk=approval.pk, status="pending").update(
        status=status, decided_at=timezone.now(), decided_by=actor.name, note=note.strip()[:400]
    )
    approval.refresh_from_db()
    if not changed:
        return _explain_late(approval, status)
    settle_items(
        actor=actor,
        object_kind="approval",
        object_ref=approval.pk,
        status="expired" if status == "expired" else "answered",
        answer=status,
    )
    record(
        Fact(
            _KINDS[status],
            actor,
            "approval",
            approval.pk,
            approval.tool,
            swarm_ref=approval.swarm_id,
            detail={"task": approval.task_id, "digest": approval.digest, "note": approval.note},
        )
    )
    topics = wake(waiting_for="approval", refs=[approval.pk], actor=actor)
    bump(topics | {"attention", f"task:{approval.task_id}", f"swarm:{approval.swarm_id}"})
    call_for_work()
    return approval


def _explain_late(approval: Approval, wanted: str) -> Approval:
    if approval.status == wanted:
        return approval
    raise Conflict(
        f"This was already {approval.get_status_display()} by {approval.decided_by or 'the system'}.",
        hint="Nothing was changed. Reload the page to see how it stands.",
    )
