"""Reading the processes that drive attempts."""

from dataclasses import dataclass
from datetime import datetime

from victoros.lib.clock import database_now
from victoros.lib.facts import LEASE

from tasks.models import Cell

SHOWN = 50


@dataclass(frozen=True)
class CellRow:
    """A cell with how long it has been silent, by the database's clock."""

    cell: Cell
    is_late: bool


@dataclass(frozen=True)
class CellsPage:
    """The cells alive, and the newest of those that are not."""

    alive: list[CellRow]
    gone: list[Cell]
    hosts: int
    oldest_heartbeat_at: datetime | None
    at: datetime

    @property
    def running(self) -> int:
        """Attempts that all live cells drive."""
        return sum(row.cell.running for row in self.alive)


def read_cells(gone: int = SHOWN) -> CellsPage:
    """Return the cells; `gone` says how many of the ended and dead ones to list."""
    now = database_now()
    going = list(Cell.objects.filter(status__in=["alive", "draining"]).order_by("pk")[:200])
    ended = list(Cell.objects.filter(status__in=["ended", "dead"]).order_by("-pk")[:gone]) if gone else []
    return CellsPage(
        alive=[CellRow(cell, now - cell.heartbeat_at > LEASE / 2) for cell in going],
        gone=ended,
        hosts=len({cell.host for cell in going}),
        oldest_heartbeat_at=min((cell.heartbeat_at for cell in going), default=None),
        at=now,
    )
