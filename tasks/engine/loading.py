"""Reading an attempt back from its rows, journal included, so that it can begin or go on in this process."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from agents.llm.types import Connection
from agents.models import Agent, Provider, Swarm
from agents.services.providers import connection_of
from tasks.engine.orders import AgentFacts, ApprovalFacts, EffectFacts, JournalStep, Order, SwarmFacts, TaskFacts
from tasks.models import Approval, Attempt, Effect, Step, Task
from victoros.lib.errors import VictorError


def load_orders(cell_id: int, attempt_ids: Iterable[int]) -> list[Order]:
    """Return the orders of those attempts that this cell holds, as given. The same few queries for one or a thousand."""
    ids = list(attempt_ids)
    held = Attempt.objects.filter(pk__in=ids, cell_id=cell_id, status="running")
    found = held.select_related("task").in_bulk()
    rows = [found[pk] for pk in ids if pk in found]
    agents = Agent.objects.select_related("provider").in_bulk({row.agent_id for row in rows})
    swarms = Swarm.objects.select_related("provider").in_bulk({row.swarm_id for row in rows})
    for row in rows:
        row.agent, row.swarm = agents[row.agent_id], swarms[row.swarm_id]
    begun = [row.pk for row in rows if row.fence > 1]
    journal, approvals = _read_journal(begun), _read_approvals(begun)
    effects = _read_effects([row.task_id for row in rows if row.fence > 1 or row.n > 1])
    fallback = _find_default_provider(rows)
    connections: dict[int, Connection | VictorError] = {}
    return [
        Order(
            attempt_id=row.pk,
            n=row.n,
            fence=row.fence,
            steps=row.steps,
            deaths=row.deaths,
            waited_ref=row.waiting_ref,
            waited_since=row.waiting_since,
            task=_task_facts(row.task),
            agent=_agent_facts(row.agent, row.agent.provider or row.swarm.provider or fallback, connections),
            swarm=_swarm_facts(row.swarm),
            journal=tuple(journal.get(row.pk, ())),
            approvals=approvals.get(row.pk, {}),
            effects=effects.get(row.task_id, {}),
        )
        for row in rows
    ]


def _read_journal(attempt_ids: list[int]) -> dict[int, list[JournalStep]]:
    found: dict[int, list[JournalStep]] = defaultdict(list)
    if attempt_ids:
        rows = Step.objects.filter(attempt__in=attempt_ids).order_by("attempt_id", "n")
        for attempt_id, *fields in rows.values_list("attempt_id", "n", "kind", "name", "outcome", "result"):
            found[attempt_id].append(JournalStep(*fields))
    return found


def _read_approvals(attempt_ids: list[int]) -> dict[int, dict[str, ApprovalFacts]]:
    found: dict[int, dict[str, ApprovalFacts]] = defaultdict(dict)
    if attempt_ids:
        for row in Approval.objects.filter(attempt__in=attempt_ids):
            found[row.attempt_id][row.digest] = ApprovalFacts(row.pk, row.status, row.note)
    return found


def _read_effects(task_ids: list[int]) -> dict[int, dict[str, EffectFacts]]:
    """Return effects by task: an act of an earlier attempt counts for the next one too."""
    found: dict[int, dict[str, EffectFacts]] = defaultdict(dict)
    if task_ids:
        for row in Effect.objects.filter(attempt__task__in=task_ids).select_related("attempt"):
            found[row.attempt.task_id][row.key] = EffectFacts(row.key, row.status, row.result)
    return found


def _find_default_provider(rows: list[Attempt]) -> Provider | None:
    if all(row.agent.provider_id or row.swarm.provider_id for row in rows):
        return None
    return Provider.objects.filter(is_default=True, archived_at=None).first()


def _task_facts(task: Task) -> TaskFacts:
    return TaskFacts(
        id=task.pk,
        title=task.title,
        text=task.text,
        kind=task.kind,
        data=task.data,
        acceptance=task.acceptance,
        parent_id=task.parent_id,
        verifies_id=task.verifies_id,
        verify_need=task.verify_need,
        reason=task.reason,
        attempt_count=task.attempt_count,
        max_attempts=task.max_attempts,
    )


def _agent_facts(
    agent: Agent, provider: Provider | None, connections: dict[int, Connection | VictorError]
) -> AgentFacts:
    if provider is not None and provider.pk not in connections:
        connections[provider.pk] = _connect(provider)
    return AgentFacts(
        id=agent.pk,
        name=agent.name,
        role=agent.role,
        instructions=agent.instructions,
        program=agent.program,
        tools=list(agent.tools),
        connection=connections[provider.pk] if provider else None,
        timeout_s=float(provider.timeout_s) if provider else 60.0,
    )


def _connect(provider: Provider) -> Connection | VictorError:
    """Return the connection, or why there is none: the attempt that needs it fails with it, the others do not."""
    try:
        return connection_of(provider)
    except VictorError as error:
        return error


def _swarm_facts(swarm: Swarm) -> SwarmFacts:
    policy: dict[str, Any] = swarm.policy
    return SwarmFacts(id=swarm.pk, name=swarm.name, policy=policy, input_folder=swarm.input_folder)
