"""A whole run on one strip: where its time went and where it failed, however many steps it has."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

from django.db.models import Count, F, Max, Min, Q

from tasks.models import Attempt, Step

BUCKETS = 100
"""Columns of the strip at most."""
HEIGHT = 28
"""Height of the tallest column, in the units of the drawing."""
MOST_FAILURES = 30
"""Failed steps that are offered to jump to."""


@dataclass(frozen=True)
class Column:
    """Some steps in a row."""

    first: int
    last: int
    failed: int
    took_s: float
    x: float
    width: float
    height: float
    """By the root of the time they took, so that a long wait does not flatten the rest."""
    bad_height: float
    """The part of it that stands for failed steps."""

    @property
    def y(self) -> float:
        """Where it begins from above."""
        return round(HEIGHT - self.height, 1)

    @property
    def bad_y(self) -> float:
        """Where the part of failed steps begins from above."""
        return round(HEIGHT - self.bad_height, 1)


@dataclass(frozen=True)
class Strip:
    """The run in columns, and the place of the window that is shown."""

    columns: list[Column]
    failures: list[Any]
    """The newest failed steps, oldest first, each with `n`, `kind` and `name`."""
    failed: int
    """How many steps failed in all."""
    x: float
    width: float

    @property
    def hidden(self) -> int:
        """How many failed steps are not offered."""
        return self.failed - len(self.failures)


def read_strip(attempt: Attempt, first: int, last: int) -> Strip:
    """Return the strip of a run with the steps `first` to `last` marked. Two queries, one where nothing failed."""
    size = -(-max(attempt.steps, 1) // BUCKETS)
    steps = Step.objects.filter(attempt=attempt).order_by()
    rows = (
        steps.annotate(part=(F("n") - 1) / size)
        .values("part")
        .annotate(bad=Count("pk", filter=Q(outcome="failed")), begun=Min("started_at"), ended=Max("finished_at"))
        .order_by("part")
    )
    found = [(row["part"], row["bad"], max(0.0, (row["ended"] - row["begun"]).total_seconds())) for row in rows]
    failed = sum(bad for _, bad, _ in found)
    one = 100 * size / max(attempt.steps, 1)
    longest = max((took_s for _, _, took_s in found), default=0.0) or 1.0
    return Strip(
        columns=[_column(attempt, size, one, part, bad, took_s, longest) for part, bad, took_s in found],
        failures=_failures(steps) if failed else [],
        failed=failed,
        x=round(100 * (first - 1) / max(attempt.steps, 1), 2),
        width=round(max(100 * (last - first + 1) / max(attempt.steps, 1), 0.6), 2),
    )


def _column(attempt: Attempt, size: int, one: float, part: int, bad: int, took_s: float, longest: float) -> Column:
    first = part * size + 1
    last = min((part + 1) * size, max(attempt.steps, first))
    height = round(2 + (HEIGHT - 2) * sqrt(took_s / longest), 1)
    return Column(
        first=first,
        last=last,
        failed=bad,
        took_s=took_s,
        x=round(part * one, 2),
        width=round(one * 0.84, 2),
        height=height,
        bad_height=round(max(4.0, height * bad / size), 1) if bad else 0.0,
    )


def _failures(steps: Any) -> list[Any]:
    newest = steps.filter(outcome="failed").only("n", "kind", "name").order_by("-n")[:MOST_FAILURES]
    return list(newest)[::-1]
