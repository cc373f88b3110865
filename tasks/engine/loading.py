"""Reading an attempt back from its rows, journal included, so that it can begin or go on in this process."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from agents.llm.types import Connection
from agents.models import Provider
from agents.services.providers import connection_of
from tasks.engine.orders import AgentFacts, ApprovalFacts, EffectFacts, JournalStep, Order, SwarmFacts, TaskFacts
from tasks.models import Approval, Effect, Step
from tasks.models.attempt import is_suspect
from victoros.lib.errors import VictorError
from victoros.lib.statements import Answer, among, as_time, ask, given

_ATTEMPTS = """
SELECT a.id, a.n, a.fence, a.steps, a.deaths, a.unclear_deaths, a.waiting_ref, a.waiting_since, a.agent_id,
  t.id, t.title, t.text, t.kind, t.data, t.acceptance, t.parent_id, t.verifies_id, t.verify_need, t.reason,
  t.attempt_count, t.max_attempts
FROM tasks_attempt a JOIN tasks_task t ON t.id = a.task_id
WHERE {these} AND +a.cell_id = %s AND a.status = 'running'
"""
"""By task, of which one attempt at most is live: no plan is to go through all the cell's."""
_PROVIDER = """
COALESCE(g.provider_id, s.provider_id, (SELECT p.id FROM agents_provider p WHERE p.is_default AND p.archived_at IS NULL))
"""
_WORKERS = """
FROM agents_agent g JOIN agents_swarm s ON s.id = g.swarm_id
WHERE {these}
"""
_AGENTS = f"""
SELECT g.id, g.name, g.role, g.instructions, g.program, g.tools, s.id, s.name, s.policy, s.input_folder,
  {_PROVIDER}
{_WORKERS}
"""  # nosec B608: constants only
_PROVIDERS = f"""
SELECT id, name, kind, base_url, model, key_env, sealed_key, price_in_per_mtok, price_out_per_mtok, max_concurrent,
  total_concurrent, requests_per_min, tokens_per_min, timeout_s
FROM agents_provider WHERE id IN (SELECT {_PROVIDER} {_WORKERS})
"""  # nosec B608: constants only


_Reach = tuple[Connection | VictorError, float]
"""How to ask a provider, or why that is impossible; and how long it may take, in seconds."""


@dataclass(frozen=True)
class _Held:
    """What is read of an attempt and its task."""

    attempt_id: int
    n: int
    fence: int
    steps: int
    deaths: int
    unclear_deaths: int
    waited_ref: int | None
    waited_since: datetime | None
    agent_id: int
    task: TaskFacts


@dataclass(frozen=True)
class AskedOrders:
    """Orders on their way from the database."""

    task_ids: Sequence[int]
    held: Answer
    agents: Answer
    providers: Answer


def ask_for_orders(cell_id: int, task_ids: Sequence[int], agent_ids: Iterable[int]) -> AskedOrders | None:
    """Ask for the orders of those tasks that this cell holds; None for no tasks. The same few queries for one or a thousand."""
    if not task_ids:
        return None
    agents, these = given(agent_ids), among("g.id")
    return AskedOrders(
        task_ids,
        ask(_ATTEMPTS.format(these=among("a.task_id")), given(task_ids), cell_id),
        ask(_AGENTS.format(these=these), agents),
        ask(_PROVIDERS.format(these=these), agents),
    )


def read_orders(asked: AskedOrders | None) -> list[Order]:
    """Return the orders in the order of their tasks, with the journals of attempts that were begun before."""
    if asked is None:
        return []
    found = _read_held(asked.held)
    rows = [found[pk] for pk in asked.task_ids if pk in found]
    workers = _read_workers(asked.agents, _read_providers(asked.providers))
    begun = [row.attempt_id for row in rows if row.fence > 1]
    journal, approvals = _read_journal(begun), _read_approvals(begun)
    effects = _read_effects([row.task.id for row in rows if row.fence > 1 or row.n > 1])
    return [
        Order(
            attempt_id=row.attempt_id,
            n=row.n,
            fence=row.fence,
            steps=row.steps,
            deaths=row.deaths,
            is_suspect=is_suspect(row.deaths, row.unclear_deaths),
            waited_ref=row.waited_ref,
            waited_since=row.waited_since,
            task=row.task,
            agent=workers[row.agent_id][0],
            swarm=workers[row.agent_id][1],
            journal=tuple(journal.get(row.attempt_id, ())),
            approvals=approvals.get(row.attempt_id, {}),
            effects=effects.get(row.task.id, {}),
        )
        for row in rows
    ]


def _read_held(held: Answer) -> dict[int, _Held]:
    """Return what is held by its task."""
    rows = (
        _Held(pk, n, fence, steps, deaths, unclear, ref, as_time(since), agent_id, _task_facts(*task))
        for pk, n, fence, steps, deaths, unclear, ref, since, agent_id, *task in held.rows
    )
    return {row.task.id: row for row in rows}


def _task_facts(pk: int, title: str, text: str, kind: str, data: str, acceptance: str, *rest: Any) -> TaskFacts:
    return TaskFacts(pk, title, text, kind, json.loads(data), json.loads(acceptance), *rest)


def _read_workers(agents: Answer, providers: dict[int, _Reach]) -> dict[int, tuple[AgentFacts, SwarmFacts]]:
    """Return each agent with its swarm. Its own provider goes before the swarm's, and that before the default."""
    rows = agents.rows
    swarms = {row[6]: SwarmFacts(row[6], row[7], json.loads(row[8]), row[9]) for row in rows}
    found = {}
    for pk, name, role, instructions, program, tools, swarm_id, *_, provider_id in rows:
        connection, timeout_s = providers.get(provider_id, (None, 60.0))
        found[pk] = (
            AgentFacts(pk, name, role, instructions, program, json.loads(tools), connection, timeout_s),
            swarms[swarm_id],
        )
    return found


def _read_providers(providers: Answer) -> dict[int, _Reach]:
    rows = [_as_provider(*row) for row in providers.rows]
    return {row.pk: (_connect(row), float(row.timeout_s)) for row in rows}


def _as_provider(
    pk: int,
    name: str,
    kind: str,
    base_url: str,
    model: str,
    key_env: str,
    sealed: str,
    price_in: Any,
    price_out: Any,
    *limits: int,
) -> Provider:
    at_once, total, requests, tokens, timeout_s = limits
    return Provider(
        pk=pk,
        name=name,
        kind=kind,
        base_url=base_url,
        model=model,
        key_env=key_env,
        sealed_key=sealed,
        price_in_per_mtok=_as_price(price_in),
        price_out_per_mtok=_as_price(price_out),
        max_concurrent=at_once,
        total_concurrent=total,
        requests_per_min=requests,
        tokens_per_min=tokens,
        timeout_s=timeout_s,
    )


def _as_price(value: Any) -> Decimal | None:
    """Return a price as it is stored; SQLite keeps it as a float."""
    return None if value is None else Decimal(str(value))


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
            found[row.attempt_id][row.digest] = ApprovalFacts(row.pk, row.status, row.note, row.edited, row.decided_by)
    return found


def _read_effects(task_ids: list[int]) -> dict[int, dict[str, EffectFacts]]:
    """Return effects by task: an act of an earlier attempt counts for the next one too."""
    found: dict[int, dict[str, EffectFacts]] = defaultdict(dict)
    if task_ids:
        for row in Effect.objects.filter(attempt__task__in=task_ids).select_related("attempt"):
            found[row.attempt.task_id][row.key] = EffectFacts(row.key, row.status, row.result)
    return found


def _connect(provider: Provider) -> Connection | VictorError:
    """Return the connection, or why there is none: the attempt that needs it fails with it, the others do not."""
    try:
        return connection_of(provider)
    except VictorError as error:
        return error
