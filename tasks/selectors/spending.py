"""What was spent: by day, swarm, agent, language model and task. Reads counted rows; the number of queries is fixed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db import connection
from django.db.models import BigIntegerField, F, Max, Model, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from agents.models import Agent, Swarm
from agents.permissions import visible_to
from agents.work import BudgetUse
from tasks.models import Attempt, Counted, Spend, Step, SwarmSpend
from tasks.selectors.budgets import list_budgets
from victoros.lib import clock
from victoros.lib.figures import say_count, say_money
from victoros.lib.together import read_together

Row = TypeVar("Row", Spend, SwarmSpend)
RANGES = (1, 7, 30, 90)
"""Days that may be asked for, today included."""
MOST = 12
"""Rows of each list; the rest is one row."""
NEWEST = 20_000
"""Attempts among which the dearest tasks are looked for."""
SPENDERS = 100
"""Agents that have spent most in their lives; what the last that is shown of them spent in these days, all others must reach."""
_SUMMED = tuple(Sum(name) for name in ("calls", "failed", "tokens_in", "tokens_out", "cost_nanos"))
"""In the order of `Sums`."""
ATTEMPT_FIELDS = (
    *("n", "status", "steps", "tokens_in", "tokens_out", "cost_nanos", "created_at", "ended_at", "task__title"),
    *("swarm__name", "agent__name"),
)


@dataclass(frozen=True)
class Asked:
    """What somebody wants to see of the spending."""

    days: int = 7
    swarm: int | None = None
    llm: str = ""

    @property
    def is_narrow(self) -> bool:
        """Tell whether it leaves anything out but older days."""
        return bool(self.swarm or self.llm)


@dataclass(frozen=True)
class Share:
    """One bar: who or what, how much, in money where anything costs money and else in tokens."""

    label: str
    value: int
    said: str
    url: str = ""
    calls: int = 0
    tokens: int = 0
    nanos: int = 0
    is_rest: bool = False
    """What all that are not named have together: no bar, which would dwarf those of the named."""


@dataclass(frozen=True)
class Sums:
    """Figures of the whole choice."""

    calls: int = 0
    failed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    nanos: int = 0

    @property
    def tokens(self) -> int:
        """Tokens both ways."""
        return self.tokens_in + self.tokens_out

    @property
    def is_free(self) -> bool:
        """Whether nothing of it cost money, so that tokens tell more."""
        return not self.nanos


@dataclass(frozen=True)
class Costs:
    """All that the page of costs shows."""

    asked: Asked
    begins: date
    sums: Sums
    days: list[Share]
    swarms: list[Share]
    agents: list[Share]
    llms: list[Share]
    tasks: list[Share]
    budgets: list[BudgetUse]
    """The most used of this month, whatever days were asked for."""
    counted_until: datetime | None
    """Calls that finished later are not in these figures yet; None: nothing was counted so far."""
    is_behind: bool
    """Whether so much of the journal is left to count that it takes more than the next round."""


def read_costs(user: Any, asked: Asked) -> Costs:
    """Read the spending of all that `user` may see, within what was asked for."""
    begins = _begin(asked)
    rows = _choose(SwarmSpend, user, asked, begins)
    whole = read_together(
        sums=rows.values_list(Value(1)).annotate(*_SUMMED),
        days=_totals(rows, "day"),
        counted=_choose_counted(),
    )
    counted_until, is_behind = _say_counted(whole["counted"])
    sums = Sums(*(figure or 0 for _, *figures in whole["sums"] for figure in figures))
    parts = read_together(
        swarms=_choose_largest(rows, F("swarm_id"), sums),
        agents=_choose_largest(_choose_of_agents(user, asked, begins, sums), F("agent_id") + 0, sums),
        llms=_choose_largest(rows, F("llm"), sums),
        tasks=_choose_dearest(user, asked, begins, sums),
    )
    names = read_together(
        swarms=_choose_named(Swarm, parts["swarms"], Value("")),
        agents=_choose_named(Agent, parts["agents"], F("swarm__name")),
    )
    return Costs(
        asked=asked,
        begins=begins,
        sums=sums,
        days=_as_days(whole["days"], begins, sums),
        swarms=_as_shares(_named(parts["swarms"], names["swarms"]), sums, lambda pk: _costs_url(asked, swarm=pk)),
        agents=_as_shares(_named(parts["agents"], names["agents"]), sums, lambda pk: reverse("agent_view", args=[pk])),
        llms=_as_shares(
            [(llm, llm, "", *figures) for llm, *figures in parts["llms"]],
            sums,
            lambda name: _costs_url(asked, llm=name),
        ),
        tasks=_as_tasks(parts["tasks"], sums),
        budgets=[] if asked.llm else list_budgets(user, asked.swarm, MOST),
        counted_until=counted_until,
        is_behind=is_behind,
    )


def _choose_counted() -> "QuerySet[Any, Any]":
    """Ask until when the journal was looked at, when the last counted call finished, and when the next one did."""
    finished = Step.objects.order_by("pk").values("finished_at")
    last = Subquery(finished.filter(pk=OuterRef("step_ref"))[:1])
    following = Subquery(finished.filter(pk__gt=OuterRef("step_ref"))[:1])
    return Counted.objects.filter(pk=Counted.SPENDING).order_by().values_list("until", last, following)


def _say_counted(found: Iterable[tuple[datetime, datetime | None, datetime | None]]) -> tuple[datetime | None, bool]:
    """Return until when all calls are counted, and whether a step is left that could have been: a round counts so many at most."""
    for until, last, following in found:
        is_behind = following is not None and following < until
        return (last if is_behind else until), is_behind
    return None, False


def rows_of_spending(user: Any, asked: Asked) -> QuerySet[Spend]:
    """Return what the page adds up: a row for each day, agent and language model."""
    return _choose(Spend, user, asked, _begin(asked)).select_related("swarm", "agent")


def rows_of_attempts(user: Any, asked: Asked) -> QuerySet[Attempt]:
    """Return the attempts begun in these days that cost tokens or money. A language model is not looked at."""
    rows = visible_to(user, Attempt.objects.filter(created_at__gte=_midnight(_begin(asked))))
    spent = rows.filter(Q(tokens_in__gt=0) | Q(tokens_out__gt=0) | Q(cost_nanos__gt=0))
    spent = spent.filter(swarm=asked.swarm) if asked.swarm else spent
    return spent.select_related("swarm", "agent", "task").only(*ATTEMPT_FIELDS)


def _begin(asked: Asked) -> date:
    return clock.site_day() - timedelta(days=asked.days - 1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), timezone.get_default_timezone())


def _choose(model: type[Row], user: Any, asked: Asked, begins: date) -> QuerySet[Row]:
    rows = visible_to(user, model._default_manager.filter(day__gte=begins).order_by())
    if asked.swarm:
        rows = rows.filter(swarm=asked.swarm)
    return rows.filter(llm=asked.llm) if asked.llm else rows


def _totals(rows: QuerySet[Any], *names: str) -> Any:
    tokens = Sum(F("tokens_in") + F("tokens_out"))
    return rows.values_list(*names).annotate(Sum("calls"), all_tokens=tokens, nanos=Sum("cost_nanos"))


def _as_days(rows: Iterable[Any], begins: date, sums: Sums) -> list[Share]:
    found = {day: figures for day, *figures in rows}
    today = clock.site_day()
    days = [begins + timedelta(days=n) for n in range((today - begins).days + 1)]
    return [_share(date_format(day, "j M"), found.get(day, (0, 0, 0)), sums, "") for day in days]


def _choose_largest(rows: QuerySet[Any], who: Any, sums: Sums) -> "QuerySet[Any, Any]":
    """Ask for the largest shares, one more than are shown. Their names are asked for afterwards: of these few only.

    Agents are a sum, which no index holds: by that of their numbers SQLite would go through the days of all years.
    """
    order = "-all_tokens" if sums.is_free else "-nanos"
    largest: QuerySet[Any, Any] = _totals(rows.annotate(who=who), "who").order_by(order, "who")[: MOST + 1]
    return largest


def _choose_of_agents(user: Any, asked: Asked, begins: date, sums: Sums) -> QuerySet[Spend]:
    """Ask for what agents spent, without those that can have no place in the list: nobody spent more in some days than in all.

    So the days of a few are added up and not those of all. PostgreSQL adds all up in the time it takes to read the agents.
    """
    rows = _choose(Spend, user, asked, begins)
    if connection.vendor == "postgresql":
        return rows
    life, measure = ("token_count", "all_tokens") if sums.is_free else ("cost_nanos", "nanos")
    agents = visible_to(user, Agent.objects.order_by())
    agents = agents.filter(swarm=asked.swarm) if asked.swarm else agents
    spenders = agents.order_by(f"-{life}").values("pk")[:SPENDERS]
    theirs = _totals(rows.filter(agent__in=spenders), "agent").order_by(f"-{measure}").values(measure)
    least = Coalesce(Cast(Subquery(theirs[MOST : MOST + 1]), BigIntegerField()), Value(0))
    return rows.filter(agent__in=agents.filter(**{f"{life}__gte": least}).values("pk"))


def _choose_named(model: type[Model], largest: list[Any], of: Any) -> "QuerySet[Any, Any]":
    """Ask for the names of the largest; `of` tells apart those of one name."""
    return model._default_manager.filter(pk__in=[pk for pk, *_ in largest]).order_by().values_list("pk", "name", of)


def _named(largest: list[Any], names: Iterable[tuple[int, str, str]]) -> list[Any]:
    known = {pk: (name, of) for pk, name, of in names}
    return [(pk, *known.get(pk, ("", "")), *figures) for pk, *figures in largest]


def _as_shares(largest: list[Any], sums: Sums, url: Any) -> list[Share]:
    """Return the largest shares, and what is left of the whole as the last row."""
    names = Counter(label for _pk, label, *_rest in largest[:MOST])
    shares = [
        _share(_say_who(str(label), str(place) if names[label] > 1 else ""), figures, sums, url(pk))
        for pk, label, place, *figures in largest[:MOST]
    ]
    if len(largest) > MOST:
        rest = (
            sums.calls - sum(share.calls for share in shares),
            sums.tokens - sum(share.tokens for share in shares),
            sums.nanos - sum(share.nanos for share in shares),
        )
        shares.append(replace(_share(_("all others"), rest, sums, ""), is_rest=True))
    return shares


def _say_who(name: str, place: str) -> str:
    return f"{name} · {place}" if place else name or _("unknown")


def _choose_dearest(user: Any, asked: Asked, begins: date, sums: Sums) -> "QuerySet[Any, Any]":
    """Ask for the attempts that cost most of the newest ones begun since then. A language model is not looked at."""
    zero = Value(0)
    top = Attempt.objects.order_by().values(one=Value(1)).annotate(top=Max("pk") - NEWEST).values("top")
    newest = Attempt.objects.filter(pk__gt=Coalesce(Subquery(top), zero))
    before = newest.filter(created_at__lt=_midnight(begins)).order_by("-pk").values("pk")[:1]
    rows = newest.filter(pk__gt=Coalesce(Subquery(before), zero))
    rows = visible_to(user, rows.filter(swarm=asked.swarm) if asked.swarm else rows)
    tokens = F("tokens_in") + F("tokens_out")
    order = ("-all_tokens" if sums.is_free else "-cost_nanos", "-pk")
    dearest = rows.annotate(all_tokens=tokens).order_by(*order).values("pk")[:MOST]  # before titles are looked up
    found = Attempt.objects.filter(pk__in=dearest).annotate(all_tokens=tokens).order_by(*order)
    named: QuerySet[Any, Any] = found.values_list("task", "task__title", "n", "all_tokens", "cost_nanos")
    return named


def _as_tasks(named: Iterable[Any], sums: Sums) -> list[Share]:
    return [
        _share(
            title if n == 1 else _("%(title)s, attempt %(n)s") % {"title": title, "n": n},
            (0, all_tokens, nanos),
            sums,
            _attempt_url(task, n),
        )
        for task, title, n, all_tokens, nanos in named
        if all_tokens or nanos
    ]


def _share(label: str, figures: Any, sums: Sums, url: str) -> Share:
    calls, tokens, nanos = (figure or 0 for figure in figures)
    value = tokens if sums.is_free else nanos
    said = f"{say_count(tokens)}" if sums.is_free else say_money(nanos)
    return Share(label, value, said, url, calls, tokens, nanos)


def _costs_url(asked: Asked, **narrower: Any) -> str:
    chosen = {"days": asked.days, "swarm": asked.swarm, "llm": asked.llm, **narrower}
    return f"{reverse('costs')}?{urlencode({name: value for name, value in chosen.items() if value})}"


def _attempt_url(task: int, n: int) -> str:
    return f"{reverse('task_view', args=[task])}?attempt={n}"
