"""Reading the processes that drive attempts, and the hosts they are on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from agents.permissions import scope_of_user, visible_to
from tasks.engine.reconciler import LEASE_NAME
from tasks.models import Attempt, Cell, Lease
from tasks.selectors.attempts import GOING, lease_start
from victoros.lib.clock import database_now
from victoros.lib.errors import NotFound
from victoros.lib.host import name_of
from victoros.lib.lean import lean
from victoros.lib.statements import among, as_time, fetch, given

SHOWN = 50
HELD_SHOWN = 50
LISTED = 200
RECENT = timedelta(hours=1)
_QUEUES = """
SELECT (SELECT sum(n) FROM tasks_tasktally WHERE status = 'ready' {mine}),
  (SELECT CASE WHEN count(*) > 0 THEN min(status_since) END FROM tasks_task WHERE status = 'ready' {mine}),
  (SELECT count(ready_at) FROM tasks_attempt WHERE status = 'ready' {mine}),
  (SELECT min(ready_at) FROM tasks_attempt WHERE status = 'ready' {mine}),
  (SELECT count(waiting_for) FROM tasks_attempt WHERE status = 'waiting' {mine}),
  (SELECT count(cell_id) FROM tasks_attempt WHERE status = 'running' {mine} AND cell_id IN (
    SELECT id FROM tasks_cell WHERE status IN ('alive', 'draining') AND heartbeat_at >= %s)),
  (SELECT count(*) FROM tasks_outbox WHERE rung_at IS NULL)
"""
"""The states stand in the text: given as values they hide from SQLite that its indexes of just these rows will do. What is counted
stands in those indexes, lest it choose a longer one. A smallest time that is asked for alone lets PostgreSQL walk all tasks by
their times, to the first that is ready."""


@dataclass(frozen=True)
class CellRow:
    """A cell, and whether it has been silent for half of its lease."""

    cell: Cell
    is_late: bool
    running: int | None = None
    """How many attempts hang on it; None where they were not counted."""


@dataclass(frozen=True)
class HostRow:
    """What one host does."""

    host: str
    cells: list[CellRow]
    died: list[Cell]
    """Its cells that died within the last hour, newest first; as many as the page shows."""
    holds_scheduler: bool
    """Whether its scheduler is the one that puts things right."""

    @property
    def name(self) -> str:
        """What people call it."""
        return name_of(self.host)

    @property
    def mark(self) -> str:
        """What tells it from others of the same name."""
        return self.host.rpartition("/")[2]

    @property
    def running(self) -> int:
        """Attempts its cells drive."""
        return sum(row.running or 0 for row in self.cells)

    @property
    def is_late(self) -> bool:
        """Whether all its cells have been silent for half of their lease."""
        return bool(self.cells) and all(row.is_late for row in self.cells)

    @property
    def heartbeat_at(self) -> datetime | None:
        """The newest sign of life of any of its cells."""
        return max((row.cell.heartbeat_at for row in self.cells), default=None)


@dataclass(frozen=True)
class Queues:
    """What waits to be taken up, of all or of what a reader may see."""

    tasks: int
    """Tasks any cell with room and an able agent may take up."""
    to_go_on: int
    """Attempts any cell with room may go on with."""
    waiting: int
    """Attempts that wait for an event, a person or a time; they cost nothing."""
    driven: int
    """Attempts that a living cell drives."""
    unrung: int
    """Wake-ups that no cell has looked at yet."""
    oldest_ready_at: datetime | None

    @property
    def ready(self) -> int:
        """Both together."""
        return self.tasks + self.to_go_on


@dataclass(frozen=True)
class Group:
    """The cells of one host, as many of them as the page lists."""

    host: str
    rows: list[CellRow]

    @property
    def name(self) -> str:
        """What people call the host, with its mark where that differs."""
        name, mark = name_of(self.host), self.host.rpartition("/")[2]
        return name if mark == name else f"{name} {mark}"


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

    def rows_of_hosts(self, holder: str) -> list[HostRow]:
        """Return the hosts with live cells or deaths within the last hour, by name; `holder` has the scheduler's lease."""
        died = [cell for cell in self.gone if cell.status == "dead" and _is_after(cell.ended_at, self.at - RECENT)]
        with_scheduler = holder.rpartition(":")[0]
        names = {row.cell.host for row in self.alive} | {cell.host for cell in died} | ({with_scheduler} - {""})
        return [
            HostRow(
                name,
                [row for row in self.alive if row.cell.host == name],
                [cell for cell in died if cell.host == name],
                name == with_scheduler,
            )
            for name in sorted(names)
        ]

    @property
    def fresh(self) -> int:
        """Cells whose lease runs."""
        since = self.at - timedelta(seconds=settings.VICTOR_LEASE_S)
        return sum(row.cell.status == "alive" and row.cell.heartbeat_at >= since for row in self.alive)

    @property
    def groups(self) -> list[Group]:
        """The first live cells, by host."""
        listed = sorted(self.alive[:LISTED], key=lambda row: row.cell.host)
        return [Group(host, list(rows)) for host, rows in groupby(listed, key=lambda row: row.cell.host)]

    @property
    def slots(self) -> int:
        """Attempts that all live cells have room for."""
        return sum(row.cell.slots for row in self.alive)

    @property
    def oldest_heartbeat_at(self) -> datetime | None:
        """The heartbeat of the cell that has been silent longest."""
        return min((row.cell.heartbeat_at for row in self.alive), default=None)


@dataclass(frozen=True)
class Held:
    """One cell and what it drives, as far as the reader may see it."""

    cell: Cell
    is_late: bool
    attempts: list[Attempt]
    on_it: int
    """How many attempts hang on it."""
    total: int
    """How many of its attempts the reader may see."""

    @property
    def goes(self) -> bool:
        """Whether it has not ended."""
        return self.cell.status in GOING


def read_held(user: Any, pk: int) -> Held:
    """Return a cell with the attempts on it. Raises `NotFound` for one that never was or has been forgotten."""
    cell = Cell.objects.filter(pk=pk).first()
    if cell is None:
        raise NotFound(
            _("There is no cell %(pk)s.") % {"pk": pk}, hint=_("Cells that ended are forgotten after some days.")
        )
    on_it = Attempt.objects.filter(cell=cell)
    held = visible_to(user, on_it)
    newest = held.order_by("-last_step_at", "pk").values("pk")[:HELD_SHOWN]  # sorted before anything is joined
    shown = lean(Attempt.objects.filter(pk__in=newest), task=["title"], agent=["name"], swarm=["name"])
    attempts = shown.order_by("-last_step_at", "pk")
    is_late = cell.status in GOING and database_now() - cell.heartbeat_at > _patience()
    scope = scope_of_user(user)
    mine = Q() if scope.everything else Q(swarm__in=scope.swarm_ids)
    counts = on_it.order_by().aggregate(all=Count("pk"), mine=Count("pk", filter=mine))
    return Held(cell, is_late, list(attempts), counts["all"], counts["mine"])


def read_leases() -> list[Lease]:
    """Return who holds which named right. One query."""
    return list(Lease.objects.order_by("name")[:SHOWN])


def read_cells() -> CellsPage:
    """Return the cells with their ages by the database's clock, and what hangs on them. Three queries."""
    held = Attempt.objects.filter(cell=OuterRef("pk")).order_by().values("cell").annotate(n=Count("cell")).values("n")
    going = Cell.objects.filter(status__in=GOING).annotate(running=Coalesce(Subquery(held), 0)).order_by("pk")
    gone = Cell.objects.exclude(status__in=GOING).order_by("-pk")[:SHOWN]
    rows = list(going)
    return _as_page(rows, list(gone), database_now(), {cell.pk: cell.running for cell in rows})


def read_hosts(page: CellsPage, leases: list[Lease] | None = None) -> list[HostRow]:
    """Return what each host does. One query, none when the leases are given."""
    known = read_leases() if leases is None else leases
    holders = (lease.holder for lease in known if lease.name == LEASE_NAME and lease.until > page.at)
    return page.rows_of_hosts(next(holders, ""))


def read_queues(user: Any = None) -> Queues:
    """Count what waits, of what `user` may see; without one, of all. One query."""
    mine, values = _of(user)
    ((tasks, since, ready, ready_at, waiting, driven, unrung),) = fetch(
        _QUEUES.format(mine=mine), *values * 6, lease_start()
    )
    oldest = min((at for at in (as_time(since), as_time(ready_at)) if at), default=None)
    return Queues(int(tasks or 0), ready, waiting, driven, unrung, oldest)


def _of(user: Any) -> tuple[str, list[Any]]:
    """Return the condition that a row is of a swarm `user` may look at, and its value; nothing for who may see all."""
    scope = None if user is None else scope_of_user(user)
    if scope is None or scope.everything:
        return "", []
    return f"AND {among('swarm_id')}", [given(sorted(scope.swarm_ids))]


def _is_after(moment: datetime | None, other: datetime) -> bool:
    return moment is not None and moment > other


def choose_cells_for_board(now: datetime) -> QuerySet[Cell]:
    """Return the live cells and those that died within the hour before `now`, by this machine's clock."""
    died = Q(status="dead", ended_at__gt=now - RECENT)
    return Cell.objects.filter(Q(status__in=GOING) | died).order_by("-pk")[:LISTED]


def as_cells_for_board(rows: list[Cell], now: datetime) -> CellsPage:
    """Tell those that go from those that died."""
    return _as_page([row for row in rows if row.status in GOING], [row for row in rows if row.status == "dead"], now)


def _as_page(
    going: Sequence[Cell], gone: list[Cell], now: datetime, running: Mapping[int, int] = MappingProxyType({})
) -> CellsPage:
    rows = [CellRow(cell, now - cell.heartbeat_at > _patience(), running.get(cell.pk)) for cell in going]
    return CellsPage(rows, gone, now)


def _patience() -> timedelta:
    return timedelta(seconds=settings.VICTOR_LEASE_S / 2)
