"""Counting the journal into minutes, a little in each round of the scheduler. Counts every step once; no page counts steps."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, Q, QuerySet, Sum
from django.db.models.functions import Greatest, TruncMinute

from tasks.models import Attempt, Counted, Minute, Step
from victoros.lib import clock
from victoros.lib.statements import change

LAG = timedelta(seconds=4)
"""What is younger is counted in the next round: its commit may still be on the way."""
AT_ONCE = 5_000
"""Steps counted in one slice, the rest in the next ones: SQLite sorts a slice in memory, which took 12 MB for 20,000."""
FIRST = 50_000
"""Steps that the very first round looks back at; older ones are in no minute."""
KEPT = timedelta(hours=6)

_STILL = """
UPDATE tasks_counted SET until = %s
WHERE id = %s AND NOT EXISTS (SELECT 1 FROM tasks_step WHERE tasks_step.id > tasks_counted.step_ref)
  AND NOT EXISTS (SELECT 1 FROM tasks_attempt
    WHERE tidied = 0 AND ended_at >= tasks_counted.until AND ended_at < %s)
"""

Key = tuple[int, datetime]
Figures = dict[str, int]


def count_minutes() -> int:
    """Add what happened since the last round to the minutes; returns how many steps were new.

    Reads first and writes in one short transaction, which changes nothing when another process counted meanwhile.
    """
    horizon = clock.now() - LAG
    if was_still(Counted.MINUTES, horizon):
        return 0
    before = Counted.objects.filter(pk=Counted.MINUTES).first() or _begin(horizon)
    last = find_last(before.step_ref, horizon)
    figures = _merge(_count_steps(before.step_ref, last, horizon), _count_ends(before.until, horizon))
    with transaction.atomic():
        if not move_on(before, last, horizon):
            return 0
        _add(figures)
    return sum(row["steps"] for row in figures.values())


def was_still(row: int, horizon: datetime) -> bool:
    """Tell whether neither a step nor an end came since the last round, and note that this one was done. One statement."""
    return bool(change(_STILL, horizon, row, horizon))


def _begin(horizon: datetime) -> Counted:
    newest = Step.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    defaults = {"step_ref": max(newest - FIRST, 0), "until": horizon - timedelta(hours=1)}
    return Counted.objects.get_or_create(pk=Counted.MINUTES, defaults=defaults)[0]


def find_last(counted: int, horizon: datetime) -> int:
    """Return the last step to count now: ids rise with time, but those of one moment are not in order."""
    ahead = Step.objects.filter(pk__gt=counted).order_by("pk").values_list("pk", flat=True)
    bound = ahead[AT_ONCE - 1 : AT_ONCE].first() or ahead.last() or counted
    young = ahead.filter(pk__lte=bound, finished_at__gte=horizon).first()
    return int(bound) if young is None else int(young) - 1


def _count_steps(counted: int, last: int, horizon: datetime) -> dict[Key, Figures]:
    if last <= counted:
        return {}
    took = ExpressionWrapper(F("finished_at") - F("started_at"), DurationField())
    thinks = Q(kind="think")
    rows = (
        Step.objects.filter(pk__gt=counted, pk__lte=last, finished_at__gte=horizon - KEPT)
        .annotate(minute=TruncMinute("finished_at"))
        .values_list("attempt__swarm", "minute")
        .annotate(
            Count("pk"),
            failed=Count("pk", filter=Q(outcome="failed")),
            calls=Count("pk", filter=thinks),
            took=Sum(took, filter=thinks),
            slowest=Max(took, filter=thinks),
            tokens=Sum(F("tokens_in") + F("tokens_out")),
            nanos=Sum("cost_nanos"),
        )
        .order_by()
    )
    return {(row[0], row[1]): _as_figures(row[2:]) for row in rows}


def _as_figures(row: tuple[Any, ...]) -> Figures:
    steps, failed, calls, took, slowest, tokens, nanos = row
    return {
        "steps": steps,
        "failed_steps": failed,
        "calls": calls,
        "call_ms": _in_ms(took),
        "slowest_ms": _in_ms(slowest),
        "tokens": tokens or 0,
        "cost_nanos": nanos or 0,
    }


def _count_ends(since: datetime, until: datetime) -> dict[Key, Figures]:
    rows = _ended(since, until).annotate(minute=TruncMinute("ended_at")).values_list("swarm", "minute").order_by()
    counted = rows.annotate(
        done=Count("pk", filter=Q(status="completed")),
        failed=Count("pk", filter=Q(status__in=["failed", "quarantined"])),
    )
    return {(swarm, minute): {"done": done, "failed": failed} for swarm, minute, done, failed in counted}


def _ended(since: datetime, until: datetime) -> QuerySet[Attempt]:
    """Return attempts that ended in between, by the index on how much of their journal is left: that of all young ones is."""
    return Attempt.objects.filter(tidied=0, ended_at__gte=since, ended_at__lt=until)


def _merge(*parts: dict[Key, Figures]) -> dict[Key, Figures]:
    merged: dict[Key, Figures] = {}
    for part in parts:
        for key, figures in part.items():
            merged.setdefault(key, {"steps": 0}).update(figures)
    return merged


def move_on(before: Counted, last: int, horizon: datetime) -> bool:
    """Note how far the journal is counted; False when another process did so meanwhile."""
    rows = Counted.objects.filter(pk=before.pk, step_ref=before.step_ref, until=before.until)
    return bool(rows.update(step_ref=last, until=horizon))


def _add(figures: dict[Key, Figures]) -> None:
    wanted = {at for _, at in figures}
    have = {(row.swarm_id, row.at): row for row in Minute.objects.filter(at__in=wanted)}
    Minute.objects.bulk_create(
        Minute(swarm_id=swarm, at=at, **row) for (swarm, at), row in figures.items() if (swarm, at) not in have
    )
    for key in have.keys() & figures.keys():
        _raise(have[key].pk, figures[key].items())


def _raise(pk: int, figures: Iterable[tuple[str, int]]) -> None:
    sums = {name: F(name) + value for name, value in figures if name != "slowest_ms"}
    most = {name: Greatest(F(name), value) for name, value in figures if name == "slowest_ms"}
    Minute.objects.filter(pk=pk).update(**sums, **most)


def _in_ms(span: timedelta | None) -> int:
    return max(round(span.total_seconds() * 1000), 0) if span else 0
