"""Changing, sharing out and ending tasks, by hand or by an agent's wish."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from agents.models import Agent
from audit.actors import Actor
from audit.attention import settle_items
from audit.events import Kind, record
from audit.topics import bump
from tasks.endings import end_live_attempts
from tasks.engine.points import Point, reach
from tasks.locking import lock_rows
from tasks.models import Attempt, Task
from tasks.services.checks import check_deadline, check_draft, clean_acceptance, clean_needs
from tasks.services.drafts import TaskDraft
from tasks.states import EDITABLE, OPEN, TASK
from tasks.titles import change_title
from tasks.transitions import fact_of_task, facts_of_tasks, settle_agents, settle_ended, topics_of
from tasks.wakeups import call_for_halt, call_for_work
from victoros.lib import clock
from victoros.lib.database import again_after_deadlock
from victoros.lib.errors import Conflict, InvalidInput
from victoros.lib.sentences import sentence
from victoros.lib.wording import say_word


@transaction.atomic
def edit_task(*, actor: Actor, task: Task, seen: Mapping[str, Any] | None = None, **changes: Any) -> bool:
    """Change title, text, priority, needs, deadline or acceptance of a task nobody works on. True if anything differs.

    With `seen`, what its editor had before him (`as_edited`), a change is refused where somebody else changed the same.
    """
    if seen:
        _refuse_unseen(task, {name: seen[name] for name in changes if name in seen})
    allowed = {"title", "text", "priority", "needs", "deadline", "acceptance", "max_attempts"}
    if changes.keys() - allowed:
        raise InvalidInput(
            sentence("These cannot be edited: %(names)s.") % {"names": ", ".join(sorted(changes.keys() - allowed))}
        )
    if "needs" in changes:
        changes["needs"] = clean_needs(changes["needs"])
    if "acceptance" in changes:
        changes["acceptance"] = clean_acceptance(changes["acceptance"])
    changes = {name: value for name, value in changes.items() if getattr(task, name) != value}
    if not changes:
        return False
    check_deadline(changes.get("deadline"))
    check_draft(task.swarm, TaskDraft(**{"title": task.title, "priority": task.priority, **_checkable(changes)}))
    if not Task.objects.filter(pk=task.pk, status__in=EDITABLE).update(**changes):
        raise Conflict(
            sentence("Task %(pk)s is being worked on or has ended.") % {"pk": task.pk},
            hint=sentence("Stop it first, or make a new task."),
        )
    if "title" in changes:
        change_title(task.pk, changes["title"])
    Attempt.objects.filter(task=task, status__in=Attempt.LIVE).update(priority=changes.get("priority", task.priority))
    record(fact_of_task(Kind.TASK_CHANGED, actor, task, changed=sorted(changes)))
    call_for_work()
    bump(topics_of([task]))
    task.refresh_from_db()
    return True


def as_edited(task: Task) -> dict[str, Any]:
    """Return what people edit of a task, as forms hold it: criteria by their words, the deadline to the minute."""
    values = {name: getattr(task, name) for name in ("title", "text", "needs", "priority")}
    deadline = task.deadline.replace(second=0, microsecond=0) if task.deadline else None
    return values | {"acceptance": [str(item.get("text", "")) for item in task.acceptance], "deadline": deadline}


def _refuse_unseen(task: Task, seen: Mapping[str, Any]) -> None:
    """Refuse to change what is no longer as it was seen. The task is read again, and stays as it is until all is written."""
    lock_rows(Task.objects.filter(pk=task.pk))
    task.refresh_from_db()
    now = as_edited(task)
    if any(seen[name] != now[name] for name in seen):
        raise Conflict(
            sentence("Somebody else changed the same of task %(pk)s meanwhile.") % {"pk": task.pk},
            hint=sentence("Look at what they wrote; save again to put yours in its place."),
        )


@transaction.atomic
def assign_task(*, actor: Actor, task: Task, agent: Agent | None) -> bool:
    """Pin a waiting task to one agent, or (None) give it back to whoever is free."""
    if agent and agent.swarm_id != task.swarm_id:
        raise InvalidInput(
            sentence("%(name)s belongs to another swarm.") % {"name": agent.name},
            hint=sentence("Choose an agent of the task's own swarm."),
        )
    if agent and agent.retired_at:
        raise InvalidInput(
            sentence("%(name)s has retired.") % {"name": agent.name},
            hint=sentence("Choose somebody else, or leave it to whoever is free."),
        )
    changed = Task.objects.filter(pk=task.pk, status__in=EDITABLE).exclude(attempts__status__in=Attempt.LIVE)
    if not changed.update(agent=agent, pinned=agent is not None):
        raise Conflict(
            sentence("Task %(pk)s is already being worked on or has ended.") % {"pk": task.pk},
            hint=sentence("Stop or cancel it first."),
        )
    task.refresh_from_db()
    record(fact_of_task(Kind.TASK_ASSIGNED, actor, task, agent=agent.name if agent else ""))
    call_for_work()
    bump(topics_of([task]))
    return True


@transaction.atomic
def release_task(*, actor: Actor, task: Task) -> bool:
    """Move a task from the backlog to where agents find it."""
    task.refresh_from_db()
    TASK.require(task.status, "ready")
    status, now = ("blocked" if task.open_dependencies else "ready"), clock.now()
    reason = "It waits for other tasks." if task.open_dependencies else ""
    if not Task.objects.filter(pk=task.pk, status="backlog").update(
        status=status, status_since=now, ready_at=now, reason=reason
    ):
        raise Conflict(
            sentence("Task %(pk)s is not in the backlog.") % {"pk": task.pk},
            hint=sentence("Only tasks in the backlog can be released."),
        )
    return _announce(Kind.TASK_READY, actor, task, why="released from the backlog")


@transaction.atomic
def shelve_task(*, actor: Actor, task: Task) -> bool:
    """Take a ready task that nobody has begun back into the backlog, where agents do not see it. Events: `task.shelved`."""
    task.refresh_from_db()
    TASK.require(task.status, "backlog")
    free = Task.objects.filter(pk=task.pk, status="ready").exclude(attempts__status__in=Attempt.LIVE)
    if not free.update(status="backlog", status_since=clock.now(), not_before=None, reason=""):
        raise Conflict(f"Task {task.pk} was taken up meanwhile.", hint="Pause or cancel it instead.")
    return _announce(Kind.TASK_SHELVED, actor, task)


@again_after_deadlock
@transaction.atomic
def cancel_task(*, actor: Actor, task: Task, reason: str = "") -> bool:
    """End a task for good, its running attempt and its open subtasks included; a late write of that attempt is refused."""
    task.refresh_from_db()
    TASK.require(task.status, "cancelled")
    ids, now = [task.pk, *open_descendants(task)], clock.now()
    agents = end_live_attempts(ids, "cancelled", actor=actor)
    reach(Point.TASK_CANCELLING)
    family = _hold_family(task, ids)
    ids = [row.pk for row in family]
    Task.objects.filter(pk__in=ids).update(
        status="cancelled", status_since=now, ended_at=now, reason=(reason or f"Cancelled by {actor.name}.")[:400]
    )
    agents |= end_live_attempts(ids, "cancelled", actor=actor)  # begun while we waited for the tasks' rows
    for row in family:
        settle_items(actor=actor, object_kind="task", object_ref=row.pk, status="withdrawn")
    settle_agents(agents)
    record(facts_of_tasks(Kind.TASK_CANCELLED, actor, family, reason=reason))
    bump(topics_of(family) | settle_ended(ids) | {"attention"})
    call_for_halt()
    task.refresh_from_db()
    return True


@transaction.atomic
def retry_task(*, actor: Actor, task: Task) -> bool:
    """Put a failed, cancelled or quarantined task back to ready, with as many attempts again as it had at first."""
    task.refresh_from_db()
    if task.status not in ("failed", "cancelled", "quarantined"):
        raise Conflict(
            sentence("Task %(pk)s is %(status)s, so there is nothing to retry.")
            % {"pk": task.pk, "status": say_word(task.status)},
            hint=sentence("Only failed, cancelled or quarantined tasks can be retried."),
        )
    now = clock.now()
    Task.objects.filter(pk=task.pk, status=task.status).update(
        status="blocked" if task.open_dependencies else "ready",
        status_since=now,
        ready_at=now,
        ended_at=None,
        not_before=None,
        held_at=None,
        reason="",
        max_attempts=task.attempt_count + max(task.max_attempts - task.attempt_count, 3),
    )
    reach(Point.TASK_RETRYING)
    settle_items(actor=actor, object_kind="task", object_ref=task.pk, status="answered", answer="retried")
    return _announce(Kind.TASK_RETRIED, actor, task)


@transaction.atomic
def edit_and_retry(*, actor: Actor, task: Task, seen: Mapping[str, Any] | None = None, **changes: Any) -> bool:
    """Change what a task that ended badly says, and try it again. True if any word differs. Events: those of both."""
    changed = edit_task(actor=actor, task=task, seen=seen, **changes)
    retry_task(actor=actor, task=task)
    return changed


def _announce(kind: Kind, actor: Actor, task: Task, **detail: object) -> bool:
    task.refresh_from_db()
    record(fact_of_task(kind, actor, task, **detail))
    call_for_work()
    bump(topics_of([task]) | {"attention"})
    return True


def open_descendants(task: Task) -> list[int]:
    """Return the ids of the tasks below this one, at any depth, that are not over. One query a level."""
    found: list[int] = []
    level = [task.pk]
    while level:
        level = list(Task.objects.filter(parent__in=level, status__in=OPEN).values_list("pk", flat=True))
        found += level
    return found


def _hold_family(task: Task, ids: list[int]) -> list[Task]:
    """Lock the task and its descendants; those that ended while we waited are left out.

    Raises `Conflict` when the task itself ended meanwhile: who wanted it cancelled has not seen what came of it.
    """
    family = lock_rows(Task.objects.filter(pk__in=ids))
    status = next(row.status for row in family if row.pk == task.pk)
    if task.status in OPEN and status not in OPEN:
        raise Conflict(
            sentence("Task %(pk)s ended meanwhile: it is %(status)s.") % {"pk": task.pk, "status": say_word(status)},
            hint=sentence("Look at what came of it first."),
        )
    TASK.require(status, "cancelled")
    return [row for row in family if row.pk == task.pk or row.status in OPEN]


def _checkable(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if name in ("title", "text", "priority", "needs")}
