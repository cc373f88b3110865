"""Swarms as lists and pages need them. The number of queries does not grow with the rows."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from agents.models import Agent, Swarm, Workspace
from agents.permissions import ADMINISTER, VIEW, scope_of_user, visible_to
from agents.selectors.choices import PAGE, Choice
from agents.work import work_reader
from audit.models import AttentionItem
from audit.selectors import as_open_count, choose_open_count
from victoros.lib.errors import NotFound
from victoros.lib.paging import Order, read_page
from victoros.lib.together import read_together

STATES = ("running", "paused", "stopped")
MOST_CHOOSABLE = 200
"""Swarms that a list offers to be narrowed to."""


@dataclass(frozen=True)
class SwarmLine:
    """One swarm in the list."""

    swarm: Swarm
    agents: int
    busy: int
    tasks: dict[str, int]
    waits_for_person: int

    @property
    def open_tasks(self) -> int:
        """How many tasks are neither done nor given up."""
        return sum(self.tasks.get(state, 0) for state in ("backlog", "ready", "in_progress", "blocked"))

    @property
    def all_tasks(self) -> int:
        """How many tasks there are in any state."""
        return sum(self.tasks.values())


@dataclass(frozen=True)
class SwarmPage:
    """One page of the list."""

    rows: list[SwarmLine]
    total: int
    next: str
    previous: str = ""


def find_swarm(user: Any, pk: int) -> Swarm:
    """Return a swarm `user` may look at; raise `NotFound` to anybody else."""
    rows = Swarm.objects.select_related("workspace", "provider")
    swarm = visible_to(user, rows, "pk").filter(pk=pk).first()
    if swarm is None:
        raise NotFound(
            _("There is no swarm %(pk)s, or you may not see it.") % {"pk": pk}, hint=_("Look at the list of swarms.")
        )
    return swarm


def list_swarms(user: Any, choice: Choice) -> SwarmPage:
    """Return a page of the swarms `user` may look at, newest first. Five queries beside the rights."""
    chosen = visible_to(user, Swarm.objects.filter(archived_at=None).select_related("workspace"), "pk")
    if choice.state:
        chosen = chosen.filter(desired_state=choice.state)
    if choice.search:
        chosen = chosen.filter(name__icontains=choice.search)
    page = read_page(chosen, Order(), after=choice.after, before=choice.before, size=PAGE)
    return SwarmPage(_as_lines(page.rows), chosen.count(), page.after, page.before)


def list_choosable_swarms(user: Any, action: str = "view", most: int = MOST_CHOOSABLE) -> list[Swarm]:
    """Return swarms by name for a list to choose from."""
    return list(_choose_by_name(user, action, most))


def read_surroundings(user: Any) -> tuple[list[Swarm], int]:
    """Return the swarms that a list can be narrowed to, and how many items wait for the reader. One query beside the rights."""
    found = read_together(swarms=_choose_by_name(user, VIEW, MOST_CHOOSABLE), items=choose_open_count(user))
    return found["swarms"], as_open_count(found["items"])


def has_any(user: Any, action: str, seen: list[Swarm]) -> bool:
    """Tell whether `user` has `action` on any swarm that is not archived; `seen` came from `read_surroundings`.

    A query only where so many swarms can be seen that the one may be among the others.
    """
    scope = scope_of_user(user, action)
    if any(scope.everything or swarm.pk in scope.swarm_ids for swarm in seen):
        return True
    return len(seen) >= MOST_CHOOSABLE and bool(list_choosable_swarms(user, action, most=1))


def _choose_by_name(user: Any, action: str, most: int) -> QuerySet[Swarm]:
    named = Swarm.objects.select_related("workspace").only("name", "desired_state", "workspace__name")
    rows = named.filter(archived_at=None).order_by("name")
    return visible_to(user, rows, "pk", action)[:most]


def list_workspaces(user: Any, action: str = ADMINISTER) -> QuerySet[Workspace]:
    """Return the workspaces on which `user` has `action`."""
    rows = Workspace.objects.filter(archived_at=None).order_by("name")
    scope = scope_of_user(user, action)
    return rows if scope.everything else rows.filter(pk__in=scope.workspace_ids)


def _as_lines(swarms: list[Swarm]) -> list[SwarmLine]:
    ids = [swarm.pk for swarm in swarms]
    serving = Agent.objects.filter(swarm__in=ids, retired_at=None).order_by().values_list("swarm")
    agents = {
        pk: (total, busy)
        for pk, total, busy in serving.annotate(Count("pk"), busy=Count("pk", filter=Q(status="busy")))
    }
    items = AttentionItem.objects.filter(swarm_ref__in=ids, status="open").order_by().values_list("swarm_ref")
    waiting = dict(items.annotate(Count("pk")))
    tasks = work_reader().count_tasks(ids)
    return [
        SwarmLine(
            swarm=swarm,
            agents=agents.get(swarm.pk, (0, 0))[0],
            busy=agents.get(swarm.pk, (0, 0))[1],
            tasks=tasks.get(swarm.pk, {}),
            waits_for_person=waiting.get(swarm.pk, 0),
        )
        for swarm in swarms
    ]
