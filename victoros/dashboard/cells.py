"""Reading the processes that drive attempts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from tasks.models import Cell
from victoros.lib.clock import database_now

GOING = ("alive", "draining")
SHOWN = 50
RECENT = timedelta(hours=1)


@dataclass(frozen=True)
class CellRow:
    """A cell, and whether it has been silent for half of its lease."""

    cell: Cell
    is_late: bool


@dataclass(frozen=True)
class CellsPage:
    """The cells that go, and the newest of those that do not, read at `at`."""

    alive: list[CellRow]
    gone: list[Cell]
    at: datetime

    @property
    def hosts(self) -> int:
        """Machines that the live cells are on."""
        return len({row.cell.host for row in self.alive})

    @property
    def running(self) -> int:
        """Attempts that all live cells drive."""
        return sum(row.cell.running for row in self.alive)

    @property
    def oldest_heartbeat_at(self) -> datetime | None:
        """The heartbeat of the cell that has been silent longest."""
        return min((row.cell.heartbeat_at for row in self.alive), default=None)


def read_cells() -> CellsPage:
    """Return the cells with their ages by the database's clock. Three queries."""
    going = Cell.objects.filter(status__in=GOING).order_by("pk")[:200]
    gone = Cell.objects.exclude(status__in=GOING).order_by("-pk")[:SHOWN]
    return _as_page(list(going), list(gone), database_now())


def read_cells_for_board() -> CellsPage:
    """Return the live cells and those that died within the last hour. One query, by this machine's clock."""
    now = timezone.now()
    died = Q(status="dead", ended_at__gt=now - RECENT)
    rows = Cell.objects.filter(Q(status__in=GOING) | died).order_by("-pk")[:200]
    return _as_page([row for row in rows if row.status in GOING], [row for row in rows if row.status == "dead"], now)


def _as_page(going: list[Cell], gone: list[Cell], now: datetime) -> CellsPage:
    patience = timedelta(seconds=settings.VICTOR_LEASE_S / 2)
    return CellsPage([CellRow(cell, now - cell.heartbeat_at > patience) for cell in going], gone, now)
