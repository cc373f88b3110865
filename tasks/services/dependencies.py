"""Which task waits for which. Who is waited for is locked, so that its end cannot slip between look and wait."""

from django.db import transaction

from audit.actors import Actor
from audit.events import Kind, record
from audit.topics import bump
from tasks.locking import lock_rows
from tasks.models import Attempt, Dependency, Task
from tasks.services.checks import refuse_cycle
from tasks.services.drafts import TaskDraft
from tasks.states import is_settled, succeeded
from tasks.transitions import fact_of_task, recount_dependencies, topics_of
from victoros.lib import clock
from victoros.lib.errors import Conflict
from victoros.lib.sentences import sentence


@transaction.atomic
def add_dependency(*, actor: Actor, task: Task, on: Task, accepts: str = "success") -> bool:
    """Make a task that has not started wait for another one. False when it already does."""
    refuse_cycle(task, [on])
    if task.status not in ("backlog", "ready", "blocked") or task.attempts.filter(status__in=Attempt.LIVE).exists():
        raise Conflict(
            sentence("Task %(pk)s has started or ended.") % {"pk": task.pk},
            hint=sentence("Dependencies are set before work begins."),
        )
    on = _lock_awaited([on])[on.pk]
    settled = is_settled(on) and (accepts == "ended" or succeeded(on))
    _, created = Dependency.objects.get_or_create(task=task, on=on, defaults={"accepts": accepts, "settled": settled})
    if created and not settled:
        recount_dependencies([task.pk])
        Task.objects.filter(pk=task.pk, status="ready").update(
            status="blocked", status_since=clock.now(), reason="It waits for other tasks."
        )
        record(fact_of_task(Kind.TASK_BLOCKED, actor, task, on=on.pk))
        bump(topics_of([task]))
    task.refresh_from_db()
    return created


def add_dependencies(pairs: list[tuple[Task, TaskDraft]]) -> None:
    """Let tasks that were just written wait for what their drafts name. The caller holds the transaction."""
    rows, blocked = [], []
    given = [item for _, draft in pairs for item in draft.depends_on]
    awaited = _lock_awaited([item[0] if isinstance(item, tuple) else item for item in given])
    for task, draft in pairs:
        wanted = [item if isinstance(item, tuple) else (item, "success") for item in draft.depends_on]
        refuse_cycle(task, [on for on, _ in wanted])
        for on, accepts in wanted:
            on = awaited[on.pk]
            settled = is_settled(on) and (accepts == "ended" or succeeded(on))
            rows.append(Dependency(task=task, on=on, accepts=accepts, settled=settled))
        task.open_dependencies = sum(not row.settled for row in rows if row.task is task)
        if task.open_dependencies:
            if task.status == Task.Status.READY:
                task.status, task.reason = Task.Status.BLOCKED, "It waits for other tasks."
            blocked.append(task)
    Dependency.objects.bulk_create(rows)
    Task.objects.bulk_update(blocked, ["open_dependencies", "status", "reason"])


def _lock_awaited(tasks: list[Task]) -> dict[int, Task]:
    """Return tasks as they are now, by id, and lock them."""
    return {row.pk: row for row in lock_rows(Task.objects.filter(pk__in=[task.pk for task in tasks]))} if tasks else {}
