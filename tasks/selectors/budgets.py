"""What swarms spent in this calendar month, against their budgets. Months and days are those of the site's time zone."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import BigIntegerField, FloatField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from agents.models import Swarm
from agents.permissions import visible_to
from agents.work import SPAN_DAYS, BudgetUse
from tasks.models import Counted, Step, SwarmSpend
from victoros.lib import clock

MOST_UNCOUNTED = 40_000
"""Steps looked through behind those that are counted; when more are waiting, they come under it as the counting goes on."""


def begin_of_month() -> date:
    """Return the first day of this month."""
    return clock.site_day().replace(day=1)


def spent_this_month(swarm_ids: Iterable[int]) -> dict[int, int]:
    """Return what each of these swarms spent in this month, calls not counted yet included. Two queries.

    Days are read first: what is counted in between is missed once, and never taken twice.
    """
    ids = list(swarm_ids)
    rows = SwarmSpend.objects.filter(swarm__in=ids, day__gte=begin_of_month()).order_by().values_list("swarm")
    counted: dict[int, int] = dict(rows.annotate(Sum("cost_nanos")))
    uncounted = read_uncounted()
    return {pk: counted.get(pk, 0) + uncounted.get(pk, 0) for pk in ids}


def read_uncounted() -> dict[int, int]:
    """Return by swarm what calls of this month cost that are not in its days yet: about the last half minute's. One query.

    Not asked for some swarms alone: SQLite would then go through all that these ever did instead of the newest steps.
    """
    begin = datetime.combine(begin_of_month(), time.min, timezone.get_default_timezone())
    counted = Coalesce(Subquery(Counted.objects.filter(pk=Counted.SPENDING).values("step_ref")), Value(0))
    ahead = Step.objects.filter(pk__gt=counted)
    bound = Subquery(ahead.order_by("pk").values("pk")[MOST_UNCOUNTED - 1 : MOST_UNCOUNTED])
    young = ahead.filter(pk__lte=Coalesce(bound, Value(BigIntegerField.MAX_BIGINT)))
    young = young.filter(kind=Step.Kind.THINK, cost_nanos__gt=0, finished_at__gte=begin)
    return dict(young.order_by().values_list("attempt__swarm").annotate(Sum("cost_nanos")))


def read_budget(swarm: Swarm) -> BudgetUse | None:
    """Return how a swarm stands against its budget; None: it has none."""
    if swarm.budget_nanos is None:
        return None
    today = clock.site_day()
    month, week = today.replace(day=1), today - timedelta(days=SPAN_DAYS - 1)
    sums = SwarmSpend.objects.filter(swarm=swarm, day__gte=min(month, week)).aggregate(
        month=Sum("cost_nanos", filter=Q(day__gte=month)), week=Sum("cost_nanos", filter=Q(day__gte=week))
    )
    young = read_uncounted().get(swarm.pk, 0)
    spent, lately = ((sums[span] or 0) + young for span in ("month", "week"))
    return BudgetUse(swarm.pk, swarm.name, swarm.budget_nanos, spent, lately, today)


def list_budgets(user: Any, swarm: int | None, most: int) -> list[BudgetUse]:
    """Return the budgets that `user` may see, the most used first, as far as calls are counted. One query."""
    today = clock.site_day()
    rows = visible_to(user, Swarm.objects.filter(archived_at=None, budget_nanos__gt=0), "pk")
    rows = rows.filter(pk=swarm) if swarm else rows
    found = rows.annotate(
        spent=_sum_since(today.replace(day=1)), week=_sum_since(today - timedelta(days=SPAN_DAYS - 1))
    )
    used = found.annotate(share=Cast("spent", FloatField()) / Cast("budget_nanos", FloatField())).order_by(
        "-share", "pk"
    )
    values = used.values_list("pk", "name", "budget_nanos", "spent", "week")[:most]
    return [BudgetUse(pk, name, budget or 0, spent, week, today) for pk, name, budget, spent, week in values]


def _sum_since(day: date) -> Any:
    rows: QuerySet[Any] = SwarmSpend.objects.filter(swarm=OuterRef("pk"), day__gte=day).order_by().values("swarm")
    return Coalesce(Subquery(rows.annotate(nanos=Sum("cost_nanos")).values("nanos")), Value(0))
