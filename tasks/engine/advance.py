"""Moving attempts on: here a fence decides whether what a cell did still counts."""

from collections.abc import Sequence
from functools import lru_cache

from django.db import connection

from tasks.engine.orders import Write
from tasks.models import Step
from victoros.lib import clock
from victoros.lib.inserting import as_json, columns_given
from victoros.lib.statements import Answer, among, ask, given, numbers_given, tell

_MOVE = """
UPDATE tasks_attempt SET
  steps = v.after_n, tokens_in = tasks_attempt.tokens_in + v.t_in, tokens_out = tasks_attempt.tokens_out + v.t_out,
  cost_nanos = tasks_attempt.cost_nanos + v.nanos, last_step_at = %s,
  deaths = CASE WHEN v.after_n > v.before_n THEN 0 ELSE deaths END,
  unclear_deaths = CASE WHEN v.after_n > v.before_n THEN 0 ELSE unclear_deaths END
FROM v
WHERE tasks_attempt.id = v.attempt AND tasks_attempt.fence = v.held_fence AND tasks_attempt.status || '' = 'running'
  AND +tasks_attempt.cell_id = %s AND tasks_attempt.steps = v.before_n
"""
"""By id: what must hold besides stands in expressions, so that no plan goes through all the cell's attempts."""
_ADVANCE = f"""
WITH v(attempt, held_fence, before_n, after_n, t_in, t_out, nanos) AS ({{rows}})
{_MOVE} RETURNING tasks_attempt.id, tasks_attempt.fence
"""
_CREDIT = """
UPDATE agents_agent SET step_count = step_count + earned.n, token_count = token_count + earned.tokens,
  cost_nanos = agents_agent.cost_nanos + earned.nanos
FROM {earned} WHERE agents_agent.id = earned.agent
"""
_CREDIT_GIVEN = f"WITH earned(agent, n, tokens, nanos) AS ({{rows}}) {_CREDIT.format(earned='earned')}"
_SUMS = """(
  SELECT agent, count(*) AS n, sum(t_in + t_out) AS tokens, sum(nanos) AS nanos FROM advanced GROUP BY agent
) AS earned"""
_WRITE_STEPS = f"""
WITH v AS (
  SELECT given.*, attempt_id AS attempt, n - 1 AS before_n, n AS after_n,
    tokens_in AS t_in, tokens_out AS t_out, cost_nanos AS nanos
  FROM json_to_recordset(%s::json) AS given ({{typed}}, held_fence bigint, agent bigint)
), advanced AS (
  {_MOVE} AND EXISTS (SELECT 1 FROM tasks_cell WHERE id = %s AND status IN ('alive', 'draining')) RETURNING v.*
), written AS (
  INSERT INTO tasks_step ({{names}}) SELECT {{names}} FROM advanced
), credited AS (
  {_CREDIT.format(earned=_SUMS)}
)
SELECT attempt, held_fence FROM advanced
"""  # nosec B608: constants only
"""All that a step changes, for those that hold their fence (PostgreSQL: SQLite changes one table in a statement)."""
_LOCK = "SELECT id FROM {table} WHERE {these} ORDER BY id FOR NO KEY UPDATE"


def lock_in_order(writes: Sequence[Write]) -> None:
    """Lock attempts and agents by rising id, as stops do (PostgreSQL): two transactions must not wait for each other.

    The one attempt of a single write is locked by being moved on, and its agent after it.
    """
    if len(writes) > 1:
        lock_rows("tasks_attempt", {write.order.attempt_id for write in writes})
        lock_rows("agents_agent", {write.order.agent.id for write in writes})


def lock_rows(table: str, ids: set[int]) -> None:
    """Lock rows by rising id (PostgreSQL)."""
    if connection.features.has_select_for_update:
        tell(_LOCK.format(table=table, these=among("id")), given(ids))


def ask_to_advance(cell_id: int, writes: Sequence[Write]) -> Answer:
    """Move on those attempts that still hold their fence; the answer holds their ids and fences."""
    rows, numbers = numbers_given([_as_numbers(write) for write in writes])
    return ask(_ADVANCE.format(rows=rows), *numbers, clock.now(), cell_id)


def can_go_at_once(writes: Sequence[Write]) -> bool:
    """Whether `ask_to_write_steps` can write all there is: steps that are known whole, with nothing that follows from them."""
    return connection.vendor == "postgresql" and all(
        write.step is not None
        and write.step.n == write.before + 1
        and not (write.perform or write.intent or write.settle or write.ending)
        for write in writes
    )


def ask_to_write_steps(cell_id: int, writes: Sequence[Write]) -> Answer:
    """Move on attempts that hold their fence, if the cell lives, write their steps and credit their agents.

    The answer holds the attempts' ids and fences.
    """
    steps = [write.step for write in writes]
    held = [{"held_fence": write.order.fence, "agent": write.order.agent.id} for write in writes]
    return ask(_write_steps(), as_json(Step, steps, held), clock.now(), cell_id, cell_id)


def credit_agents(earned: Sequence[Sequence[int]]) -> None:
    """Add to what agents did: id, steps, tokens and billionths of a dollar of each."""
    rows, numbers = numbers_given(earned)
    tell(_CREDIT_GIVEN.format(rows=rows), *numbers)


@lru_cache(maxsize=1)
def _write_steps() -> str:
    names, typed = columns_given(Step)
    return _WRITE_STEPS.format(names=names, typed=typed)


def _as_numbers(write: Write) -> tuple[int, ...]:
    """Return the row for `_ADVANCE`."""
    step, order = write.step, write.order
    spent = (step.tokens_in, step.tokens_out, step.cost_nanos) if step else (0, 0, 0)
    return (order.attempt_id, order.fence, write.before, write.before + bool(step), *spent)
