"""The board's counts, all in one question: tasks by state, agents by status, what waits, what failed, what today cost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import BigIntegerField, CharField, Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast

from agents.models import Agent, Provider, Workspace
from agents.permissions import visible_to
from tasks.models import Attempt, SwarmSpend, TaskTally
from tasks.selectors.attempts import is_driven
from tasks.selectors.needs import choose_own_needs
from victoros.lib import clock

ZERO = Value(0, BigIntegerField())
EMPTY = Value("", CharField())


@dataclass
class Figures:
    """What the board counts, of all that one reader may see. Money in billionths of a dollar."""

    tasks: dict[str, int] = field(default_factory=dict)
    agents: int = 0
    active: int = 0
    """Attempts that run or are about to."""
    waiting: int = 0
    """Attempts that wait for a person, mail, a subtask or a time."""
    driven: int = 0
    """Attempts that a living cell drives."""
    tokens: int = 0
    nanos: int = 0
    tokens_today: int = 0
    nanos_today: int = 0
    open_items: int = 0
    """What waits for the reader; for whoever may settle nothing, what waits for others before their eyes."""
    broken_providers: int = 0
    sample: str = ""
    """Name of the workspace that holds sample data; empty when none does."""


def choose_figures(user: Any) -> "QuerySet[Any, Any]":
    """Return the question for all that `user` may see but the agents; its cost follows swarms and what the cells drive."""
    tasks, *others = (
        _tasks(user),
        _driven(user),
        _today(user),
        _items(user),
        _providers(),
        _sample(),
    )
    return tasks.union(*others, all=True)


def choose_agent_figures(user: Any) -> "QuerySet[Any, Any]":
    """Return the question for what the agents come to: one row, for which every agent is gone through once."""
    now = Q(retired_at=None)
    rows = visible_to(user, Agent.objects.order_by()).values_list(Value(1))
    return rows.annotate(
        n=Count("pk", filter=now),
        at_it=Sum("active", filter=now),
        held=Sum("waiting", filter=now),
        tokens=Sum("token_count"),
        nanos=Sum("cost_nanos"),
    )


def as_figures(
    rows: Iterable[tuple[str, str, int | None, int | None]], agents: Iterable[Sequence[int | None]]
) -> Figures:
    """Return what `choose_figures` and `choose_agent_figures` found."""
    figures = Figures()
    for what, name, one, two in rows:
        _take(figures, what, name, one or 0, two or 0)
    for _one, *sums in agents:
        figures.agents, figures.active, figures.waiting, figures.tokens, figures.nanos = (n or 0 for n in sums)
    return figures


def _take(figures: Figures, what: str, name: str, one: int, two: int) -> None:
    if what == "task":
        figures.tasks |= {name: one} if one else {}
    elif what == "driven":
        figures.driven = one
    elif what == "today":
        figures.tokens_today, figures.nanos_today = one, two
    elif what == "items":
        figures.open_items = one
    elif what == "sample":
        figures.sample = name
    else:
        figures.broken_providers = one


def _tasks(user: Any) -> "QuerySet[Any, Any]":
    return _columns(visible_to(user, TaskTally.objects.order_by()), "task", F("status"), Sum("n"), ZERO)


def _driven(user: Any) -> "QuerySet[Any, Any]":
    """Found by the cells that live: its cost follows what they drive."""
    rows = visible_to(user, Attempt.objects.filter(is_driven()).order_by())
    return _columns(rows, "driven", EMPTY, Count("pk"), ZERO)


def _today(user: Any) -> "QuerySet[Any, Any]":
    """Read what the page of costs says of today, from the same rows."""
    rows = visible_to(user, SwarmSpend.objects.filter(day=clock.site_day()).order_by())
    return _columns(rows, "today", EMPTY, Sum(F("tokens_in") + F("tokens_out")), Sum("cost_nanos"))


def _items(user: Any) -> "QuerySet[Any, Any]":
    return _columns(choose_own_needs(user).order_by(), "items", EMPTY, Count("pk"), ZERO)


def _providers() -> "QuerySet[Any, Any]":
    broken = Provider.objects.filter(archived_at=None, test_ok=False).order_by()
    return _columns(broken, "providers", EMPTY, Count("pk"), ZERO)


def _sample() -> "QuerySet[Any, Any]":
    return _columns(Workspace.objects.filter(sample__isnull=False).order_by(), "sample", F("name"), ZERO, ZERO)


def _columns(rows: "QuerySet[Any, Any]", what: str, name: Any, one: Any, two: Any) -> "QuerySet[Any, Any]":
    """Give every part the same four columns, grouped by `name` where it is one of the row's fields."""
    figures = {"label": name, "one": _whole(one), "two": _whole(two)}
    columns: QuerySet[Any, Any] = rows.values(what=Value(what, CharField())).annotate(**figures)
    return columns.values_list("what", *figures)


def _whole(figure: Any) -> Any:
    """Make a sum a whole number. A constant stays bare: cast, it would be grouped by, and the index could not be used."""
    return figure if isinstance(figure, Value) else Cast(figure, BigIntegerField())
