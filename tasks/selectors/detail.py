"""Everything a task's page shows beside the steps: what it hangs on, who tried it, what waits, what was recorded."""

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from agents.permissions import visible_to
from audit.models import AttentionItem, Entry
from audit.selectors import as_open_count, choose_open_count
from tasks.models import Attempt, Dependency, Task
from tasks.selectors.of_agents import is_any_cell_alive
from tasks.selectors.stopping import StopVerdict, judge_stops
from tasks.selectors.words import say_state
from victoros.lib.errors import NotFound
from victoros.lib.together import read_together
from victoros.lib.wording import say_word

SHOWN = 8
"""Rows of a side list before it only counts the rest."""
COUNTED = 50
"""Rows that are counted at most."""
MOST_ATTEMPTS = 100


@dataclass(frozen=True)
class Links:
    """Tasks of one kind around this one: the first few, and how many there are."""

    rows: list[Task] = field(default_factory=list)
    total: int = 0
    is_more: bool = False
    """Whether there may be more than `total`."""


@dataclass(frozen=True)
class Deed:
    """What somebody did to the task, once or several times in a row."""

    entry: Entry
    """The newest of them on record."""
    times: int
    first: int
    """The number of the oldest of them on record."""
    is_more: bool
    """Whether it may have been done more often than was counted."""

    @property
    def key(self) -> str:
        """Name its row; the same when it is done once more, so that no row has to make room."""
        return "earliest" if self.is_more else str(self.first)


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
    deeds: list[Deed]
    """The newest of the record."""
    open_items: int
    """How many items wait for the reader anywhere."""

    @property
    def stop(self) -> StopVerdict | None:
        """Whether what was taken from a cell has stopped."""
        return judge_stops(self.attempts)

    @property
    def latest(self) -> Attempt | None:
        """The newest attempt."""
        return self.attempts[0] if self.attempts else None

    @property
    def met(self) -> int:
        """How many acceptance items are met."""
        return sum(1 for item in self.task.acceptance if item.get("met"))


def find_task(user: Any, pk: int) -> Task:
    """Return a task `user` may look at; raise `NotFound` to anybody else."""
    rows = Task.objects.select_related("swarm", "swarm__workspace", "swarm__provider", "agent", "parent", "verifies")
    task = visible_to(user, rows).filter(pk=pk).first()
    if task is None:
        raise NotFound(
            _("There is no task %(pk)s, or you may not see it.") % {"pk": pk}, hint=_("Look at the list of tasks.")
        )
    return task


def list_attempts(task: Task) -> list[Attempt]:
    """Return the task's attempts with who made them, newest first; the newest hundred."""
    return list(_choose_attempts(task))


def _choose_attempts(task: Task) -> QuerySet[Attempt]:
    return Attempt.objects.filter(task=task).select_related("agent", "cell").order_by("-n")[:MOST_ATTEMPTS]


def choose_attempt(task: Task, attempts: list[Attempt], n: int | None) -> Attempt | None:
    """Return attempt `n`, or the newest; raise `NotFound` for a number that does not exist."""
    if n is None:
        return attempts[0] if attempts else None
    for attempt in attempts:
        if attempt.n == n:
            return attempt
    raise NotFound(
        _("Task %(pk)s has no attempt %(n)s.") % {"pk": task.pk, "n": n}, hint=_("Choose one from the task's page.")
    )


def read_detail(user: Any, task: Task) -> TaskDetail:
    """Gather what surrounds a task. The number of queries does not depend on the rows."""
    edges = Dependency.objects.filter(Q(task=task) | Q(on=task)).order_by("settled", "pk")
    near = Task.objects.filter(Q(parent=task) | Q(verifies=task)).select_related("agent").order_by("pk")
    items = AttentionItem.objects.filter(task_ref=task.pk, status="open").order_by("-severity", "pk")
    found = read_together(
        attempts=_choose_attempts(task),
        edges=edges.values_list("task_id", "on_id")[:COUNTED],
        near=near[:COUNTED],
        items=items[:SHOWN],
        deeds=_choose_deeds(task),
        open_items=choose_open_count(user),
    )
    waits_on = [on for row, on in found["edges"] if row == task.pk]
    blocks = [row for row, on in found["edges"] if on == task.pk]
    # By their numbers, not joined: nothing that PostgreSQL believes of its tables can make that slow.
    linked = Task.objects.in_bulk([*waits_on[:SHOWN], *blocks[:SHOWN]])
    family = {row.pk: row for row in found["near"]}
    return TaskDetail(
        task=task,
        waits_on=_links(waits_on, linked),
        blocks=_links(blocks, linked),
        subtasks=_links([row.pk for row in family.values() if row.parent_id == task.pk], family),
        checks=_links([row.pk for row in family.values() if row.verifies_id == task.pk], family),
        attempts=found["attempts"],
        waiting=found["items"],
        deeds=_as_deeds(found["deeds"])[:SHOWN],
        open_items=as_open_count(found["open_items"]),
    )


def list_deeds(task: Task) -> list[Deed]:
    """Return what the newest of the record tells about a task, newest first; the same by the same actor in a row is one deed."""
    return _as_deeds(list(_choose_deeds(task)))


def _choose_deeds(task: Task) -> QuerySet[Entry]:
    columns = ("kind", "actor_kind", "actor_ref", "actor_name", "at")
    return Entry.objects.filter(object_kind="task", object_ref=task.pk).only(*columns).order_by("-pk")[:COUNTED]


def _as_deeds(rows: list[Entry]) -> list[Deed]:
    alike = groupby(rows, lambda row: (row.kind, row.actor_kind, row.actor_ref, row.actor_name))
    groups = [list(found) for _who, found in alike]
    return [
        Deed(found[0], len(found), found[-1].pk, is_more=len(rows) == COUNTED and found[-1] is rows[-1])
        for found in groups
    ]


def explain_idleness(task: Task) -> str:
    """Say why nobody works on a task that was never tried. One query at most."""
    if task.status == Task.Status.BACKLOG:
        return _("It is in the backlog: agents do not see it until it is released.")
    if task.status == Task.Status.BLOCKED:
        return task.reason or _("It is blocked.")
    if task.status != Task.Status.READY:
        return _("It is %(task)s.") % {"task": say_state(task)}
    if task.swarm.desired_state != "running":
        return _("The swarm %(name)s is %(state)s. Start it, and free agents take their work.") % {
            "name": task.swarm.name,
            "state": say_word(task.swarm.desired_state),
        }
    if not is_any_cell_alive():
        return _("No cell is at work, so nobody takes it up. ./victor up starts them.")
    needs = _(" that can %(needs)s") % {"needs": ", ".join(task.needs)} if task.needs else ""
    return (
        _("It waits for %(name)s.") % {"name": task.agent.name}
        if task.pinned and task.agent
        else _("It waits for a free agent%(needs)s.") % {"needs": needs}
    )


def _links(ids: list[int], rows: dict[int, Task]) -> Links:
    return Links([rows[pk] for pk in ids[:SHOWN] if pk in rows], len(ids), len(ids) == COUNTED)
