"""Beginning tasks that were found ready, each with an agent for it, and that nobody else can change any more."""

from collections.abc import Iterable, Sequence

from audit import topics
from audit.actors import Actor
from audit.events import Fact, Kind, record
from tasks.engine.matching import Candidate, Free, Pair
from tasks.engine.points import Point, reach
from tasks.models import Attempt
from tasks.transitions import settle_agents
from victoros.lib import clock
from victoros.lib.inserting import add_rows
from victoros.lib.statements import numbers_given, tell

_MARK = """
WITH v(task, agent) AS ({rows})
UPDATE tasks_task SET status = 'in_progress', status_since = %s, agent_id = v.agent, attempt_count = attempt_count + 1,
  started_at = COALESCE(started_at, %s), not_before = NULL
FROM v WHERE tasks_task.id = v.task AND tasks_task.status || '' = 'ready'
"""
"""By id: the state stands in an expression, so that no plan goes through all ready tasks."""


def begin(cell_id: int, found: Sequence[tuple[int, Pair]]) -> None:
    """Begin them on this cell; `found` holds swarm ids with pairs of task and agent. Call inside a claim's transaction."""
    if not found:
        return
    _mark_in_progress([pair for _, pair in found])
    add_rows(Attempt, [_as_attempt(cell_id, swarm, task, agent) for swarm, (task, agent) in found])
    reach(Point.TASK_BEGINNING)
    settle_agents((agent.pk for _, (_, agent) in found), took_up=True)
    record(_fact(cell_id, swarm, task, agent) for swarm, (task, agent) in found)
    bump_taken((swarm, agent.pk, task.pk) for swarm, (task, agent) in found)


def bump_taken(work: Iterable[tuple[int, int, int]]) -> None:
    """Raise the versions of swarms, agents and tasks that were taken up."""
    names = {"swarms"}
    for swarm, agent, task in work:
        names |= {f"task:{task}", f"agent:{agent}", f"swarm:{swarm}"}
    topics.bump(names)


def _mark_in_progress(pairs: Sequence[Pair]) -> None:
    """Take the tasks for their agents."""
    at = clock.now()
    rows, numbers = numbers_given([(task.pk, agent.pk) for task, agent in pairs])
    tell(_MARK.format(rows=rows), *numbers, at, at)


def _as_attempt(cell_id: int, swarm: int, task: Candidate, agent: Free) -> Attempt:
    return Attempt(
        task_id=task.pk,
        agent_id=agent.pk,
        swarm_id=swarm,
        n=task.attempts + 1,
        status="running",
        cell_id=cell_id,
        priority=task.priority,
    )


def _fact(cell_id: int, swarm: int, task: Candidate, agent: Free) -> Fact:
    return Fact(
        Kind.TASK_CLAIMED,
        Actor("agent", agent.pk, agent.name),
        "task",
        task.pk,
        task.title,
        swarm_ref=swarm,
        detail={"attempt": task.attempts + 1, "cell": cell_id},
    )
