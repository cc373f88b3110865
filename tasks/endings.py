"""Taking live attempts away from whoever drives them: the fence rises, so that a late write is refused."""

from collections.abc import Iterable

from django.db.models import F, QuerySet

from audit.actors import Actor
from audit.attention import settle_items
from audit.events import Fact, Kind, record
from tasks.locking import lock_rows
from tasks.models import Approval, Attempt
from tasks.recalls import recall
from victoros.lib import clock


def end_live_attempts(task_ids: Iterable[int], status: str, *, actor: Actor) -> set[int]:
    """End the live attempts of these tasks as `status`; what they asked of people is withdrawn. Returns the agents to settle."""
    held = lock_rows(Attempt.objects.filter(task__in=list(task_ids), status__in=Attempt.LIVE))
    if not held:
        return set()
    recall(held)
    live = Attempt.objects.filter(pk__in=[row.pk for row in held], status__in=Attempt.LIVE)
    withdraw_requests(live, actor=actor)
    live.update(
        status=status,
        cell=None,
        fence=F("fence") + 1,
        ended_at=clock.now(),
        waiting_for="",
        waiting_ref=None,
        waiting_since=None,
        wake_at=None,
    )
    return {row.agent_id for row in held}


def withdraw_requests(attempts: QuerySet[Attempt], *, actor: Actor) -> None:
    """Withdraw the pending approvals and open questions of attempts that will not go on."""
    pending = list(Approval.objects.filter(attempt__in=attempts, status="pending").select_related("task"))
    Approval.objects.filter(pk__in=[row.pk for row in pending], status="pending").update(
        status="withdrawn", decided_at=clock.now(), decided_by=actor.name
    )
    for row in pending:
        settle_items(actor=actor, object_kind="approval", object_ref=row.pk, status="withdrawn")
    record(
        Fact(
            Kind.APPROVAL_WITHDRAWN,
            actor,
            "approval",
            row.pk,
            row.tool,
            swarm_ref=row.swarm_id,
            detail={"task": row.task_id},
        )
        for row in pending
    )
    for attempt_id in attempts.filter(waiting_for__in=["answer", "effect"]).values_list("pk", flat=True):
        settle_items(actor=actor, object_kind="attempt", object_ref=attempt_id, status="withdrawn")
