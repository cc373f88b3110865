"""Reading the board: what needs me, what is wrong, what everyone does, what it costs. As much as can be in one query."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from agents.models import Agent, Swarm
from agents.permissions import visible_to
from agents.work import Trends
from audit.models import Entry
from audit.phrases import ROUTINE
from audit.selectors import choose_recent_entries
from tasks.selectors.minutes import as_trends, choose_minutes
from tasks.selectors.needs import Need, list_first_needs, settles_any
from victoros.dashboard.cells import CellsPage, as_cells_for_board, choose_cells_for_board
from victoros.dashboard.crew import Member, choose_members, describe_members
from victoros.dashboard.figures import Figures, as_figures, choose_agent_figures, choose_figures
from victoros.dashboard.wrong import Trouble, find_trouble
from victoros.lib import clock
from victoros.lib.together import read_together

NEEDS, AGENTS, HAPPENED, SWARMS = 6, 12, 10, 6
PIPE = ("backlog", "ready", "in_progress", "blocked", "completed", "verified", "failed", "quarantined", "cancelled")


@dataclass(frozen=True)
class Stage:
    """One state of the pipeline with its tasks counted."""

    status: str
    count: int
    share: int
    """Of the fullest stage, in percent."""


@dataclass(frozen=True)
class Board:
    """Everything the board shows, read at `at`."""

    at: datetime
    figures: Figures
    needs: list[Need]
    settles: bool
    """Whether the reader is one of those for whom things wait."""
    troubles: list[Trouble]
    stages: list[Stage]
    members: list[Member]
    swarms: list[Swarm]
    happened: list[Entry]
    cells: CellsPage
    trends: Trends
    last_stop: Swarm | None
    """The swarm stopped last, with `unfinished`: how many of its agents have not obeyed yet."""


def read_board(user: Any) -> Board:
    """Read the board as `user` may see it. Five queries: what all of it is of, what the agents do, and three for the queue."""
    now = clock.now()
    found = read_together(
        figures=choose_figures(user),
        of_agents=choose_agent_figures(user),
        cells=choose_cells_for_board(now),
        agents=choose_members(user, AGENTS),
        swarms=_choose_swarms(user),
        entries=choose_recent_entries(user, 8 * HAPPENED),
        minutes=choose_minutes(user, now),
    )
    figures, swarms = as_figures(found["figures"], found["of_agents"]), found["swarms"]
    cells = as_cells_for_board(found["cells"], now)
    members = describe_members(found["agents"], cells.fresh)
    return Board(
        at=now,
        figures=figures,
        needs=list_first_needs(user, NEEDS),
        settles=settles_any(user),
        troubles=find_trouble(figures, members, cells),
        stages=_as_stages(figures.tasks),
        members=members,
        swarms=swarms[:SWARMS],
        happened=[entry for entry in found["entries"] if entry.kind not in ROUTINE][:HAPPENED],
        cells=cells,
        trends=as_trends(found["minutes"], now),
        last_stop=next((swarm for swarm in swarms if swarm.desired_state == "stopped"), None),
    )


def _choose_swarms(user: Any) -> QuerySet[Swarm]:
    """Return the swarms changed last, and after them the one stopped last if it is not among them."""
    rows = visible_to(user, Swarm.objects.filter(archived_at=None), "pk").order_by("-state_since", "-pk")
    newest, stopped = rows.values("pk")[:SWARMS], rows.filter(desired_state="stopped").values("pk")[:1]
    going = Q(status="busy", active__gt=0) | Q(status="shutting_down")
    agents = Agent.objects.filter(going, swarm=OuterRef("pk"), retired_at=None).order_by().values("swarm")
    disobeying = Subquery(agents.annotate(n=Count("pk")).values("n"))
    unfinished = Case(When(desired_state="stopped", then=Coalesce(disobeying, 0)), default=0)
    chosen = Swarm.objects.filter(Q(pk__in=newest) | Q(pk__in=stopped)).order_by("-state_since", "-pk")
    return chosen.annotate(unfinished=unfinished)


def _as_stages(counts: dict[str, int]) -> list[Stage]:
    most = max(counts.values(), default=0) or 1
    return [Stage(status, counts.get(status, 0), round(100 * counts.get(status, 0) / most)) for status in PIPE]
