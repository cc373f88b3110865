"""Making, changing and ending tasks by hand or by an agent's wish."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from agents.models import Agent, Swarm
from audit.actors import Actor
from audit.attention import settle_items
from audit.events import Kind, record
from audit.topics import bump
from tasks.endings import end_live_attempts
from tasks.models import Attempt, Dependency, Task
from tasks.services.checks import check_draft, clean_needs, refuse_cycle
from tasks.states import TASK, is_settled, succeeded
from tasks.transitions import (
    fact_of_task,
    facts_of_tasks,
    recount_dependencies,
    settle_agents,
    settle_ended,
    topics_of,
)
from tasks.wakeups import call_for_halt, call_for_work
from victoros.lib.errors import Conflict, InvalidInput

DependsOn = Task | tuple[Task, str]


@dataclass(frozen=True)
class TaskDraft:
    """A task to be; see the fields of `Task`. `depends_on` holds tasks or (task, "ended") pairs."""

    title: str
    text: str = ""
    kind: str = "work"
    data: dict[str, Any] = field(default_factory=dict)
    priority: int = 0
    needs: Sequence[str] = ()
    acceptance: Sequence[str] = ()
    parent: Task | None = None
    depends_on: Sequence[DependsOn] = ()
    agent: Agent | None = None
    backlog: bool = False
    verify_need: str = ""
    verifies: Task | None = None
    deadline: datetime | None = None
    max_attempts: int = 3
    key: str | None = None


def create_task(*, actor: Actor, swarm: Swarm, title: str, **fields: Any) -> Task:
    """Create one task; the same `key` again returns the task made the first time, unchanged."""
    return create_tasks(actor=actor, swarm=swarm, drafts=[TaskDraft(title=title, **fields)])[0]


@transaction.atomic
def create_tasks(*, actor: Actor, swarm: Swarm, drafts: Sequence[TaskDraft]) -> list[Task]:
    """Create tasks in bulk, in the order given. Events: `task.created`."""
    for draft in drafts:
        check_draft(swarm, draft)
    known = _find_by_key(swarm, drafts)
    fresh = [draft for draft in drafts if draft.key not in known]
    made = Task.objects.bulk_create([_as_row(actor, swarm, draft) for draft in fresh])
    _add_dependencies(list(zip(made, fresh, strict=True)))
    record(facts_of_tasks(Kind.TASK_CREATED, actor, made))
    if made:
        bump(topics_of(made))
        call_for_work()
    rows = iter(made)
    return [known[draft.key] if draft.key in known else next(rows) for draft in drafts]


@transaction.atomic
def edit_task(*, actor: Actor, task: Task, **changes: Any) -> bool:
    """Change title, text, priority, needs, deadline or acceptance of a task nobody works on. True if anything differs."""
    allowed = {"title", "text", "priority", "needs", "deadline", "acceptance", "max_attempts"}
    if changes.keys() - allowed:
        raise InvalidInput(f"These cannot be edited: {', '.join(sorted(changes.keys() - allowed))}.")
    if "needs" in changes:
        changes["needs"] = clean_needs(changes["needs"])
    if "acceptance" in changes:
        changes["acceptance"] = [_as_item(text) for text in changes["acceptance"]]
    changes = {name: value for name, value in changes.items() if getattr(task, name) != value}
    if not changes:
        return False
    check_draft(task.swarm, TaskDraft(**{"title": task.title, "priority": task.priority, **_checkable(changes)}))
    if not Task.objects.filter(pk=task.pk, status__in=["backlog", "ready", "blocked"]).update(**changes):
        raise Conflict(f"Task {task.pk} is being worked on or has ended.", hint="Stop it first, or make a new task.")
    Attempt.objects.filter(task=task, status__in=Attempt.LIVE).update(priority=changes.get("priority", task.priority))
    record(fact_of_task(Kind.TASK_CHANGED, actor, task, changed=sorted(changes)))
    bump(topics_of([task]))
    call_for_work()
    task.refresh_from_db()
    return True


@transaction.atomic
def assign_task(*, actor: Actor, task: Task, agent: Agent | None) -> bool:
    """Pin a waiting task to one agent, or (None) give it back to whoever is free."""
    if agent and agent.swarm_id != task.swarm_id:
        raise InvalidInput(f"{agent.name} belongs to another swarm.", hint="Choose an agent of the task's own swarm.")
    if agent and agent.retired_at:
        raise InvalidInput(f"{agent.name} has retired.", hint="Choose somebody else, or leave it to whoever is free.")
    changed = Task.objects.filter(pk=task.pk, status__in=["backlog", "ready", "blocked"]).exclude(
        attempts__status__in=Attempt.LIVE
    )
    if not changed.update(agent=agent, pinned=agent is not None):
        raise Conflict(f"Task {task.pk} is already being worked on or has ended.", hint="Stop or cancel it first.")
    task.refresh_from_db()
    record(fact_of_task(Kind.TASK_ASSIGNED, actor, task, agent=agent.name if agent else ""))
    bump(topics_of([task]))
    call_for_work()
    return True


@transaction.atomic
def release_task(*, actor: Actor, task: Task) -> bool:
    """Move a task from the backlog to where agents find it."""
    task.refresh_from_db()
    TASK.require(task.status, "ready")
    status, now = ("blocked" if task.open_dependencies else "ready"), timezone.now()
    reason = "It waits for other tasks." if task.open_dependencies else ""
    if not Task.objects.filter(pk=task.pk, status="backlog").update(
        status=status, status_since=now, ready_at=now, reason=reason
    ):
        raise Conflict(f"Task {task.pk} is not in the backlog.", hint="Only tasks in the backlog can be released.")
    return _announce(Kind.TASK_READY, actor, task, why="released from the backlog")


@transaction.atomic
def cancel_task(*, actor: Actor, task: Task, reason: str = "") -> bool:
    """End a task for good, its running attempt and its open subtasks included; a late write of that attempt is refused."""
    task.refresh_from_db()
    TASK.require(task.status, "cancelled")
    family = [task, *_open_descendants(task)]
    agents = list(Attempt.objects.filter(task__in=family, status__in=Attempt.LIVE).values_list("agent_id", flat=True))
    now = timezone.now()
    end_live_attempts([row.pk for row in family], "cancelled", actor=actor)
    Task.objects.filter(pk__in=[row.pk for row in family]).update(
        status="cancelled", status_since=now, ended_at=now, reason=(reason or f"Cancelled by {actor.name}.")[:400]
    )
    end_live_attempts([row.pk for row in family], "cancelled", actor=actor)  # begun while we waited for the tasks' rows
    for row in family:
        settle_items(actor=actor, object_kind="task", object_ref=row.pk, status="withdrawn")
    settle_agents(agents)
    record(facts_of_tasks(Kind.TASK_CANCELLED, actor, family, reason=reason))
    bump(topics_of(family) | settle_ended([row.pk for row in family]) | {"attention"})
    call_for_halt()
    task.refresh_from_db()
    return True


@transaction.atomic
def retry_task(*, actor: Actor, task: Task) -> bool:
    """Put a failed, cancelled or quarantined task back to ready, with as many attempts again as it had at first."""
    task.refresh_from_db()
    if task.status not in ("failed", "cancelled", "quarantined"):
        raise Conflict(
            f"Task {task.pk} is {task.get_status_display()}, so there is nothing to retry.",
            hint="Only failed, cancelled or quarantined tasks can be retried.",
        )
    now = timezone.now()
    Task.objects.filter(pk=task.pk, status=task.status).update(
        status="blocked" if task.open_dependencies else "ready",
        status_since=now,
        ready_at=now,
        ended_at=None,
        not_before=None,
        reason="",
        max_attempts=task.attempt_count + max(task.max_attempts - task.attempt_count, 3),
    )
    settle_items(actor=actor, object_kind="task", object_ref=task.pk, status="answered", answer="retried")
    return _announce(Kind.TASK_RETRIED, actor, task)


@transaction.atomic
def add_dependency(*, actor: Actor, task: Task, on: Task, accepts: str = "success") -> bool:
    """Make a task that has not started wait for another one. False when it already does."""
    refuse_cycle(task, [on])
    if task.status not in ("backlog", "ready", "blocked") or task.attempts.filter(status__in=Attempt.LIVE).exists():
        raise Conflict(f"Task {task.pk} has started or ended.", hint="Dependencies are set before work begins.")
    settled = is_settled(on) and (accepts == "ended" or succeeded(on))
    _, created = Dependency.objects.get_or_create(task=task, on=on, defaults={"accepts": accepts, "settled": settled})
    if created and not settled:
        recount_dependencies([task.pk])
        Task.objects.filter(pk=task.pk, status="ready").update(
            status="blocked", status_since=timezone.now(), reason="It waits for other tasks."
        )
        record(fact_of_task(Kind.TASK_BLOCKED, actor, task, on=on.pk))
        bump(topics_of([task]))
    task.refresh_from_db()
    return created


def _announce(kind: Kind, actor: Actor, task: Task, **detail: object) -> bool:
    task.refresh_from_db()
    record(fact_of_task(kind, actor, task, **detail))
    bump(topics_of([task]) | {"attention"})
    call_for_work()
    return True


def _open_descendants(task: Task) -> list[Task]:
    found: list[Task] = []
    level = [task.pk]
    while level:
        children = list(
            Task.objects.filter(parent__in=level, status__in=["backlog", "ready", "in_progress", "blocked"])
        )
        found += children
        level = [child.pk for child in children]
    return found


def _find_by_key(swarm: Swarm, drafts: Sequence[TaskDraft]) -> dict[str | None, Task]:
    keys = [draft.key for draft in drafts if draft.key]
    if len(keys) != len(set(keys)):
        raise InvalidInput("Two tasks in one request have the same key.", hint="A key names one task.")
    return {row.key: row for row in Task.objects.filter(swarm=swarm, key__in=keys)} if keys else {}


def _as_row(actor: Actor, swarm: Swarm, draft: TaskDraft) -> Task:
    return Task(
        swarm=swarm,
        parent=draft.parent,
        title=draft.title.strip(),
        text=draft.text,
        kind=draft.kind,
        data=draft.data,
        priority=draft.priority,
        needs=clean_needs(draft.needs),
        acceptance=[_as_item(text) for text in draft.acceptance],
        status=Task.Status.BACKLOG if draft.backlog else Task.Status.READY,
        agent=draft.agent,
        pinned=draft.agent is not None,
        verify_need=draft.verify_need,
        verifies=draft.verifies,
        deadline=draft.deadline,
        max_attempts=draft.max_attempts,
        key=draft.key,
        created_by=actor.name,
    )


def _as_item(text: Any) -> dict[str, Any]:
    return text if isinstance(text, dict) else {"text": str(text), "met": False, "evidence": "", "by": ""}


def _checkable(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if name in ("title", "text", "priority", "needs")}


def _add_dependencies(pairs: list[tuple[Task, TaskDraft]]) -> None:
    rows, blocked = [], []
    for task, draft in pairs:
        wanted = [item if isinstance(item, tuple) else (item, "success") for item in draft.depends_on]
        refuse_cycle(task, [on for on, _ in wanted])
        for on, accepts in wanted:
            settled = is_settled(on) and (accepts == "ended" or succeeded(on))
            rows.append(Dependency(task=task, on=on, accepts=accepts, settled=settled))
        task.open_dependencies = sum(not row.settled for row in rows if row.task is task)
        if task.open_dependencies:
            if task.status == Task.Status.READY:
                task.status, task.reason = Task.Status.BLOCKED, "It waits for other tasks."
            blocked.append(task)
    Dependency.objects.bulk_create(rows)
    Task.objects.bulk_update(blocked, ["open_dependencies", "status", "reason"])
