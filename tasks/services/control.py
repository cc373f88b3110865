"""Pause, resume and stop of agents, tasks and whole swarms.

Pause lets the step in flight finish. Stop takes every attempt away at once: its fence rises, so nothing it does later is
accepted. Both keep the journal; what was stopped goes on at its last finished step.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from agents.models import Agent, Swarm
from audit.actors import Actor
from audit.events import Fact, Kind, record
from audit.topics import bump
from tasks.locking import lock_rows
from tasks.models import Attempt, Task
from tasks.transitions import fact_of_task, settle_agents, topics_of
from tasks.wakeups import call_for_halt, call_for_work
from victoros.lib.errors import Conflict

STOPPED, PAUSED = "Stopped by", "Paused by"
_HELD_ITSELF = Q(task__reason__startswith=STOPPED) | Q(task__reason__startswith=PAUSED)
"""A task held through its own control stays held when its agent or swarm starts again."""


@dataclass(frozen=True)
class ControlResult:
    """Whether the desired state changed, and how many attempts were taken from their cells."""

    changed: bool
    stopped_attempts: int = 0


@transaction.atomic
def start_swarm(*, actor: Actor, swarm: Swarm) -> ControlResult:
    """Let a paused or stopped swarm work; what was stopped with it goes on. Events: `swarm.started`."""
    changed = _want(Swarm.objects.filter(pk=swarm.pk), "running", actor)
    _revive(Attempt.objects.filter(swarm=swarm, agent__desired_state="running").exclude(_HELD_ITSELF), actor)
    return _tell_swarm(Kind.SWARM_STARTED, actor, swarm, ControlResult(changed))


@transaction.atomic
def pause_swarm(*, actor: Actor, swarm: Swarm) -> ControlResult:
    """Let the swarm finish the steps in flight and begin no new one. Events: `swarm.paused`."""
    changed = _want(Swarm.objects.filter(pk=swarm.pk), "paused", actor)
    return _tell_swarm(Kind.SWARM_PAUSED, actor, swarm, ControlResult(changed))


@transaction.atomic
def stop_swarm(*, actor: Actor, swarm: Swarm) -> ControlResult:
    """Stop everything the swarm does, now. Safe to repeat. Events: `swarm.stopped`, `task.stopped` for each task."""
    changed = _want(Swarm.objects.filter(pk=swarm.pk), "stopped", actor)
    count = _halt(Attempt.objects.filter(swarm=swarm), actor, f"The swarm was stopped by {actor.name}.")
    return _tell_swarm(Kind.SWARM_STOPPED, actor, swarm, ControlResult(changed, count))


@transaction.atomic
def resume_agent(*, actor: Actor, agent: Agent) -> ControlResult:
    """Let a paused or stopped agent work again."""
    changed = _want(Agent.objects.filter(pk=agent.pk), "running", actor)
    going = Attempt.objects.filter(agent=agent, swarm__desired_state__in=["running", "paused"])
    _revive(going.exclude(_HELD_ITSELF), actor)
    return _tell_agent(Kind.AGENT_RESUMED, actor, agent, ControlResult(changed))


@transaction.atomic
def pause_agent(*, actor: Actor, agent: Agent) -> ControlResult:
    """Let the agent finish its steps in flight and begin no new one."""
    changed = _want(Agent.objects.filter(pk=agent.pk), "paused", actor)
    return _tell_agent(Kind.AGENT_PAUSED, actor, agent, ControlResult(changed))


@transaction.atomic
def stop_agent(*, actor: Actor, agent: Agent) -> ControlResult:
    """Stop everything the agent does, now."""
    changed = _want(Agent.objects.filter(pk=agent.pk), "stopped", actor)
    count = _halt(Attempt.objects.filter(agent=agent), actor, f"{agent.name} was stopped by {actor.name}.")
    return _tell_agent(Kind.AGENT_STOPPED, actor, agent, ControlResult(changed, count))


@transaction.atomic
def stop_task(*, actor: Actor, task: Task) -> ControlResult:
    """Stop the work on one task and keep it from being taken up until it is resumed."""
    return _hold_task(actor, task, Kind.TASK_STOPPED, f"{STOPPED} {actor.name}.")


@transaction.atomic
def pause_task(*, actor: Actor, task: Task) -> ControlResult:
    """Hold a task: the step in flight is given up, everything finished is kept, nobody takes it up until it is resumed."""
    return _hold_task(actor, task, Kind.TASK_PAUSED, f"{PAUSED} {actor.name}.")


@transaction.atomic
def resume_task(*, actor: Actor, task: Task) -> ControlResult:
    """Let a stopped or paused task go on."""
    revived = _revive(Attempt.objects.filter(task=task), actor)
    now = timezone.now()
    freed = Task.objects.filter(pk=task.pk, status="blocked", open_dependencies=0).exclude(
        attempts__status__in=Attempt.LIVE
    )
    count = freed.update(status="ready", status_since=now, ready_at=now, reason="")
    if not revived and not count:
        raise Conflict(f"Task {task.pk} is not held, so there is nothing to resume.", hint="See what it waits for.")
    task.refresh_from_db()
    if count:
        record(fact_of_task(Kind.TASK_RESUMED, actor, task))
    bump(topics_of([task]))
    call_for_work()
    return ControlResult(True)


def _hold_task(actor: Actor, task: Task, kind: Kind, reason: str) -> ControlResult:
    count = _halt(Attempt.objects.filter(task=task), actor, reason)
    held = Task.objects.filter(pk=task.pk, status="ready").update(
        status="blocked", status_since=timezone.now(), reason=reason
    )
    if not count and not held:
        raise Conflict(f"Nobody works on task {task.pk}.", hint="Only ready or running tasks can be held.")
    task.refresh_from_db()
    if held:
        record(fact_of_task(kind, actor, task))
    bump(topics_of([task]))
    call_for_halt()
    return ControlResult(True, count)


def _want(rows: QuerySet[Swarm] | QuerySet[Agent], state: str, actor: Actor) -> bool:
    changed = rows.exclude(desired_state=state).update(
        desired_state=state, state_since=timezone.now(), state_by=actor.name
    )
    return bool(changed)


def _halt(attempts: QuerySet[Attempt], actor: Actor, reason: str) -> int:
    """Take ready and running attempts away. Waiting ones stay: they do nothing, and their answer may still come."""
    rows = lock_rows(attempts.filter(status__in=["ready", "running"]).select_related("task"))
    ids = [row.pk for row in rows]
    Attempt.objects.filter(pk__in=ids, status__in=["ready", "running"]).update(
        status="stopped", cell=None, fence=F("fence") + 1
    )
    tasks = [row.task for row in rows]
    Task.objects.filter(pk__in=[task.pk for task in tasks]).update(
        status="blocked", status_since=timezone.now(), reason=reason[:400]
    )
    settle_agents(row.agent_id for row in rows)
    record(fact_of_task(Kind.TASK_STOPPED, actor, row.task, attempt=row.n, steps=row.steps) for row in rows)
    bump(topics_of(tasks) | {f"agent:{row.agent_id}" for row in rows})
    return len(rows)


def _revive(attempts: QuerySet[Attempt], actor: Actor) -> int:
    rows = lock_rows(attempts.filter(status="stopped").select_related("task"))
    now = timezone.now()
    Attempt.objects.filter(pk__in=[row.pk for row in rows], status="stopped").update(
        status="ready", ready_at=now, fence=F("fence") + 1
    )
    Task.objects.filter(pk__in=[row.task_id for row in rows], status="blocked").update(
        status="in_progress", status_since=now, reason=""
    )
    settle_agents(row.agent_id for row in rows)
    record(fact_of_task(Kind.TASK_RESUMED, actor, row.task, attempt=row.n, after_step=row.steps) for row in rows)
    bump(topics_of(row.task for row in rows) | {f"agent:{row.agent_id}" for row in rows})
    return len(rows)


def _tell_swarm(kind: Kind, actor: Actor, swarm: Swarm, result: ControlResult) -> ControlResult:
    swarm.refresh_from_db()
    settle_agents(swarm.agents.filter(retired_at=None).values_list("pk", flat=True))
    if result.changed or result.stopped_attempts:
        record(
            Fact(
                kind,
                actor,
                "swarm",
                swarm.pk,
                swarm.name,
                workspace_ref=swarm.workspace_id,
                swarm_ref=swarm.pk,
                detail={"stopped_attempts": result.stopped_attempts},
            )
        )
    bump({"swarms", f"swarm:{swarm.pk}"})
    _call(kind)
    return result


def _tell_agent(kind: Kind, actor: Actor, agent: Agent, result: ControlResult) -> ControlResult:
    settle_agents([agent.pk])
    agent.refresh_from_db()
    if result.changed or result.stopped_attempts:
        record(
            Fact(
                kind,
                actor,
                "agent",
                agent.pk,
                agent.name,
                swarm_ref=agent.swarm_id,
                detail={"stopped_attempts": result.stopped_attempts},
            )
        )
    bump({"swarms", f"swarm:{agent.swarm_id}", f"agent:{agent.pk}"})
    _call(kind)
    return result


def _call(kind: Kind) -> None:
    if kind in (Kind.SWARM_STARTED, Kind.AGENT_RESUMED):
        call_for_work()
    else:
        call_for_halt()
