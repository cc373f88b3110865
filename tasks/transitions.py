"""What follows from a change of state: dependents unblock, waiters wake, agents' counts are set right.

Everything here runs inside the caller's transaction and takes sets of ids, so that it costs the same statements for one
row or for a hundred.
"""

from collections.abc import Iterable

from django.db import connection
from django.db.models import Count, F, Q, QuerySet

from audit.actors import SYSTEM, Actor
from audit.attention import raise_item, settle_items
from audit.events import Fact, Kind, record
from tasks.engine.points import Point, reach
from tasks.locking import lock_rows
from tasks.models import Attempt, Dependency, Task
from tasks.states import is_settled, succeeded
from victoros.lib import clock, statements
from victoros.lib.sentences import sentence as _
from victoros.lib.wording import say_word

_LOCK_AGENTS = "SELECT id FROM agents_agent WHERE {these} ORDER BY id FOR NO KEY UPDATE"
_SETTLE = """
WITH counted AS MATERIALIZED (
  SELECT g.id AS agent, g.desired_state AS own, s.desired_state AS shared,
    (SELECT count(*) FROM tasks_attempt t WHERE t.agent_id = g.id AND t.status = 'ready') AS ready,
    (SELECT count(*) FROM tasks_attempt t WHERE t.agent_id = g.id AND t.status = 'running') AS running,
    (SELECT count(*) FROM tasks_attempt t WHERE t.agent_id = g.id AND t.status = 'waiting') AS waiting,
    (SELECT count(*) FROM tasks_attempt t WHERE t.agent_id = g.id AND t.status = 'waiting' AND t.waiting_for = 'quota') AS in_line
  FROM agents_agent g JOIN agents_swarm s ON s.id = g.swarm_id WHERE {these}),
derived AS (SELECT agent, ready + running + in_line AS active, waiting, CASE
  WHEN 'stopped' IN (own, shared) THEN CASE
    WHEN ready + running > 0 THEN 'shutting_down'
    WHEN EXISTS (SELECT 1 FROM tasks_recall r WHERE r.agent_id = agent) THEN 'shutting_down'
    ELSE 'stopped' END
  WHEN 'paused' IN (own, shared) AND running = 0 THEN 'paused'
  WHEN ready + running > 0 THEN 'busy'
  WHEN waiting > 0 THEN 'waiting'
  ELSE 'idle' END AS status FROM counted)
UPDATE agents_agent SET active = derived.active, waiting = derived.waiting, status = derived.status,
  status_since = CASE WHEN agents_agent.status = derived.status THEN agents_agent.status_since ELSE %s END {more}
FROM derived WHERE agents_agent.id = derived.agent
"""
_TAKEN_UP = ", claimed_at = %s"


def settle_agents(agent_ids: Iterable[int], *, took_up: bool = False) -> None:
    """Recount the live attempts of these agents and derive their status; counts are counted, never guessed.

    `took_up`: they have just taken up a task. The rows are locked first, so that what others have just committed is counted.
    """
    ids = sorted(set(agent_ids))
    if not ids:
        return
    given, now = statements.given(ids), clock.now()
    if connection.features.has_select_for_update:
        statements.tell(_LOCK_AGENTS.format(these=statements.among("id")), given)
    settle = _SETTLE.format(these=statements.among("g.id"), more=_TAKEN_UP if took_up else "")
    statements.tell(settle, given, now, *([now] if took_up else []))


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


_ANYBODY = """
SELECT EXISTS (SELECT 1 FROM tasks_dependency WHERE {on} AND NOT settled)
    OR EXISTS (SELECT 1 FROM tasks_attempt WHERE status = 'waiting' AND waiting_for = 'subtask' AND {ref})
"""


def settle_ended(task_ids: Iterable[int], awaited: statements.Answer | None = None) -> set[str]:
    """Follow up on tasks that just ended: unblock dependents, wake waiting attempts. Returns topics to bump.

    `awaited` comes from `ask_whether_awaited`.
    """
    ids = list(task_ids)
    if not ids or not (awaited or ask_whether_awaited(ids)).rows[0][0]:
        return set()
    ended = [task for task in Task.objects.filter(pk__in=ids) if is_settled(task)]
    if not ended:
        return set()
    return _settle_dependencies(ended) | wake(waiting_for="subtask", refs=[task.pk for task in ended])


def ask_whether_awaited(task_ids: Iterable[int]) -> statements.Answer:
    """Ask whether anything depends on these tasks or waits for them; most often nothing does. Their rows must be locked."""
    given = statements.given(task_ids)
    sql = _ANYBODY.format(on=statements.among("on_id"), ref=statements.among("waiting_ref"))
    return statements.ask(sql, given, given)


def wake(*, waiting_for: str, refs: Iterable[int], actor: Actor = SYSTEM) -> set[str]:
    """Return attempts that wait for one of `refs` to ready. Returns topics to bump."""
    return wake_attempts(Attempt.objects.filter(waiting_for=waiting_for, waiting_ref__in=list(refs)), actor=actor)


def wake_attempts(attempts: QuerySet[Attempt], *, actor: Actor = SYSTEM) -> set[str]:
    """Return the waiting ones among `attempts` to ready, so that a cell goes on with them. Returns topics to bump."""
    rows = lock_rows(attempts.filter(status="waiting").select_related("task"))
    if not rows:
        return set()
    now = clock.now()
    ids = [row.pk for row in rows]
    Attempt.objects.filter(pk__in=ids, status="waiting").update(
        status="ready", fence=F("fence") + 1, waiting_for="", wake_at=None, ready_at=now
    )
    reach(Point.ATTEMPT_WAKING)
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
    reach(Point.DEPENDENTS_FOUND)
    topics = _unblock({task_id for _, task_id in settled})
    return topics | _report_hopeless(
        open_ones.exclude(on__in=good).filter(accepts="success").select_related("task", "on")
    )


def _unblock(task_ids: set[int]) -> set[str]:
    if not task_ids:
        return set()
    lock_rows(Task.objects.filter(pk__in=task_ids))  # two ends at once: the later one must count after the earlier
    recount_dependencies(task_ids)
    free = list(
        Task.objects.filter(pk__in=task_ids, open_dependencies=0, status="blocked", attempts=None, held_at=None)
    )
    now = clock.now()
    Task.objects.filter(pk__in=[task.pk for task in free], status="blocked", held_at=None).update(
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
        reason = f"It waits for “{row.on.title}”, which is {row.on.status}."[:400]
        Task.objects.filter(pk=row.task_id, status="blocked").update(reason=reason)
        raise_item(
            actor=SYSTEM,
            kind="blocked",
            title=_("“%(title)s” cannot start") % {"title": row.task.title},
            body=_("It waits for “%(title)s”, which is %(status)s. Retry that task, or cancel this one.")
            % {"title": row.on.title, "status": say_word(row.on.status)},
            object_kind="task",
            object_ref=row.task_id,
            swarm_ref=row.task.swarm_id,
            task_ref=row.task_id,
        )
        topics |= topics_of([row.task]) | {"attention"}
    return topics
