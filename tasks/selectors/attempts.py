"""Attempts as a list: what is at work now, and all that one agent ever tried. What pages count of attempts opens to these rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet

from agents.models import Swarm
from agents.permissions import visible_to
from agents.selectors.choices import PAGE, Choice
from tasks.models import Attempt, Cell
from tasks.selectors.words import say_waiting
from victoros.lib import clock
from victoros.lib.paging import Order, read_page

LIVE = ("running", "silent", "ready", "waiting", "stopped")
"""States of attempts that own their task. `silent` are those whose row says that they run, on a cell that gives no sign of life."""
ENDED = ("completed", "failed", "cancelled", "quarantined")
"""These are asked of one agent only: of all agents they are as many as there ever were."""
ACTIVE = "active"
"""What an agent's own count of active attempts means: ready, running, silent or waiting for their turn at the provider."""
GOING = ("alive", "draining")
"""States of cells that drive attempts."""
STATES = (*LIVE, ACTIVE, *ENDED)
NEWEST = Order(tie="pk_sum")
"""By id. The sum keeps SQLite, which has no figures of its tables, from walking all attempts to find the few that live."""

_FIELDS = (
    *(
        "n",
        "status",
        "steps",
        "tokens_in",
        "tokens_out",
        "cost_nanos",
        "waiting_for",
        "waiting_since",
        "error_category",
    ),
    *("error_message", "error_id", "created_at", "ready_at", "last_step_at", "ended_at"),
    *("task__title", "agent__name", "swarm__name"),
    *("cell__status", "cell__heartbeat_at"),
)


@dataclass(frozen=True)
class AttemptLine:
    """One attempt as a row."""

    attempt: Attempt
    state: str
    """Its status, or `silent`."""

    @property
    def waits_for(self) -> str:
        """What it waits for, in words; empty when it does not wait."""
        return say_waiting(self.attempt) if self.state == "waiting" else ""

    @property
    def since(self) -> datetime:
        """When it ended or began to wait; of the others, when it last finished a step or became ready."""
        row = self.attempt
        waits = row.waiting_since if row.status == "waiting" else None
        return row.ended_at or waits or row.last_step_at or row.ready_at


@dataclass(frozen=True)
class StateCount:
    """How many attempts are in one state."""

    state: str
    count: int


@dataclass(frozen=True)
class AttemptPage:
    """One page of the list."""

    rows: list[AttemptLine]
    total: int
    next: str
    counts: list[StateCount]
    """Of the choice without its state: the states that any attempt is in, and the one that is asked for."""
    everything: int
    previous: str = ""


def lease_start() -> datetime:
    """Return the moment since which a cell must have given a sign of life to count as alive, by this machine's clock."""
    return clock.now() - timedelta(seconds=settings.VICTOR_LEASE_S)


def is_driven() -> Q:
    """Return the condition that a cell drives the attempt: one that goes, and whose lease runs by this machine's clock."""
    cells = Cell.objects.filter(status__in=GOING, heartbeat_at__gte=lease_start())
    return Q(status="running", cell__in=cells.values("pk"))


def is_silent() -> Q:
    """Return the condition that the row says it runs, but no cell drives it."""
    return Q(status="running", cell__isnull=False) & ~is_driven()


def list_attempts(user: Any, choice: Choice) -> AttemptPage:
    """Return a page of the attempts `user` may see, newest first: those that live, or every one of the agent that is asked for.

    Three queries beside the rights. What is read follows the attempts that live, or those of the one agent.
    """
    chosen = _choose(user, choice)
    by_state = _count(chosen)
    rows = _as_rows(_in_state(chosen, choice.state))
    page = read_page(rows, NEWEST, after=choice.after, before=choice.before, size=PAGE)
    return AttemptPage(
        rows=[AttemptLine(row, say_state(row)) for row in page.rows],
        total=by_state.get(choice.state, 0) if choice.state else _add_up(by_state),
        next=page.after,
        counts=[StateCount(name, by_state.get(name, 0)) for name in STATES if _is_told(name, by_state, choice.state)],
        everything=_add_up(by_state),
        previous=page.before,
    )


def rows_of_attempts(user: Any, choice: Choice) -> QuerySet[Attempt]:
    """Return every attempt the choice means, whatever its page; to be sorted as `NEWEST` is."""
    return _as_rows(_in_state(_choose(user, choice), choice.state))


def say_state(row: Attempt) -> str:
    """Return its status, or `silent`."""
    if row.status != "running" or row.cell is None:
        return row.status
    is_alive = row.cell.status in GOING and row.cell.heartbeat_at >= lease_start()
    return "running" if is_alive else "silent"


def _as_rows(rows: QuerySet[Attempt]) -> QuerySet[Attempt]:
    rows = rows.select_related("task", "agent", "swarm", "cell").only(*_FIELDS)
    return rows.alias(pk_sum=F("pk") + 0)


def _choose(user: Any, choice: Choice) -> QuerySet[Attempt]:
    rows = visible_to(user, Attempt.objects.all())
    if choice.swarm:
        rows = rows.filter(swarm=choice.swarm)
    if choice.agent:
        return rows.filter(agent=choice.agent)
    rows = rows.filter(status__in=Attempt.LIVE)
    return rows if choice.swarm or not user.is_superuser else rows.filter(swarm__in=Swarm.objects.values("pk"))


def _in_state(rows: QuerySet[Attempt], state: str) -> QuerySet[Attempt]:
    if not state:
        return rows
    known = {"running": is_driven, "silent": is_silent, ACTIVE: _is_active}
    return rows.filter(known[state]() if state in known else Q(status=state))


def _is_active() -> Q:
    return Q(status__in=("ready", "running")) | Q(status="waiting", waiting_for="quota")


def _count(rows: QuerySet[Attempt]) -> dict[str, int]:
    """Count by state. Two queries: what runs is told apart by its cells, the rest by an index that knows nothing of these."""
    counts = dict(rows.order_by().values_list("status").annotate(Count("pk")))
    told = rows.filter(status__in=("running", "waiting")).order_by()
    in_line = Count("pk", filter=Q(status="waiting", waiting_for="quota"))
    driven, waiting = told.aggregate(driven=Count("pk", filter=is_driven()), in_line=in_line).values()
    running = counts.get("running", 0)
    more = {"running": driven, "silent": running - driven, ACTIVE: running + counts.get("ready", 0) + waiting}
    return {state: n for state, n in (counts | more).items() if n}


def _add_up(by_state: dict[str, int]) -> int:
    return sum(n for state, n in by_state.items() if state != ACTIVE)


def _is_told(name: str, by_state: dict[str, int], asked: str) -> bool:
    return name == asked or (name != ACTIVE and bool(by_state.get(name)))
