"""Making tasks, by hand or by an agent's wish: one or many in one transaction, each key once."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from agents.models import Swarm
from audit.actors import Actor
from audit.events import Kind, record
from audit.topics import bump
from tasks.engine.points import Point, reach
from tasks.models import Task
from tasks.services.checks import (
    ask_for_room,
    check_deadline,
    check_draft,
    check_number,
    check_room,
    clean_acceptance,
    clean_needs,
)
from tasks.services.dependencies import add_dependencies
from tasks.services.drafts import TaskDraft
from tasks.titles import remember_titles
from tasks.transitions import facts_of_tasks, topics_of
from tasks.wakeups import call_for_work
from victoros.lib.errors import InvalidInput
from victoros.lib.inserting import insert_rows
from victoros.lib.sentences import sentence


def create_task(*, actor: Actor, swarm: Swarm, title: str, **fields: Any) -> Task:
    """Create one task; the same `key` again returns the task made the first time, unchanged."""
    return create_tasks(actor=actor, swarm=swarm, drafts=[TaskDraft(title=title, **fields)])[0]


@transaction.atomic
def create_tasks(*, actor: Actor, swarm: Swarm, drafts: Sequence[TaskDraft]) -> list[Task]:
    """Create tasks in bulk, in the order given. Events: `task.created`."""
    for draft in drafts:
        check_draft(swarm, draft)
    known = _find_by_key(swarm, drafts)
    fresh = [draft for draft in drafts if draft.key not in known]
    check_number(len(fresh))
    for draft in fresh:
        check_deadline(draft.deadline)
    before = ask_for_room(swarm)
    made = _insert([_as_row(actor, swarm, draft) for draft in fresh])
    check_room(swarm, len(fresh), before)
    add_dependencies(list(zip(made, fresh, strict=True)))
    reach(Point.TASK_CREATING)
    record(facts_of_tasks(Kind.TASK_CREATED, actor, made))
    if made:
        call_for_work()
        bump(topics_of(made))
    rows = iter(made)
    return [known[draft.key] if draft.key in known else next(rows) for draft in drafts]


def _find_by_key(swarm: Swarm, drafts: Sequence[TaskDraft]) -> dict[str | None, Task]:
    keys = [draft.key for draft in drafts if draft.key]
    if len(keys) != len(set(keys)):
        raise InvalidInput(
            sentence("Two tasks in one request have the same key."), hint=sentence("A key names one task.")
        )
    return {row.key: row for row in Task.objects.filter(swarm=swarm, key__in=keys)} if keys else {}


def _insert(rows: list[Task]) -> list[Task]:
    for row, pk in zip(rows, insert_rows(Task, rows), strict=True):
        row.pk, row._state.adding = pk, False
    remember_titles((row.pk, row.title) for row in rows)
    return rows


def _as_row(actor: Actor, swarm: Swarm, draft: TaskDraft) -> Task:
    return Task(
        swarm=swarm,
        parent=draft.parent,
        title=draft.title.strip(),
        text=draft.text,
        kind=draft.kind,
        data=draft.data,
        priority=draft.priority,
        needs=clean_needs(draft.needs),
        acceptance=clean_acceptance(draft.acceptance),
        status=Task.Status.BACKLOG if draft.backlog else Task.Status.READY,
        agent=draft.agent,
        pinned=draft.agent is not None,
        verify_need=draft.verify_need,
        verifies=draft.verifies,
        deadline=draft.deadline,
        max_attempts=draft.max_attempts,
        key=draft.key,
        created_by=actor.name,
    )
