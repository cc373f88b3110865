"""What follows from a change of state: dependents unblock, waiters wake, agents' counts are set right.

Everything here runs inside the caller's transaction and takes sets of ids, so that it costs the same statements for one
row or for a hundred.
"""

from collections.abc import Iterable

from django.db import connection
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from audit.actors import SYSTEM, Actor
from audit.attention import raise_item, settle_items
from audit.events import Fact, Kind, record
from tasks.locking import lock_rows
from tasks.models import Attempt, Dependency, Task
from tasks.states import is_settled, succeeded

_COUNT = """
UPDATE agents_agent SET
  active = (SELECT count(*) FROM tasks_attempt t WHERE t.agent_id = agents_agent.id AND t.status IN ('ready', 'running')),
  waiting = (SELECT count(*) FROM tasks_attempt t WHERE t.agent_id = agents_agent.id AND t.status = 'waiting')
WHERE id IN ({ids})
"""
_WANTED = "(desired_state, (SELECT w.desired_state FROM agents_swarm w WHERE w.id = agents_agent.swarm_id))"
_RUNS = "EXISTS (SELECT 1 FROM tasks_attempt t WHERE t.agent_id = agents_agent.id AND t.status = 'running')"
_STATUS = f"""CASE
  WHEN 'stopped' IN {_WANTED} THEN CASE WHEN active > 0 THEN 'shutting_down' ELSE 'stopped' END
  WHEN 'paused' IN {_WANTED} AND NOT {_RUNS} THEN 'paused'
  WHEN active > 0 THEN 'busy'
  WHEN waiting > 0 THEN 'waiting'
  ELSE 'idle' END"""

_DERIVE = f"UPDATE agents_agent SET status_since = %s, status = {_STATUS} WHERE id IN ({{ids}}) AND status <> {_STATUS}"  # nosec B608: constants only


def settle_agents(agent_ids: Iterable[int]) -> None:
    """Recount the live attempts of these agents and derive their status; counts are counted, never guessed."""
    ids = sorted(set(agent_ids))
    if not ids:
        return
    marks = ", ".join(["%s"] * len(ids))
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(ids=marks), ids)
        cursor.execute(_DERIVE.format(ids=marks), [now, *ids])


def facts_of_tasks(kind: Kind, actor: Actor, tasks: Iterable[Task], **detail: object) -> list[Fact]:
    """Return one audit fact for each task."""
    return [fact_of_task(kind, actor, task, **detail) for task in tasks]


def fact_of_task(kind: Kind, actor: Actor, task: Task, **detail: object) -> Fact:
    """Return the audit fact that this happened to the task."""
    return Fact(kind, actor, "task", task.pk, task.title, swarm_ref=task.swarm_id, detail=dict(detail))


def topics_of(tasks: Iterable[Task]) -> set[str]:
    """Return the live topics a change of these tasks moves."""
    topics = {"swarms"}
    for task in tasks:
        topics |= {f"task:{task.pk}", f"swarm:{task.swarm_id}"}
        if task.agent_id:
            topics.add(f"agent:{task.agent_id}")
    return topics


def settle_ended(task_ids: Iterable[int]) -> set[str]:
    """Follow up on tasks that just ended: unblock dependents, wake waiting attempts. Returns topics to bump."""
    ended = [task for task in Task.objects.filter(pk__in=list(task_ids)) if is_settled(task)]
    if not ended:
        return set()
    return _settle_dependencies(ended) | wake(waiting_for="subtask", refs=[task.pk for task in ended])


def wake(*, waiting_for: str, refs: Iterable[int], actor: Actor = SYSTEM) -> set[str]:
    """Return attempts that wait for one of `refs` to ready. Returns topics to bump."""
    return wake_attempts(Attempt.objects.filter(waiting_for=waiting_for, waiting_ref__in=list(refs)), actor=actor)


def wake_attempts(attempts: QuerySet[Attempt], *, actor: Actor = SYSTEM) -> set[str]:
    """Return the waiting ones among `attempts` to ready, so that a cell goes on with them. Returns topics to bump."""
    rows = lock_rows(attempts.filter(status="waiting").select_related("task"))
    if not rows:
        return set()
    now = timezone.now()
    ids = [row.pk for row in rows]
    Attempt.objects.filter(pk__in=ids, status="waiting").update(
        status="ready", fence=F("fence") + 1, waiting_for="", wake_at=None, ready_at=now
    )
    tasks = [row.task for row in rows]
    Task.objects.filter(pk__in=[task.pk for task in tasks], status="blocked").update(
        status="in_progress", status_since=now, reason=""
    )
    settle_agents(row.agent_id for row in rows)
    record(
        Fact(
            Kind.ATTEMPT_WOKEN,
            actor,
            "task",
            row.task_id,
            row.task.title,
            swarm_ref=row.swarm_id,
            detail={"attempt": row.n, "waited_for": row.waiting_for},
        )
        for row in rows
    )
    return topics_of(tasks) | {f"agent:{row.agent_id}" for row in rows}


def _settle_dependencies(ended: list[Task]) -> set[str]:
    good = {task.pk for task in ended if succeeded(task)}
    open_ones = Dependency.objects.filter(on__in=ended, settled=False)
    settled = list(open_ones.filter(Q(on__in=good) | Q(accepts="ended")).values_list("pk", "task_id"))
    Dependency.objects.filter(pk__in=[pk for pk, _ in settled]).update(settled=True)
    topics = _unblock({task_id for _, task_id in settled})
    return topics | _report_hopeless(
        open_ones.exclude(on__in=good).filter(accepts="success").select_related("task", "on")
    )


def _unblock(task_ids: set[int]) -> set[str]:
    if not task_ids:
        return set()
    lock_rows(Task.objects.filter(pk__in=task_ids))  # two ends at once: the later one must count after the earlier
    recount_dependencies(task_ids)
    free = list(Task.objects.filter(pk__in=task_ids, open_dependencies=0, status="blocked", attempts=None))
    now = timezone.now()
    Task.objects.filter(pk__in=[task.pk for task in free], status="blocked").update(
        status="ready", status_since=now, ready_at=now, reason=""
    )
    record(facts_of_tasks(Kind.TASK_READY, SYSTEM, free, why="its dependencies have ended"))
    told = sum(settle_items(actor=SYSTEM, object_kind="task", object_ref=task.pk, answer="unblocked") for task in free)
    return topics_of(free) | ({"attention"} if told else set())


def recount_dependencies(task_ids: Iterable[int]) -> None:
    """Set `open_dependencies` from the rows of `Dependency`."""
    ids = list(task_ids)
    counts = dict(
        Dependency.objects.filter(task__in=ids, settled=False).values_list("task").annotate(Count("pk")).order_by()
    )
    for number in set(counts.values()):
        Task.objects.filter(pk__in=[pk for pk, n in counts.items() if n == number]).update(open_dependencies=number)
    Task.objects.filter(pk__in=[pk for pk in ids if pk not in counts]).update(open_dependencies=0)


def _report_hopeless(dependencies: QuerySet[Dependency]) -> set[str]:
    """Tell a person about tasks that wait for something that will not come by itself."""
    topics: set[str] = set()
    for row in dependencies:
        reason = f"It waits for “{row.on.title}”, which {row.on.get_status_display()}."[:400]
        Task.objects.filter(pk=row.task_id, status="blocked").update(reason=reason)
        raise_item(
            actor=SYSTEM,
            kind="blocked",
            title=f"“{row.task.title}” cannot start",
            body=reason + " Retry that task, or cancel this one.",
            object_kind="task",
            object_ref=row.task_id,
            swarm_ref=row.task.swarm_id,
            task_ref=row.task_id,
        )
        topics |= topics_of([row.task]) | {"attention"}
    return topics
