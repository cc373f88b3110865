"""Reading the board: what needs me, what is wrong, what everyone does, what it costs. A fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from agents.models import Swarm
from agents.permissions import visible_to
from audit.models import Entry
from audit.phrases import ROUTINE
from audit.selectors import list_recent_entries
from tasks.selectors.needs import Need, list_first_needs
from victoros.dashboard.cells import CellsPage, read_cells_for_board
from victoros.dashboard.crew import Member, list_members
from victoros.dashboard.figures import Figures, read_figures
from victoros.dashboard.wrong import Trouble, find_trouble

NEEDS, AGENTS, HAPPENED, SWARMS = 6, 12, 12, 8
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
    troubles: list[Trouble]
    stages: list[Stage]
    members: list[Member]
    swarms: list[Swarm]
    happened: list[Entry]
    cells: CellsPage


def read_board(user: Any) -> Board:
    """Read the board as `user` may see it."""
    now = timezone.now()
    figures = read_figures(user, now)
    cells = read_cells_for_board()
    members = list_members(user, AGENTS)
    return Board(
        at=now,
        figures=figures,
        needs=list_first_needs(user, NEEDS),
        troubles=find_trouble(figures, members, cells),
        stages=_as_stages(figures.tasks),
        members=members,
        swarms=list(visible_to(user, Swarm.objects.filter(archived_at=None), "pk").order_by("-state_since")[:SWARMS]),
        happened=_list_happened(user),
        cells=cells,
    )


def _as_stages(counts: dict[str, int]) -> list[Stage]:
    most = max(counts.values(), default=0) or 1
    return [Stage(status, counts.get(status, 0), round(100 * counts.get(status, 0) / most)) for status in PIPE]


def _list_happened(user: Any) -> list[Entry]:
    newest = list_recent_entries(user, 8 * HAPPENED)
    return [entry for entry in newest if entry.kind not in ROUTINE][:HAPPENED]
