"""Everything a task's page shows beside the steps: what it hangs on, who tried it, what waits, what was recorded."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from agents.permissions import visible_to
from audit.models import AttentionItem, Entry
from tasks.models import Attempt, Dependency, Task
from tasks.selectors.words import say_state
from victoros.lib.errors import NotFound

SHOWN = 8
"""Rows of a side list before it only counts the rest."""
COUNTED = 50
"""Rows that are counted at most."""


@dataclass(frozen=True)
class Links:
    """Tasks of one kind around this one: the first few, and how many there are."""

    rows: list[Task] = field(default_factory=list)
    total: int = 0
    is_more: bool = False
    """Whether there may be more than `total`."""


@dataclass(frozen=True)
class TaskDetail:
    """A task with its surroundings."""

    task: Task
    waits_on: Links
    """What must end before it; the open ones come first."""
    blocks: Links
    """What waits for it."""
    subtasks: Links
    checks: Links
    """Tasks that verify this one's result."""
    attempts: list[Attempt]
    """Newest first."""
    waiting: list[AttentionItem]
    """What waits for a person, most pressing first."""
    entries: list[Entry]
    """The newest of the record."""

    @property
    def latest(self) -> Attempt | None:
        """The newest attempt."""
        return self.attempts[0] if self.attempts else None

    @property
    def met(self) -> int:
        """How many acceptance items are met."""
        return sum(1 for item in self.task.acceptance if item.get("met"))

    def choose_attempt(self, n: int | None) -> Attempt | None:
        """Return attempt `n`, or the newest; raise `NotFound` for a number that does not exist."""
        if n is None:
            return self.latest
        for attempt in self.attempts:
            if attempt.n == n:
                return attempt
        raise NotFound(f"Task {self.task.pk} has no attempt {n}.", hint="Choose one from the task's page.")


def find_task(user: Any, pk: int) -> Task:
    """Return a task `user` may look at; raise `NotFound` to anybody else."""
    rows = Task.objects.select_related("swarm", "swarm__workspace", "swarm__provider", "agent", "parent", "verifies")
    task = visible_to(user, rows).filter(pk=pk).first()
    if task is None:
        raise NotFound(f"There is no task {pk}, or you may not see it.", hint="Look at the list of tasks.")
    return task


def read_detail(task: Task, *, record_size: int = SHOWN) -> TaskDetail:
    """Gather what surrounds a task. The number of queries does not depend on the rows."""
    attempts = list(Attempt.objects.filter(task=task).select_related("agent", "cell").order_by("-n")[:100])
    dependencies = list(
        Dependency.objects.filter(Q(task=task) | Q(on=task))
        .select_related("task", "on")
        .order_by("settled", "pk")[:COUNTED]
    )
    family = list(
        Task.objects.filter(Q(parent=task) | Q(verifies=task)).select_related("agent").order_by("pk")[:COUNTED]
    )
    items = list(AttentionItem.objects.filter(task_ref=task.pk, status="open").order_by("-severity", "pk")[:SHOWN])
    return TaskDetail(
        task=task,
        waits_on=_links([row.on for row in dependencies if row.task_id == task.pk]),
        blocks=_links([row.task for row in dependencies if row.on_id == task.pk]),
        subtasks=_links([row for row in family if row.parent_id == task.pk]),
        checks=_links([row for row in family if row.verifies_id == task.pk]),
        attempts=attempts,
        waiting=items,
        entries=list(Entry.objects.filter(object_kind="task", object_ref=task.pk).order_by("-pk")[:record_size]),
    )


def explain_idleness(task: Task) -> str:
    """Say why nobody works on a task that was never tried."""
    if task.status == Task.Status.BACKLOG:
        return "It is in the backlog: agents do not see it until it is released."
    if task.status == Task.Status.BLOCKED:
        return task.reason or "It is blocked."
    if task.status != Task.Status.READY:
        return f"It is {say_state(task)}."
    if task.swarm.desired_state != "running":
        return f"The swarm {task.swarm.name} is {task.swarm.desired_state}. Start it, and free agents take their work."
    needs = f" that can {', '.join(task.needs)}" if task.needs else ""
    return f"It waits for {task.agent.name}." if task.pinned and task.agent else f"It waits for a free agent{needs}."


def _links(rows: list[Task]) -> Links:
    return Links(rows[:SHOWN], len(rows), len(rows) == COUNTED)
