"""Taking work: attempts that are ready to go on, then ready tasks for free agents. Set-based, by conditional updates."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Count, Exists, F, Model, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Cast, Coalesce, Now
from django.utils import timezone

from agents.models import Agent, Swarm
from audit import topics
from audit.actors import Actor
from audit.events import Fact, Kind, record
from tasks.engine.commit import renew_lease
from tasks.engine.prepared import Build, fetch, is_any
from tasks.models import Attempt, Outbox, Task
from tasks.transitions import settle_agents
from victoros.lib.inserting import insert_rows

SUSPECT_DEATHS = 2
"""An attempt that was on this many processes when they died, without finishing a step between, is driven alone."""
ROUNDS = 5
WINDOW = 100
"""Tasks looked at in one round at least, however little room there is: the first of them may be for nobody who is free."""


R = TypeVar("R", bound=Model)


@dataclass(frozen=True)
class Candidate:
    """A task that may begin."""

    pk: int
    swarm_id: int
    title: str
    needs: str
    """As JSON."""
    priority: int
    agent_id: int | None
    pinned: bool
    barred: int | None


@dataclass(frozen=True)
class Group:
    """Tasks that the same agents can do."""

    swarm_id: int
    needs: tuple[str, ...]
    pinned_to: int | None
    barred: int | None
    """Who did what is to be verified here, and so must not judge it."""


def something_to_do() -> bool:
    """Tell by a few index look-ups whether a claim could find anything, or a call that nobody has answered."""
    return is_any(_one_attempt) or is_any(_one_task) or is_any(_one_call)


def _one_attempt() -> QuerySet[Any, Any]:
    return _ready_attempts().values_list("pk")[:1]


def _one_task() -> QuerySet[Any, Any]:
    return _ready_tasks().values_list("pk")[:1]


def _one_call() -> QuerySet[Any, Any]:
    return Outbox.objects.filter(rung_at=None).values_list("pk")[:1]


@transaction.atomic
def claim(cell_id: int, limit: int, *, alone: bool = True) -> list[int]:
    """Take up to `limit` attempts for this cell and return their ids; `alone`: the cell drives nothing else just now.

    Raises `CellDeclaredDead` when the cell's lease is gone. Marks the outbox as looked at.
    """
    with topics.gather():
        renew_lease(cell_id)
        Outbox.objects.filter(rung_at=None).update(rung_at=timezone.now())
        _hold_swarms()
        if alone and (suspects := _choose_attempts(_suspects, 1)):
            return _resume(cell_id, suspects)
        resumed = _resume(cell_id, _choose_attempts(_unsuspected, limit))
        begun = _begin_tasks(cell_id, limit - len(resumed)) if len(resumed) < limit else []
        return [*resumed, *begun]


def _ready_attempts() -> QuerySet[Attempt]:
    """Return attempts that may go on, of agents that have room for one more on the cells."""
    driven = Attempt.objects.filter(agent=OuterRef("agent"), status="running").order_by().values("agent")
    on_cells = Coalesce(Subquery(driven.annotate(n=Count("pk")).values("n")), 0)
    wanted = Attempt.objects.filter(status="ready", agent__desired_state="running", swarm__desired_state="running")
    return wanted.annotate(on_cells=on_cells, room=F("agent__max_active")).filter(on_cells__lt=F("room"))


def _suspects(limit: int) -> QuerySet[Any, Any]:
    return _in_order(_ready_attempts().filter(deaths__gte=SUSPECT_DEATHS), limit)


def _unsuspected(limit: int) -> QuerySet[Any, Any]:
    return _in_order(_ready_attempts().filter(deaths__lt=SUSPECT_DEATHS), limit)


def _in_order(ready: QuerySet[Any, Any], limit: int) -> QuerySet[Any, Any]:
    rows = _locked(ready.order_by("-priority", "ready_at", "id"))
    return rows.values_list("pk", "agent_id", "on_cells", "room")[:limit]


def _ready_tasks() -> QuerySet[Task]:
    """Return tasks that may begin, in swarms where somebody is free. The swarms are found once, not for every task."""
    free = Agent.objects.filter(
        swarm=OuterRef("pk"), desired_state="running", retired_at=None, active__lt=F("max_active")
    )
    swarms = Swarm.objects.filter(Exists(free), desired_state="running")
    return Task.objects.filter(
        Q(not_before=None) | Q(not_before__lte=Now()), status="ready", swarm__in=swarms.values("pk")
    )


_HOLD = """
SELECT id FROM agents_swarm s WHERE desired_state = 'running'
  AND EXISTS (SELECT 1 FROM tasks_task t WHERE t.swarm_id = s.id AND t.status = 'ready')
ORDER BY id FOR SHARE
"""


def _hold_swarms() -> None:
    """Make a stop of these swarms wait until this claim has committed: it must see the attempts that begin here."""
    if connection.features.has_select_for_update:
        with connection.cursor() as cursor:
            cursor.execute(_HOLD)


def _locked(rows: QuerySet[R]) -> QuerySet[R]:
    """Skip rows another cell is taking (PostgreSQL); on SQLite there is only one writer anyway."""
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return rows


def _choose_attempts(ready: Build, limit: int) -> list[int]:
    """Return ids by priority and age, no more of one agent than it may have on the cells at once."""
    chosen: list[int] = []
    taken: dict[int, int] = defaultdict(int)
    for pk, agent_id, on_cells, room in fetch(ready, max(limit, WINDOW)):
        if on_cells + taken[agent_id] < room and len(chosen) < limit:
            taken[agent_id] += 1
            chosen.append(pk)
    return chosen


def _resume(cell_id: int, ids: list[int]) -> list[int]:
    if not ids:
        return []
    Attempt.objects.filter(pk__in=ids, status="ready").update(status="running", cell_id=cell_id, fence=F("fence") + 1)
    rows = list(Attempt.objects.filter(pk__in=ids, cell_id=cell_id).select_related("task", "agent"))
    settle_agents(row.agent_id for row in rows)
    record(
        Fact(
            Kind.ATTEMPT_RESUMED,
            Actor("agent", row.agent_id, row.agent.name),
            "task",
            row.task_id,
            row.task.title,
            swarm_ref=row.swarm_id,
            detail={"attempt": row.n, "after_step": row.steps, "cell": cell_id},
        )
        for row in rows
    )
    _bump(rows)
    held = {row.pk for row in rows}
    return [pk for pk in ids if pk in held]


def _begin_tasks(cell_id: int, limit: int) -> list[int]:
    """Match ready tasks with free agents; work nobody free can do is passed over, so that it blocks nobody else's."""
    begun: list[int] = []
    hopeless: list[Group] = []
    for _ in range(ROUNDS):
        rest = limit - len(begun)
        window = max(rest, WINDOW)
        candidates = _find_candidates(window, hopeless) if rest > 0 else []
        if not candidates:
            break
        pairs, unmatched = _match(candidates, rest)
        begun += _begin(cell_id, pairs)
        hopeless += unmatched
        if len(candidates) < window and not unmatched:
            break
    return begun


def _find_candidates(limit: int, hopeless: list[Group]) -> list[Candidate]:
    rows = _candidates(limit, hopeless) if hopeless else fetch(_candidates, limit)
    return [Candidate(*row) for row in rows]


def _candidates(limit: int, hopeless: Sequence[Group] = ()) -> QuerySet[Any, Any]:
    ready = _locked(_ready_tasks().order_by("-priority", "ready_at", "id"))
    for group in hopeless:
        ready = ready.exclude(_belongs_to(group))
    text = ready.annotate(needs_text=Cast("needs", TextField()))
    return text.values_list(
        "pk", "swarm_id", "title", "needs_text", "priority", "agent_id", "pinned", "verifies__agent_id"
    )[:limit]


def _belongs_to(group: Group) -> Q:
    pinned = Q(agent_id=group.pinned_to, pinned=True) if group.pinned_to else Q(pinned=False)
    judged = Q(verifies__agent_id=group.barred) if group.barred else Q(verifies__agent_id__isnull=True)
    return Q(swarm_id=group.swarm_id, needs=list(group.needs)) & pinned & judged


def _group_of(task: Candidate) -> Group:
    needs = tuple(json.loads(task.needs)) if task.needs != "[]" else ()
    return Group(task.swarm_id, needs, task.agent_id if task.pinned else None, task.barred)


def _match(candidates: Sequence[Candidate], limit: int) -> tuple[list[tuple[Candidate, Agent]], list[Group]]:
    """Return at most `limit` pairs, the most urgent first, and the groups for which nobody was left."""
    groups: dict[Group, list[Candidate]] = defaultdict(list)
    for task in candidates:
        groups[_group_of(task)].append(task)
    pairs: list[tuple[Candidate, Agent]] = []
    taken: dict[int, int] = defaultdict(int)
    unmatched = []
    for group, tasks in groups.items():
        found = _pair(tasks, _find_free(group, len(tasks) + len(taken)), taken)
        pairs += found
        if len(found) < len(tasks):
            unmatched.append(group)
    place = {task.pk: n for n, task in enumerate(candidates)}
    return sorted(pairs, key=lambda pair: place[pair[0].pk])[:limit], unmatched


def _find_free(group: Group, most: int) -> list[Agent]:
    """Return the least loaded free agents that can do it, those that waited longest first."""
    free = Agent.objects.filter(
        swarm_id=group.swarm_id, desired_state="running", retired_at=None, active__lt=F("max_active")
    ).order_by("active", F("claimed_at").asc(nulls_first=True), "id")
    if group.pinned_to:
        free = free.filter(pk=group.pinned_to)
    if group.barred:
        free = free.exclude(pk=group.barred)
    if group.needs:
        free = free.annotate(can=Cast("capabilities", TextField()))
        for need in group.needs:
            free = free.filter(can__contains=f'"{need}"')
    return list(_locked(free.only("id", "name", "active", "max_active", "swarm_id"))[:most])


def _pair(tasks: list[Candidate], free: list[Agent], taken: dict[int, int]) -> list[tuple[Candidate, Agent]]:
    """Deal the tasks out one to each agent in turn until tasks or places are used up."""
    pairs: list[tuple[Candidate, Agent]] = []
    waiting = list(tasks)
    while waiting:
        dealt = len(pairs)
        for agent in free:
            if waiting and agent.active + taken[agent.pk] < agent.max_active:
                taken[agent.pk] += 1
                pairs.append((waiting.pop(0), agent))
        if len(pairs) == dealt:
            break
    return pairs


def _begin(cell_id: int, pairs: list[tuple[Candidate, Agent]]) -> list[int]:
    if not pairs:
        return []
    counts = _mark_in_progress(pairs)
    pairs = [(task, agent) for task, agent in pairs if task.pk in counts]
    attempts = [
        Attempt(
            task_id=task.pk,
            agent=agent,
            swarm_id=task.swarm_id,
            n=counts[task.pk],
            status="running",
            cell_id=cell_id,
            priority=task.priority,
        )
        for task, agent in pairs
    ]
    ids = insert_rows(Attempt, attempts)
    Agent.objects.filter(pk__in={agent.pk for _, agent in pairs}).update(claimed_at=timezone.now())
    settle_agents(agent.pk for _, agent in pairs)
    record(
        Fact(
            Kind.TASK_CLAIMED,
            Actor("agent", agent.pk, agent.name),
            "task",
            task.pk,
            task.title,
            swarm_ref=task.swarm_id,
            detail={"attempt": counts[task.pk], "cell": cell_id},
        )
        for task, agent in pairs
    )
    _bump(attempts)
    return ids


_MARK = """
WITH v(task, agent) AS (VALUES {rows})
UPDATE tasks_task SET status = 'in_progress', status_since = %s, agent_id = v.agent, attempt_count = attempt_count + 1,
  started_at = COALESCE(started_at, %s), not_before = NULL
FROM v WHERE tasks_task.id = v.task AND tasks_task.status = 'ready'
RETURNING tasks_task.id, tasks_task.attempt_count
"""


def _mark_in_progress(pairs: list[tuple[Candidate, Agent]]) -> dict[int, int]:
    """Take the tasks for their agents; returns the attempt number of each that was still ready."""
    now = timezone.now()
    values = [value for task, agent in pairs for value in (task.pk, agent.pk)]
    with connection.cursor() as cursor:
        cursor.execute(_MARK.format(rows=", ".join(["(%s, %s)"] * len(pairs))), [*values, now, now])
        return dict(cursor.fetchall())


def _bump(attempts: Sequence[Attempt]) -> None:
    names = {"swarms"}
    for row in attempts:
        names |= {f"task:{row.task_id}", f"agent:{row.agent_id}", f"swarm:{row.swarm_id}"}
    topics.bump(names)
