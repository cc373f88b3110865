"""The board's counts, all in one query: tasks by state, agents by status, what waits, what failed, what today cost."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, CharField, Count, F, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from agents.models import Agent, Provider
from agents.permissions import visible_to
from audit.selectors import list_open_items
from tasks.models import Attempt, Task

ZERO = Value(0, BigIntegerField())
EMPTY = Value("", CharField())


@dataclass
class Figures:
    """What the board counts. Money in billionths of a dollar."""

    tasks: dict[str, int] = field(default_factory=dict)
    agents: int = 0
    active: int = 0
    """Attempts that run or are about to."""
    waiting: int = 0
    tokens: int = 0
    nanos: int = 0
    tokens_today: int = 0
    nanos_today: int = 0
    open_items: int = 0
    broken_providers: int = 0


def read_figures(user: Any, now: datetime) -> Figures:
    """Count everything `user` may see. One query; its cost follows agents, states of tasks and today's attempts."""
    tasks, *others = _tasks(user), _agents(user), _spent(user), _today(user, now), _items(user), _providers()
    figures = Figures()
    for what, name, one, two in tasks.union(*others, all=True):
        _take(figures, what, name, one or 0, two or 0)
    return figures


def _take(figures: Figures, what: str, name: str, one: int, two: int) -> None:
    if what == "task":
        figures.tasks[name] = one
    elif what == "agent":
        figures.agents, figures.active, figures.waiting = int(name or 0), one, two
    elif what == "spent":
        figures.tokens, figures.nanos = one, two
    elif what == "today":
        figures.tokens_today, figures.nanos_today = one, two
    elif what == "items":
        figures.open_items = one
    else:
        figures.broken_providers = one


def _tasks(user: Any) -> "QuerySet[Any, Any]":
    return _columns(visible_to(user, Task.objects.order_by()), "task", F("status"), Count("pk"), ZERO)


def _agents(user: Any) -> "QuerySet[Any, Any]":
    rows = visible_to(user, Agent.objects.filter(retired_at=None).order_by())
    return _columns(rows, "agent", Cast(Count("pk"), CharField()), Sum("active"), Sum("waiting"))


def _spent(user: Any) -> "QuerySet[Any, Any]":
    return _columns(visible_to(user, Agent.objects.order_by()), "spent", EMPTY, Sum("token_count"), Sum("cost_nanos"))


def _today(user: Any, now: datetime) -> "QuerySet[Any, Any]":
    """Reads today's attempts only: ids rise with time, so the last one before midnight bounds the scan."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    before = Attempt.objects.filter(created_at__lt=midnight).order_by("-pk").values("pk")[:1]
    rows = Attempt.objects.filter(pk__gt=Coalesce(Subquery(before), ZERO)).order_by()
    return _columns(visible_to(user, rows), "today", EMPTY, Sum(F("tokens_in") + F("tokens_out")), Sum("cost_nanos"))


def _items(user: Any) -> "QuerySet[Any, Any]":
    return _columns(list_open_items(user).order_by(), "items", EMPTY, Count("pk"), ZERO)


def _providers() -> "QuerySet[Any, Any]":
    broken = Provider.objects.filter(archived_at=None, test_ok=False).order_by()
    return _columns(broken, "providers", EMPTY, Count("pk"), ZERO)


def _columns(rows: "QuerySet[Any, Any]", what: str, name: Any, one: Any, two: Any) -> "QuerySet[Any, Any]":
    """Give every part the same four columns, grouped by `name` where it is one of the row's fields."""
    figures = {"label": name, "one": _whole(one), "two": _whole(two)}
    columns: QuerySet[Any, Any] = rows.values(what=Value(what, CharField())).annotate(**figures)
    return columns.values_list("what", *figures)


def _whole(figure: Any) -> Any:
    """Make a sum a whole number. A constant stays bare: cast, it would be grouped by, and the index could not be used."""
    return figure if isinstance(figure, Value) else Cast(figure, BigIntegerField())
