"""Verified or refuted: what somebody other than the doer says of a result, and why."""

from typing import Any

from django.db import transaction
from django.db.models import F

from agents.models import Agent
from audit.actors import Actor
from audit.attention import raise_item
from audit.events import Kind, record
from audit.topics import bump
from tasks.engine.points import Point, reach
from tasks.models import Task
from tasks.transitions import fact_of_task, settle_ended, topics_of
from tasks.wakeups import call_for_work
from victoros.lib import clock
from victoros.lib.errors import Conflict, InvalidInput, NotAllowed
from victoros.lib.sentences import sentence as _
from victoros.lib.wording import say_word


@transaction.atomic
def verify_task(*, actor: Actor, task: Task, evidence: dict[str, Any], note: str = "") -> bool:
    """Confirm a completed task by evidence; False when it already is. The doer may not."""
    task.refresh_from_db()
    if task.status == Task.Status.VERIFIED:
        return False
    _require_other(actor, task)
    _require_completed(task)
    now = clock.now()
    Task.objects.filter(pk=task.pk, status="completed").update(
        status="verified",
        status_since=now,
        verified_at=now,
        verified_by=actor.name,
        evidence={**task.evidence, "verification": {**evidence, "note": note, "by": actor.name}},
        acceptance=[{**item, "met": True, "by": item.get("by") or actor.name} for item in task.acceptance],
    )
    reach(Point.RESULT_VERIFYING)
    if task.agent_id:
        Agent.objects.filter(pk=task.agent_id).update(verified_count=F("verified_count") + 1, verified_at=now)
    task.refresh_from_db()
    record(fact_of_task(Kind.TASK_VERIFIED, actor, task, note=note, evidence=evidence))
    bump(topics_of([task]) | settle_ended([task.pk]))
    call_for_work()
    return True


@transaction.atomic
def refute_task(*, actor: Actor, task: Task, reason: str) -> bool:
    """Refuse a completed result: it is done again with the reason at hand, or fails after its last attempt."""
    task.refresh_from_db()
    if not reason.strip():
        raise InvalidInput(_("A refutation needs a reason."), hint=_("The next attempt reads it."))
    _require_other(actor, task)
    _require_completed(task)
    again = task.attempt_count < task.max_attempts
    now = clock.now()
    Task.objects.filter(pk=task.pk, status="completed").update(
        status="ready" if again else "failed",
        status_since=now,
        ready_at=now,
        ended_at=None if again else now,
        reason=f"Refuted by {actor.name}: {reason.strip()}"[:400],
    )
    task.refresh_from_db()
    reach(Point.RESULT_REFUTING)
    record(fact_of_task(Kind.TASK_REFUTED, actor, task, reason=reason, again=again))
    topics = topics_of([task])
    if not again:
        topics |= _give_up(actor, task, reason)
    bump(topics)
    call_for_work()
    return True


def _give_up(actor: Actor, task: Task, reason: str) -> set[str]:
    record(fact_of_task(Kind.TASK_FAILED, actor, task, reason=task.reason))
    raise_item(
        actor=actor,
        kind="failed",
        title=_("“%(title)s” failed") % {"title": task.title},
        body=_("Refuted by %(name)s: %(reason)s") % {"name": actor.name, "reason": reason.strip()},
        object_kind="task",
        object_ref=task.pk,
        swarm_ref=task.swarm_id,
        task_ref=task.pk,
    )
    return settle_ended([task.pk]) | {"attention"}


def _require_other(actor: Actor, task: Task) -> None:
    if actor.is_agent and actor.ref == task.agent_id:
        raise NotAllowed(
            _("%(name)s did task %(pk)s and cannot judge it.") % {"name": actor.name, "pk": task.pk},
            hint=_("Somebody else must verify it."),
        )


def _require_completed(task: Task) -> None:
    if task.status != Task.Status.COMPLETED:
        raise Conflict(
            _("Task %(pk)s is %(status)s, not completed.") % {"pk": task.pk, "status": say_word(task.status)},
            hint=_("Only completed tasks can be judged."),
        )
