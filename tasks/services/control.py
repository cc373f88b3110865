"""Pause, resume and stop of agents, tasks and whole swarms.

Pause lets the step in flight finish. Stop takes every attempt away at once: its fence rises, so nothing it does later is
accepted. Both keep the journal; what was stopped goes on at its last finished step.
"""

from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import F, QuerySet

from agents.models import Agent, Swarm
from audit.actors import Actor
from audit.attention import settle_items
from audit.events import Fact, Kind, record
from audit.topics import bump, gather
from tasks.engine.points import Point, reach
from tasks.locking import lock_rows
from tasks.models import Attempt, Task
from tasks.recalls import recall
from tasks.transitions import fact_of_task, settle_agents, topics_of
from tasks.wakeups import call_for_halt, call_for_work
from victoros.lib import clock
from victoros.lib.database import again_after_deadlock
from victoros.lib.errors import Conflict
from victoros.lib.sentences import sentence as _


@dataclass(frozen=True)
class ControlResult:
    """Whether the desired state changed, and how many attempts were taken from their cells."""

    changed: bool
    stopped_attempts: int = 0


@again_after_deadlock
@transaction.atomic
def start_swarm(*, actor: Actor, swarm: Swarm) -> ControlResult:
    """Let a paused or stopped swarm work; what was stopped with it goes on. Events: `swarm.started`."""
    changed = _want(Swarm.objects.filter(pk=swarm.pk), "running", actor)
    said = "The swarm was started."
    if settle_items(actor=actor, kind="over_budget", object_kind="swarm", object_ref=swarm.pk, answer=said):
        bump({"attention"})
    _revive(Attempt.objects.filter(swarm=swarm, agent__desired_state="running", task__held_at=None), actor)
    return _tell_swarm(Kind.SWARM_STARTED, actor, swarm, ControlResult(changed))


@transaction.atomic
def pause_swarm(*, actor: Actor, swarm: Swarm) -> ControlResult:
    """Let the swarm finish the steps in flight and begin no new one. Events: `swarm.paused`."""
    changed = _want(Swarm.objects.filter(pk=swarm.pk), "paused", actor)
    return _tell_swarm(Kind.SWARM_PAUSED, actor, swarm, ControlResult(changed))


@again_after_deadlock
@transaction.atomic
def stop_swarm(*, actor: Actor, swarm: Swarm) -> ControlResult:
    """Stop everything the swarm does, now. Safe to repeat. Events: `swarm.stopped`, `task.stopped` for each task."""
    with gather():  # topics last, as whoever gives its word does
        changed = _want(Swarm.objects.filter(pk=swarm.pk), "stopped", actor)
        count = _halt(Attempt.objects.filter(swarm=swarm), actor, f"The swarm was stopped by {actor.name}.")
        return _tell_swarm(Kind.SWARM_STOPPED, actor, swarm, ControlResult(changed, count))


@again_after_deadlock
@transaction.atomic
def resume_agent(*, actor: Actor, agent: Agent) -> ControlResult:
    """Let a paused or stopped agent work again."""
    changed = _want(Agent.objects.filter(pk=agent.pk), "running", actor)
    going = Attempt.objects.filter(agent=agent, swarm__desired_state__in=["running", "paused"])
    _revive(going.filter(task__held_at=None), actor)
    return _tell_agent(Kind.AGENT_RESUMED, actor, agent, ControlResult(changed))


@again_after_deadlock
@transaction.atomic
def restart_agent(*, actor: Actor, agent: Agent) -> ControlResult:
    """Take everything the agent does away and let it go on at the last finished steps. Events: of a stop, then of a resume."""
    stopped = stop_agent(actor=actor, agent=agent)
    resume_agent(actor=actor, agent=agent)
    return ControlResult(True, stopped.stopped_attempts)


@transaction.atomic
def pause_agent(*, actor: Actor, agent: Agent) -> ControlResult:
    """Let the agent finish its steps in flight and begin no new one."""
    changed = _want(Agent.objects.filter(pk=agent.pk), "paused", actor)
    return _tell_agent(Kind.AGENT_PAUSED, actor, agent, ControlResult(changed))


@again_after_deadlock
@transaction.atomic
def stop_agent(*, actor: Actor, agent: Agent) -> ControlResult:
    """Stop everything the agent does, now."""
    changed = _want(Agent.objects.filter(pk=agent.pk), "stopped", actor)
    count = _halt(Attempt.objects.filter(agent=agent), actor, f"{agent.name} was stopped by {actor.name}.")
    return _tell_agent(Kind.AGENT_STOPPED, actor, agent, ControlResult(changed, count))


@again_after_deadlock
@transaction.atomic
def stop_task(*, actor: Actor, task: Task) -> ControlResult:
    """Stop the work on one task and keep it from being taken up until it is resumed."""
    return _hold_task(actor, task, Kind.TASK_STOPPED, f"Stopped by {actor.name}.")


@again_after_deadlock
@transaction.atomic
def pause_task(*, actor: Actor, task: Task) -> ControlResult:
    """Hold a task: the step in flight is given up, everything finished is kept, nobody takes it up until it is resumed."""
    return _hold_task(actor, task, Kind.TASK_PAUSED, f"Paused by {actor.name}.")


@again_after_deadlock
@transaction.atomic
def resume_task(*, actor: Actor, task: Task) -> ControlResult:
    """Let a stopped or paused task go on."""
    revived = _revive(Attempt.objects.filter(task=task), actor)
    now = clock.now()
    freed = Task.objects.filter(pk=task.pk, status="blocked", open_dependencies=0).exclude(
        attempts__status__in=Attempt.LIVE
    )
    count = freed.update(status="ready", status_since=now, ready_at=now, reason="", held_at=None)
    lifted = not revived and not count and _lift_hold(task)
    if not revived and not count and not lifted:
        raise Conflict(
            _("Task %(pk)s is not held, so there is nothing to resume.") % {"pk": task.pk},
            hint=_("See what it waits for."),
        )
    task.refresh_from_db()
    if count or lifted:
        record(fact_of_task(Kind.TASK_RESUMED, actor, task))
    bump(topics_of([task]))
    call_for_work()
    return ControlResult(True)


def _lift_hold(task: Task) -> bool:
    """Let a task that also waits for others go on when they have ended."""
    held = Task.objects.filter(pk=task.pk, status="blocked", held_at__isnull=False)
    return bool(held.update(held_at=None, reason="It waits for other tasks."))


def _hold_task(actor: Actor, task: Task, kind: Kind, reason: str) -> ControlResult:
    count = _halt(Attempt.objects.filter(task=task), actor, reason)
    held = Task.objects.filter(pk=task.pk, status="ready").update(
        status="blocked", status_since=clock.now(), reason=reason
    )
    if not count and not held:
        raise Conflict(
            _("Nobody works on task %(pk)s.") % {"pk": task.pk}, hint=_("Only ready or running tasks can be held.")
        )
    Task.objects.filter(pk=task.pk).update(held_at=clock.now())
    task.refresh_from_db()
    if held:
        record(fact_of_task(kind, actor, task))
    bump(topics_of([task]))
    call_for_halt()
    return ControlResult(True, count)


def _want(rows: QuerySet[Swarm] | QuerySet[Agent], state: str, actor: Actor) -> bool:
    changed = rows.exclude(desired_state=state).update(
        desired_state=state, state_since=clock.now(), state_by=actor.name
    )
    return bool(changed)


def _halt(attempts: QuerySet[Attempt], actor: Actor, reason: str) -> int:
    """Take ready and running attempts away. Waiting ones stay: they do nothing, and their answer may still come."""
    rows = lock_rows(attempts.filter(status__in=["ready", "running"]).select_related("task"))
    ids = [row.pk for row in rows]
    recall(rows)
    Attempt.objects.filter(pk__in=ids, status__in=["ready", "running"]).update(
        status="stopped", cell=None, fence=F("fence") + 1
    )
    reach(Point.ATTEMPTS_HALTING)
    tasks = [row.task for row in rows]
    Task.objects.filter(pk__in=[task.pk for task in tasks]).update(
        status="blocked", status_since=clock.now(), reason=reason[:400]
    )
    settle_agents(row.agent_id for row in rows)
    record(fact_of_task(Kind.TASK_STOPPED, actor, row.task, attempt=row.n, steps=row.steps) for row in rows)
    bump(topics_of(tasks) | {f"agent:{row.agent_id}" for row in rows})
    return len(rows)


def _revive(attempts: QuerySet[Attempt], actor: Actor) -> int:
    rows = lock_rows(attempts.filter(status="stopped").select_related("task"))
    now = clock.now()
    Attempt.objects.filter(pk__in=[row.pk for row in rows], status="stopped").update(
        status="ready", ready_at=now, fence=F("fence") + 1, let_go_at=None, let_go_how=""
    )
    reach(Point.ATTEMPTS_REVIVING)
    Task.objects.filter(pk__in=[row.task_id for row in rows], status="blocked").update(
        status="in_progress", status_since=now, reason="", held_at=None
    )
    settle_agents(row.agent_id for row in rows)
    record(fact_of_task(Kind.TASK_RESUMED, actor, row.task, attempt=row.n, after_step=row.steps) for row in rows)
    bump(topics_of(row.task for row in rows) | {f"agent:{row.agent_id}" for row in rows})
    return len(rows)


def _tell_swarm(kind: Kind, actor: Actor, swarm: Swarm, result: ControlResult) -> ControlResult:
    settle_agents(swarm.agents.filter(retired_at=None).values_list("pk", flat=True))
    swarm.refresh_from_db()
    fact = Fact(kind, actor, "swarm", swarm.pk, swarm.name, workspace_ref=swarm.workspace_id, swarm_ref=swarm.pk)
    return _tell(fact, {"swarms", f"swarm:{swarm.pk}"}, result)


def _tell_agent(kind: Kind, actor: Actor, agent: Agent, result: ControlResult) -> ControlResult:
    settle_agents([agent.pk])
    agent.refresh_from_db()
    fact = Fact(kind, actor, "agent", agent.pk, agent.name, swarm_ref=agent.swarm_id)
    return _tell(fact, {"swarms", f"swarm:{agent.swarm_id}", f"agent:{agent.pk}"}, result)


def _tell(fact: Fact, topics: set[str], result: ControlResult) -> ControlResult:
    """Leave the entry of an act that changed something, and wake pages and cells in any case."""
    if result.changed or result.stopped_attempts:
        record(replace(fact, detail={"stopped_attempts": result.stopped_attempts}))
    bump(topics)
    if fact.kind in (Kind.SWARM_STARTED, Kind.AGENT_RESUMED):
        call_for_work()
    else:
        call_for_halt()
    return result
