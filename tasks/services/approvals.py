"""A person's yes or no to one exact act. Pages, commands and notifications decide through these functions alone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from agents.tools.policy import canonical, digest_act
from audit.actors import SYSTEM, Actor
from audit.attention import settle_items
from audit.events import Fact, Kind, record
from audit.topics import bump
from tasks.editing import say_changes
from tasks.engine.points import Point, reach
from tasks.models import Approval
from tasks.services.late import explain_late, refuse_other_act, refuse_overdue
from tasks.services.proposals import check_arguments
from tasks.transitions import wake
from tasks.wakeups import call_for_work
from victoros.lib import clock
from victoros.lib.errors import Conflict, InvalidInput
from victoros.lib.sentences import sentence as _

_KINDS = {"approved": Kind.APPROVAL_APPROVED, "rejected": Kind.APPROVAL_REJECTED, "expired": Kind.APPROVAL_EXPIRED}


@dataclass(frozen=True)
class _Word:
    """What is said of an act; `edited` holds other arguments for it, `digest` the act that the decider saw."""

    status: str
    note: str
    edited: dict[str, Any] | None = None
    digest: str = ""


def approve(*, actor: Actor, approval: Approval, note: str = "", digest: str = "") -> Approval:
    """Allow exactly this act; the waiting attempt goes on at once. Approving twice changes nothing.

    `digest` names the act that the decider saw: another one is refused. Events: `approval.approved`.
    """
    return _decide(actor=actor, approval=approval, word=_Word("approved", note, digest=digest))


def approve_edited(
    *, actor: Actor, approval: Approval, arguments: dict[str, Any], note: str = "", digest: str = ""
) -> Approval:
    """Allow the act with other arguments, which the tool's schema must accept; the agent is told what was changed.

    Both forms are kept. The same edit twice changes nothing; arguments equal to those asked for are a plain yes.
    Events: `approval.edited` with both digests, then `approval.approved`.
    """
    if canonical(arguments) == canonical(approval.arguments):
        return approve(actor=actor, approval=approval, note=note, digest=digest)
    check_arguments(approval.tool, arguments)
    return _decide(actor=actor, approval=approval, word=_Word("approved", note, arguments, digest))


def reject(*, actor: Actor, approval: Approval, reason: str, digest: str = "") -> Approval:
    """Forbid this act; the agent is told the reason and goes on without it. Events: `approval.rejected`."""
    if not reason.strip():
        raise InvalidInput(_("A rejection needs a reason."), hint=_("The agent reads it and acts on it."))
    return _decide(actor=actor, approval=approval, word=_Word("rejected", reason, digest=digest))


def expire_due_approvals(now: datetime) -> int:
    """Reject what nobody decided in time; returns how many."""
    due = list(Approval.objects.filter(status="pending", expires_at__lte=now)[:200])
    return sum(_expire(approval) for approval in due)


def _expire(approval: Approval) -> bool:
    try:
        _decide(actor=SYSTEM, approval=approval, word=_Word("expired", "Nobody decided in time."))
    except Conflict:  # a person was quicker, after all
        return False
    return True


@transaction.atomic
def _decide(*, actor: Actor, approval: Approval, word: _Word) -> Approval:
    if actor.is_agent:
        raise Conflict(_("An agent cannot decide an approval."), hint=_("Approvals are for people."))
    refuse_other_act(approval, word.digest)
    if not _write(actor, approval, word):
        return explain_late(approval, word.status, word.edited)
    settle_items(
        actor=actor,
        object_kind="approval",
        object_ref=approval.pk,
        status="expired" if word.status == "expired" else "answered",
        answer=word.status,
    )
    record(_facts(actor, approval, word))
    reach(Point.APPROVAL_DECIDING)
    topics = wake(waiting_for="approval", refs=[approval.pk], actor=actor)
    bump(topics | {"attention", f"task:{approval.task_id}", f"swarm:{approval.swarm_id}"})
    call_for_work()
    return approval


def _write(actor: Actor, approval: Approval, word: _Word) -> bool:
    """Set the decision if none was made and, for a yes, there is still time; the row is fresh afterwards."""
    rows, now = Approval.objects.filter(pk=approval.pk, status="pending"), clock.now()
    if word.status == "approved":
        rows = rows.filter(expires_at__gt=now)
    changed = rows.update(
        status=word.status,
        decided_at=now,
        decided_by=actor.name,
        note=word.note.strip()[:400],
        edited=word.edited,
        edited_digest=digest_act(approval.tool, word.edited) if word.edited is not None else "",
    )
    approval.refresh_from_db()
    if not changed and approval.status == Approval.Status.PENDING:
        refuse_overdue(approval)
    return bool(changed)


def _facts(actor: Actor, approval: Approval, word: _Word) -> list[Fact]:
    where = {"task": approval.task_id, "digest": approval.act_digest, "note": approval.note}
    kinds: list[tuple[Kind, dict[str, Any]]] = [(_KINDS[word.status], where)]
    if word.edited is not None:
        changed = sorted(say_changes(approval.arguments, word.edited))
        kinds.insert(0, (Kind.APPROVAL_EDITED, {"asked": approval.digest, "changed": changed, **where}))
    return [
        Fact(kind, actor, "approval", approval.pk, approval.tool, swarm_ref=approval.swarm_id, detail=detail)
        for kind, detail in kinds
    ]
