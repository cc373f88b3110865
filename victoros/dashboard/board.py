"""Reading the board: what needs me, what is wrong, what everyone does, what it costs. A fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Sum
from django.utils import timezone

from agents.models import Agent, Swarm
from agents.permissions import visible_to
from audit.models import Entry
from audit.phrases import ROUTINE
from audit.selectors import list_recent_entries
from tasks.models import Task
from tasks.selectors.needs import Needs, list_needs
from victoros.dashboard.cells import CellsPage, read_cells
from victoros.dashboard.crew import Member, list_members
from victoros.dashboard.spending import Spending, read_spending
from victoros.dashboard.wrong import Trouble, find_trouble

NEEDS, AGENTS, HAPPENED = 6, 12, 12
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
    needs: Needs
    troubles: list[Trouble]
    stages: list[Stage]
    members: list[Member]
    agent_count: int
    active: int
    """Attempts that run or are about to."""
    waiting: int
    swarms: list[Swarm]
    happened: list[Entry]
    spending: Spending
    cells: CellsPage
    verified: int


def read_board(user: Any) -> Board:
    """Read the board as `user` may see it."""
    now = timezone.now()
    cells = read_cells(gone=5)
    stages = _count_stages(user)
    crew = _count_crew(user)
    members = list_members(user, AGENTS, len(cells.alive), now)
    return Board(
        at=now,
        needs=list_needs(user, NEEDS),
        troubles=find_trouble(user, stages, members, cells, crew["working"], now),
        stages=_as_stages(stages),
        members=members,
        agent_count=crew["agents"],
        active=crew["active"],
        waiting=crew["waiting"],
        swarms=list(visible_to(user, Swarm.objects.filter(archived_at=None), "pk").order_by("name")[:20]),
        happened=_list_happened(user),
        spending=read_spending(user, now),
        cells=cells,
        verified=stages.get("verified", 0),
    )


def _count_stages(user: Any) -> dict[str, int]:
    rows = visible_to(user, Task.objects.all()).order_by().values_list("status").annotate(n=Count("pk"))
    return dict(rows)


def _as_stages(counts: dict[str, int]) -> list[Stage]:
    most = max(counts.values(), default=0) or 1
    return [Stage(status, counts.get(status, 0), round(100 * counts.get(status, 0) / most)) for status in PIPE]


def _count_crew(user: Any) -> dict[str, int]:
    rows = visible_to(user, Agent.objects.filter(retired_at=None)).aggregate(
        agents=Count("pk"), active=Sum("active", default=0), waiting=Sum("waiting", default=0)
    )
    return {**rows, "working": rows["active"]}


def _list_happened(user: Any) -> list[Entry]:
    newest = list_recent_entries(user, 5 * HAPPENED)
    return [entry for entry in newest if entry.kind not in ROUTINE][:HAPPENED]
