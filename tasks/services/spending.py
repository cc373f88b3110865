"""Counting calls to language models by day, agent and model, a little in each round of the scheduler. Every step counts once."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from audit.topics import bump
from tasks.models import Attempt, Counted, Step, TaskCost
from tasks.services.minutes import find_last, move_on, was_still
from victoros.lib import clock

LAG = timedelta(seconds=30)
"""What is younger is counted later. Longer than any commit of a step may be on its way, so that no call is missed."""
TASKS_AT_ONCE = 500
_ADD = """
INSERT INTO {table} ({keys}, calls, failed, tokens_in, tokens_out, cost_nanos)
VALUES ({marks})
ON CONFLICT ({once}) DO UPDATE SET
  calls = {table}.calls + excluded.calls, failed = {table}.failed + excluded.failed,
  tokens_in = {table}.tokens_in + excluded.tokens_in, tokens_out = {table}.tokens_out + excluded.tokens_out,
  cost_nanos = {table}.cost_nanos + excluded.cost_nanos
"""
_ADD_OF_AGENTS = _ADD.format(
    table="tasks_spend", keys="day, swarm_id, agent_id, llm", once="day, agent_id, llm", marks=", ".join(["%s"] * 9)
)
_ADD_OF_SWARMS = _ADD.format(
    table="tasks_swarmspend", keys="day, swarm_id, llm", once="day, swarm_id, llm", marks=", ".join(["%s"] * 8)
)
_WRONG = """
WITH summed AS (
  SELECT day, swarm_id, llm, sum(calls), sum(failed), sum(tokens_in), sum(tokens_out), sum(cost_nanos)
  FROM tasks_spend GROUP BY day, swarm_id, llm),
kept AS (SELECT day, swarm_id, llm, calls, failed, tokens_in, tokens_out, cost_nanos FROM tasks_swarmspend)
SELECT count(*) FROM (
  SELECT day, swarm_id, llm FROM (SELECT * FROM summed EXCEPT SELECT * FROM kept) AS lacking
  UNION SELECT day, swarm_id, llm FROM (SELECT * FROM kept EXCEPT SELECT * FROM summed) AS surplus) AS wrong
"""
_ADD_UP = """
INSERT INTO tasks_swarmspend (day, swarm_id, llm, calls, failed, tokens_in, tokens_out, cost_nanos)
SELECT day, swarm_id, llm, sum(calls), sum(failed), sum(tokens_in), sum(tokens_out), sum(cost_nanos)
FROM tasks_spend GROUP BY day, swarm_id, llm
"""

Row = tuple[date, int, int, str, int, int, int, int, int]
"""Day, swarm, agent, language model; calls, those that failed, tokens there and back, billionths of a dollar."""


def count_spending() -> int:
    """Add the calls since the last round to the spending; returns how many there were.

    It begins with the first step there is: the past is counted too, a slice in each round. Reads first and writes in one short
    transaction, which changes nothing when another process counted meanwhile.
    """
    horizon = clock.now() - LAG
    if was_still(Counted.SPENDING, horizon):
        return 0
    before = Counted.objects.get_or_create(pk=Counted.SPENDING, defaults={"until": horizon})[0]
    last = find_last(before.step_ref, horizon)
    rows, dearer = _count(before.step_ref, last), _find_dearer(before.step_ref, last)
    with transaction.atomic():
        if not move_on(before, last, horizon):
            return 0
        add_calls(rows)
        count_tasks(dearer)
        if rows:
            bump({"swarms"})
    return sum(row[4] for row in rows)


def add_calls(rows: Sequence[Row]) -> None:
    """Add calls to what their agents and their swarms spent. Call within a transaction."""
    of_swarms: dict[tuple[date, int, str], list[int]] = defaultdict(lambda: [0] * 5)
    for day, swarm, _agent, llm, *figures in rows:
        of_swarms[day, swarm, llm] = [sum(pair) for pair in zip(of_swarms[day, swarm, llm], figures, strict=True)]
    _add(_ADD_OF_AGENTS, rows)
    _add(_ADD_OF_SWARMS, [(*key, *figures) for key, figures in sorted(of_swarms.items())])


def count_tasks(task_ids: Sequence[int]) -> None:
    """Set what these tasks have cost to the sum of their attempts; twice does no harm. Call within a transaction."""
    for begin in range(0, len(task_ids), TASKS_AT_ONCE):
        ids = task_ids[begin : begin + TASKS_AT_ONCE]
        sums = Attempt.objects.filter(task__in=ids).order_by().values_list("task").annotate(Sum("cost_nanos"))
        rows = [TaskCost(task_id=task, cost_nanos=nanos) for task, nanos in sorted(sums) if nanos]
        TaskCost.objects.bulk_create(rows, update_conflicts=True, unique_fields=["task"], update_fields=["cost_nanos"])


def count_wrong() -> int:
    """Return for how many days and models of swarms the sum is not that of their agents. Reads all of what was spent."""
    with connection.cursor() as cursor:
        cursor.execute(_WRONG)
        return int(cursor.fetchone()[0])


def recount_swarms() -> int:
    """Add up anew what swarms spent where that is wrong; returns how many sums were. Whoever counts meanwhile waits."""
    if not count_wrong():
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("LOCK TABLE tasks_spend, tasks_swarmspend IN SHARE ROW EXCLUSIVE MODE")
        wrong = count_wrong()
        if wrong:
            cursor.execute("DELETE FROM tasks_swarmspend")
            cursor.execute(_ADD_UP)
    return wrong


def _find_dearer(counted: int, last: int) -> list[int]:
    """Return the tasks for which a step with a price was made."""
    rows = Step.objects.filter(pk__gt=counted, pk__lte=last, cost_nanos__gt=0)
    return sorted(rows.order_by().values_list("attempt__task", flat=True).distinct())


def _count(counted: int, last: int) -> list[Row]:
    if last <= counted:
        return []
    found = (
        Step.objects.filter(pk__gt=counted, pk__lte=last, kind=Step.Kind.THINK)
        .annotate(day=TruncDate("finished_at", tzinfo=timezone.get_default_timezone()))
        .values_list("day", "attempt__swarm", "attempt__agent", "name")
        .annotate(
            calls=Count("pk"),
            failed=Count("pk", filter=Q(outcome=Step.Outcome.FAILED)),
            all_in=Sum("tokens_in"),
            all_out=Sum("tokens_out"),
            nanos=Sum("cost_nanos"),
        )
        .order_by("day", "attempt__agent", "name")
    )
    return list(found)


def _add(statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    adapt: Any = connection.ops.adapt_datefield_value
    with connection.cursor() as cursor:
        if rows:
            cursor.executemany(statement, [(adapt(row[0]), *row[1:]) for row in rows])
