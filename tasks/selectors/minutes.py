"""The last hour in minutes: how much was done, how long calls took, what went wrong. One query, whatever happened."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, QuerySet, Subquery, Sum

from agents.permissions import visible_to
from agents.work import Trends
from tasks.models import Counted, Minute
from victoros.lib import clock

MINUTES = 60
LATELY = 10
"""Minutes that a figure which stands for now is taken of."""


def read_trends(user: Any, swarm_id: int | None = None) -> Trends:
    """Read the last hour of all that `user` may see, or of one swarm whose right to look at was asked before.

    It ends with the last minute that has been counted whole: a minute counted in part would look like a standstill.
    """
    now = clock.now()
    return as_trends(choose_minutes(user, now, swarm_id), now)


def choose_minutes(user: Any, now: datetime, swarm_id: int | None = None) -> "QuerySet[Any, Any]":
    """Return the question that `read_trends` asks, for who asks it together with others."""
    chosen = Minute.objects.filter(at__gte=now - timedelta(minutes=2 * MINUTES))
    return _sum(chosen.filter(swarm=swarm_id) if swarm_id else visible_to(user, chosen))


def as_trends(rows: Iterable[dict[str, Any]], now: datetime) -> Trends:
    """Return what `choose_minutes` found as rows of curves."""
    by_minute = {row["at"]: row for row in rows}
    end = max((row["until"] for row in by_minute.values() if row["until"]), default=now)
    return _as_trends(end.replace(second=0, microsecond=0) - timedelta(minutes=MINUTES), by_minute)


def _sum(rows: QuerySet[Minute]) -> "QuerySet[Any, Any]":
    names = ("steps", "failed_steps", "calls", "call_ms", "done", "failed", "cost_nanos")
    until = Subquery(Counted.objects.filter(pk=Counted.MINUTES).values("until"))
    sums = {f"all_{name}": Sum(name) for name in names}
    by_minute: QuerySet[Any, Any] = (
        rows.order_by().values("at").annotate(until=until, slowest=Max("slowest_ms"), **sums)
    )
    return by_minute


def _as_trends(begin: datetime, rows: dict[datetime, dict[str, Any]]) -> Trends:
    minutes = [rows.get(begin + timedelta(minutes=n), {}) for n in range(MINUTES)]

    def take(name: str) -> list[int]:
        return [row.get(f"all_{name}", 0) or 0 for row in minutes]

    calls, call_ms = take("calls"), take("call_ms")
    slowest = max((row.get("slowest", 0) for row in minutes), default=0)
    return Trends(
        begins_at=begin,
        steps=take("steps"),
        latencies_s=[ms / count / 1000 if count else None for ms, count in zip(call_ms, calls, strict=True)],
        errors=[a + b for a, b in zip(take("failed_steps"), take("failed"), strict=True)],
        done=take("done"),
        nanos=take("cost_nanos"),
        slowest_s=slowest / 1000 if slowest else None,
        lately_s=_average(call_ms[-LATELY:], calls[-LATELY:]),
        counted_at=max((row["until"] for row in rows.values() if row["until"]), default=None),
    )


def _average(sums: list[int], counts: list[int]) -> float | None:
    return sum(sums) / sum(counts) / 1000 if sum(counts) else None
