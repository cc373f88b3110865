"""Taking work: attempts that are ready to go on, then ready tasks for free agents. Set-based, by conditional updates."""

from collections import defaultdict
from collections.abc import Sequence

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast, Now
from django.utils import timezone

from agents.models import Agent
from audit import topics
from audit.actors import Actor
from audit.events import Fact, Kind, record
from tasks.engine.commit import renew_lease
from tasks.models import Attempt, Outbox, Task
from tasks.transitions import settle_agents

SUSPECT_DEATHS = 2
"""An attempt that was on this many processes when they died, without finishing a step between, is driven alone."""
ROUNDS = 5
Needs = tuple[str, ...]


def something_to_do() -> bool:
    """Tell by two index look-ups whether a claim could find anything."""
    return _ready_attempts().exists() or _ready_tasks().exists()


@transaction.atomic
def claim(cell_id: int, limit: int, *, alone: bool = True) -> list[int]:
    """Take up to `limit` attempts for this cell and return their ids; `alone`: the cell drives nothing else just now.

    Raises `CellDeclaredDead` when the cell's lease is gone. Marks the outbox as looked at.
    """
    with topics.gather():
        renew_lease(cell_id)
        Outbox.objects.filter(rung_at=None).update(rung_at=timezone.now())
        resumed = _take_ready_attempts(cell_id, limit, alone)
        begun = _begin_tasks(cell_id, limit - len(resumed)) if len(resumed) < limit else []
        return [*resumed, *begun]


def _ready_attempts() -> QuerySet[Attempt]:
    return Attempt.objects.filter(status="ready", agent__desired_state="running", swarm__desired_state="running")


def _ready_tasks() -> QuerySet[Task]:
    free = Agent.objects.filter(
        swarm=OuterRef("swarm"), desired_state="running", retired_at=None, active__lt=F("max_active")
    )
    return Task.objects.filter(
        Q(not_before=None) | Q(not_before__lte=Now()), Exists(free), status="ready", swarm__desired_state="running"
    )


def _locked(
    rows: "QuerySet[Attempt] | QuerySet[Task] | QuerySet[Agent]",
) -> "QuerySet[Attempt] | QuerySet[Task] | QuerySet[Agent]":
    """Skip rows another cell is taking (PostgreSQL); on SQLite there is only one writer anyway."""
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, of=("self",))
    return rows


def _take_ready_attempts(cell_id: int, limit: int, alone: bool) -> list[int]:
    ready = _ready_attempts().order_by("-priority", "ready_at", "id")
    ids = list(_locked(ready.filter(deaths__lt=SUSPECT_DEATHS)).values_list("pk", flat=True)[:limit])
    if not ids and alone:
        ids = list(_locked(ready.filter(deaths__gte=SUSPECT_DEATHS)).values_list("pk", flat=True)[:1])
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
    return [row.pk for row in rows]


def _begin_tasks(cell_id: int, limit: int) -> list[int]:
    """Match ready tasks with free agents; work nobody free can do is passed over, so that it blocks nobody else's."""
    begun: list[int] = []
    hopeless: list[tuple[int, Needs, int | None]] = []
    for _ in range(ROUNDS):
        rest = limit - len(begun)
        candidates = _find_candidates(rest, hopeless) if rest > 0 else []
        if not candidates:
            break
        pairs, unmatched = _match(candidates)
        begun += _begin(cell_id, pairs)
        hopeless += unmatched
        if len(candidates) < rest and not unmatched:
            break
    return begun


def _find_candidates(limit: int, hopeless: list[tuple[int, Needs, int | None]]) -> list[Task]:
    ready = _ready_tasks().order_by("-priority", "ready_at", "id")
    for swarm_id, needs, agent_id in hopeless:
        pinned = Q(agent_id=agent_id, pinned=True) if agent_id else Q(pinned=False)
        ready = ready.exclude(Q(swarm_id=swarm_id, needs=list(needs)) & pinned)
    fields = ("id", "swarm_id", "title", "needs", "priority", "agent_id", "pinned", "verifies_id")
    return list(_locked(ready.only(*fields))[:limit])


def _match(candidates: Sequence[Task]) -> tuple[list[tuple[Task, Agent]], list[tuple[int, Needs, int | None]]]:
    groups: dict[tuple[int, Needs, int | None], list[Task]] = defaultdict(list)
    for task in candidates:
        groups[(task.swarm_id, tuple(task.needs), task.agent_id if task.pinned else None)].append(task)
    pairs: list[tuple[Task, Agent]] = []
    taken: dict[int, int] = defaultdict(int)
    unmatched = []
    for group, tasks in groups.items():
        found = _pair(tasks, _find_free(group, len(tasks)), taken)
        pairs += found
        if len(found) < len(tasks):
            unmatched.append(group)
    return pairs, unmatched


def _find_free(group: tuple[int, Needs, int | None], most: int) -> list[Agent]:
    """Return the least loaded free agents that can do it, those that waited longest first."""
    swarm_id, needs, pinned_to = group
    free = Agent.objects.filter(
        swarm_id=swarm_id, desired_state="running", retired_at=None, active__lt=F("max_active")
    ).order_by("active", F("claimed_at").asc(nulls_first=True), "id")
    if pinned_to:
        free = free.filter(pk=pinned_to)
    if needs:
        free = free.annotate(can=Cast("capabilities", TextField()))
        for need in needs:
            free = free.filter(can__contains=f'"{need}"')
    return list(_locked(free.only("id", "name", "active", "max_active", "swarm_id"))[:most])


def _pair(tasks: list[Task], free: list[Agent], taken: dict[int, int]) -> list[tuple[Task, Agent]]:
    """Deal the tasks out one to each agent in turn until tasks or places are used up."""
    pairs: list[tuple[Task, Agent]] = []
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


def _begin(cell_id: int, pairs: list[tuple[Task, Agent]]) -> list[int]:
    if not pairs:
        return []
    counts = _mark_in_progress(pairs)
    pairs = [(task, agent) for task, agent in pairs if task.pk in counts]
    attempts = Attempt.objects.bulk_create(
        Attempt(
            task=task,
            agent=agent,
            swarm_id=task.swarm_id,
            n=counts[task.pk],
            status="running",
            cell_id=cell_id,
            priority=task.priority,
        )
        for task, agent in pairs
    )
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
    return [attempt.pk for attempt in attempts]


_MARK = """
WITH v(task, agent) AS (VALUES {rows})
UPDATE tasks_task SET status = 'in_progress', status_since = %s, agent_id = v.agent, attempt_count = attempt_count + 1,
  started_at = COALESCE(started_at, %s), not_before = NULL
FROM v WHERE tasks_task.id = v.task AND tasks_task.status = 'ready'
RETURNING tasks_task.id, tasks_task.attempt_count
"""


def _mark_in_progress(pairs: list[tuple[Task, Agent]]) -> dict[int, int]:
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
