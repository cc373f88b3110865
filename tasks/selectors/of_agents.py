"""What the pages of agents show of work; the functions `agents.work.WorkReader` describes."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min
from django.utils import timezone

from agents.models import Agent
from agents.work import CurrentWork, FinishedStep, Proof, ProofFact
from tasks.models import Attempt, Cell, Step, Task
from tasks.selectors.words import say_waiting

SLOW = timedelta(seconds=90)
"""A running attempt without a finished step for this long is late; for ten times as long, it does not advance."""
STEPS_FROM = 5
"""The newest steps are looked for in this many of the agent's newest attempts."""


def prove_agents(agents: Sequence[Agent]) -> dict[int, Proof]:
    """Return the three facts of each agent by its id. Three queries."""
    ids = [agent.pk for agent in agents]
    running = _by_agent(
        ids, "running", heartbeat=Max("cell__heartbeat_at"), stepped=Max("last_step_at"), began=Min("ready_at")
    )
    waiting = _by_agent(ids, "waiting", since=Min("waiting_since"))
    cells = Cell.objects.filter(status="alive", heartbeat_at__gte=_lease_start()).count()
    return {
        agent.pk: Proof(
            _prove_alive(agent, running.get(agent.pk), cells),
            _prove_advancing(running.get(agent.pk), waiting.get(agent.pk)),
            _prove_right(agent),
        )
        for agent in agents
    }


def list_current(agent_id: int, limit: int = 10) -> list[CurrentWork]:
    """Return unfinished attempts, running ones first."""
    rows = Attempt.objects.filter(agent=agent_id, status__in=Attempt.LIVE).select_related("task")
    order = ("running", "ready", "waiting", "stopped")
    attempts = sorted(rows.order_by("-pk")[: 5 * limit], key=lambda row: order.index(row.status))
    return [_as_current(attempt) for attempt in attempts[:limit]]


def list_steps(agent_id: int, limit: int = 10) -> list[FinishedStep]:
    """Return the newest finished steps of the agent's newest attempts."""
    newest = Attempt.objects.filter(agent=agent_id, steps__gt=0).order_by("-pk")
    attempts = list(newest.values_list("pk", flat=True)[:STEPS_FROM])
    rows = Step.objects.filter(attempt__in=attempts).select_related("attempt__task").defer("request", "result")
    return [_as_finished(step) for step in rows.order_by("-finished_at", "-n")[:limit]]


def count_tasks(swarm_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Return how many tasks of each swarm stand in each state that has any."""
    rows = Task.objects.filter(swarm__in=list(swarm_ids)).order_by().values_list("swarm", "status")
    counts: dict[int, dict[str, int]] = {}
    for swarm, status, count in rows.annotate(Count("pk")):
        counts.setdefault(swarm, {})[status] = count
    return counts


def _by_agent(ids: list[int], status: str, **figures: Any) -> dict[int, dict[str, Any]]:
    rows = Attempt.objects.filter(agent__in=ids, status=status).order_by().values("agent")
    return {row["agent"]: dict(row) for row in rows.annotate(count=Count("pk"), **figures)}


def _prove_alive(agent: Agent, running: dict[str, Any] | None, cells: int) -> ProofFact:
    """A lease is the proof of life. Who has no work holds none: then nobody can know."""
    if running:
        seen = running["heartbeat"]
        fresh = seen is not None and seen >= _lease_start()
        return ProofFact("alive", "yes" if fresh else "no", "heartbeat of the cell that drives it", seen)
    if agent.active and agent.desired_state == "running":
        return ProofFact(
            "alive", "late" if cells else "no", "has work that no cell has taken up" if cells else "no cell is alive"
        )
    return ProofFact("alive", "unknown", "holds no lease while it has nothing to run")


def _prove_advancing(running: dict[str, Any] | None, waiting: dict[str, Any] | None) -> ProofFact:
    if running:
        seen = running["stepped"] or running["began"]
        age = timezone.now() - seen
        state = "yes" if age < SLOW else "late" if age < 10 * SLOW else "no"
        source = "last finished step" if running["stepped"] else "no step finished since it began"
        return ProofFact("advancing", state, source, seen)
    if waiting:
        return ProofFact("advancing", "unknown", f"{waiting['count']} waiting, nothing running", waiting["since"])
    return ProofFact("advancing", "unknown", "nothing running")


def _prove_right(agent: Agent) -> ProofFact:
    """Only results that somebody else verified count; what the doer says of itself does not."""
    if not agent.done_count and not agent.failed_count:
        return ProofFact("right", "unknown", "nothing done yet")
    source = f"{agent.verified_count:,} of {agent.done_count:,} done verified by others"
    if agent.failed_count:
        source += f", {agent.failed_count:,} failed"
    if agent.verified_count:
        state = "yes" if agent.verified_count >= agent.failed_count else "late"
    else:
        state = "no" if agent.failed_count else "unknown"
    return ProofFact("right", state, source, agent.verified_at)


def _lease_start() -> Any:
    return timezone.now() - timedelta(seconds=settings.VICTOR_LEASE_S)


def _as_current(attempt: Attempt) -> CurrentWork:
    return CurrentWork(
        task_ref=attempt.task_id,
        title=attempt.task.title,
        status=attempt.status,
        since=(attempt.waiting_since if attempt.status == "waiting" else None) or attempt.ready_at,
        waits_for=say_waiting(attempt) if attempt.status == "waiting" else "",
        steps=attempt.steps,
        last_step_at=attempt.last_step_at,
    )


def _as_finished(step: Step) -> FinishedStep:
    return FinishedStep(
        ref=step.pk,
        task_ref=step.attempt.task_id,
        title=step.attempt.task.title,
        n=step.n,
        kind=step.kind,
        name=step.name,
        outcome=step.outcome,
        finished_at=step.finished_at,
        took_s=(step.finished_at - step.started_at).total_seconds(),
        tokens=step.tokens_in + step.tokens_out,
        cost_nanos=step.cost_nanos,
    )
