"""The group commit: finished steps of many attempts become durable in one transaction, for those that still hold their fence."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import F

from audit import topics
from audit.events import Fact, Kind, record
from tasks.engine.advance import (
    ask_to_advance,
    ask_to_write_steps,
    can_go_at_once,
    credit_agents,
    lock_in_order,
    lock_rows,
)
from tasks.engine.finish import finish
from tasks.engine.orders import CellDeclaredDead, Completed, Ending, Failed, Waiting, Write, Written
from tasks.engine.points import Point, reach
from tasks.models import Attempt, Effect, Step
from tasks.transitions import ask_whether_awaited
from victoros.lib import clock, live
from victoros.lib.errors import VictorError
from victoros.lib.inserting import add_rows
from victoros.lib.statements import Answer, ask, change, lock, now

log = logging.getLogger(__name__)

_RENEW = "UPDATE tasks_cell SET heartbeat_at = {now} WHERE id = %s AND status IN ('alive', 'draining')"
_HOLD = "SELECT id FROM tasks_cell WHERE id = %s AND status IN ('alive', 'draining') {lock}"
_SETTLED = {"intended": Kind.EFFECT_INTENDED, "done": Kind.EFFECT_DONE, "failed": Kind.EFFECT_FAILED}


def commit_batch(cell_id: int, writes: Sequence[Write], send: topics.Send = live.publish) -> list[Written]:
    """Make all writes durable at once, at most one of each attempt; raises `CellDeclaredDead` when this cell's lease is gone.

    Safe to repeat after an error whose outcome is unknown: a write that did commit is then no longer held.
    """
    return (_commit_steps if can_go_at_once(writes) else _commit_all)(cell_id, writes, send)


def _commit_steps(cell_id: int, writes: Sequence[Write], send: topics.Send) -> list[Written]:
    """Commit steps and nothing else. Nobody waits for an answer in between: what is not held any more is not written."""
    with transaction.atomic(), topics.gather(send):
        lease = ask_for_lease(cell_id)
        lock_in_order(writes)
        advanced = ask_to_write_steps(cell_id, writes)
        topics.bump(name for write in writes for name in _topics(write))
    held = set(advanced.rows)
    if held:
        reach(Point.BATCH_COMMITTED)
    make_sure(lease)
    return [_public(write, Written(held=(write.order.attempt_id, write.order.fence) in held)) for write in writes]


def _commit_all(cell_id: int, writes: Sequence[Write], send: topics.Send) -> list[Written]:
    """Commit whatever there is: what attempts came to decides what else is written."""
    with transaction.atomic(), topics.gather(send):
        lease = ask_for_lease(cell_id)
        lock_in_order(writes)
        advanced, awaited = ask_to_advance(cell_id, writes), _ask_who_waits(writes)
        make_sure(lease)
        held = set(advanced.rows)
        reach(Point.BATCH_ADVANCED)
        results = [
            _apply(write) if (write.order.attempt_id, write.order.fence) in held else Written(held=False)
            for write in writes
        ]
        kept = [(write, result) for write, result in zip(writes, results, strict=True) if result.held]
        _take_back(kept)
        _write_journal(kept)
        finish([(write.order, _ending_of(write, result)) for write, result in kept], awaited)
        topics.bump(name for write, _ in kept for name in _topics(write))
        reach(Point.BATCH_WRITTEN)
    reach(Point.BATCH_COMMITTED)
    return [_public(write, result) for write, result in zip(writes, results, strict=True)]


def renew_lease(cell_id: int) -> None:
    """Renew the cell's heartbeat by the database's clock, or raise `CellDeclaredDead`."""
    if not change(_RENEW.format(now=now()), cell_id):
        raise CellDeclaredDead


def ask_for_lease(cell_id: int) -> Answer:
    """Hold on to the lease: whoever would declare the cell dead waits for this transaction. The answer is for `make_sure`.

    The heartbeat is not renewed by it: that is done in its own time (`renew_lease`), and costs an entry in an index.
    """
    return ask(_HOLD.format(lock=lock("FOR SHARE")), cell_id)


def make_sure(lease: Answer) -> None:
    """Raise `CellDeclaredDead` unless we hold the lease."""
    if not lease.rows:
        raise CellDeclaredDead


def _ask_who_waits(writes: Sequence[Write]) -> Answer | None:
    """Lock the tasks that end, and ask whether anything waits for them; None if none ends, or if this very batch could yet make
    something wait for one."""
    ending = {write.order.task.id for write in writes if isinstance(write.ending, Completed | Failed)}
    if not ending:
        return None
    lock_rows("tasks_task", ending)
    return None if any(write.perform for write in writes) else ask_whether_awaited(ending)


def _take_back(kept: list[tuple[Write, Written]]) -> None:
    """Uncount the steps that turned out to be a wait: they are done again when the attempt wakes."""
    waiting = [write.order.attempt_id for write, result in kept if result.waiting and write.step]
    if waiting:
        Attempt.objects.filter(pk__in=waiting).update(steps=F("steps") - 1)


def _apply(write: Write) -> Written:
    """Run what the write wants done inside the transaction; an error for people becomes the step's result."""
    if write.perform is None:
        return Written(held=True)
    try:
        with transaction.atomic():
            made = write.perform()
    except VictorError as error:
        return Written(held=True, result={"error": error.as_dict()})
    if isinstance(made, Waiting):
        return Written(held=True, result={"waiting": made}, waiting=True)
    return Written(held=True, result=made)


def _write_journal(kept: list[tuple[Write, Written]]) -> None:
    steps = []
    for write, result in kept:
        if write.step is None or result.waiting:
            continue
        if result.result is not None:
            write.step.result = result.result
        steps.append(write.step)
    if steps:
        add_rows(Step, steps)
        _credit_agents(kept)
    _write_effects(kept)


def _write_effects(kept: list[tuple[Write, Written]]) -> None:
    intents = [write.intent for write, _ in kept if write.intent is not None]
    if intents:
        Effect.objects.bulk_create(intents, ignore_conflicts=True)
        record(_effect_fact(Kind.EFFECT_INTENDED, write, write.intent.key) for write, _ in kept if write.intent)
    for write, _ in kept:
        if write.settle:
            key, status, result = write.settle
            begun_again = status == "intended"
            Effect.objects.filter(key=key).update(
                status=status,
                result=result,
                settled_at=None if begun_again else clock.now(),
                attempt=write.order.attempt_id,
                tries=F("tries") + int(begun_again),
            )
    record(_effect_fact(_SETTLED[write.settle[1]], write, write.settle[0]) for write, _ in kept if write.settle)


def _effect_fact(kind: Kind, write: Write, key: str) -> Fact:
    task = write.order.task
    return Fact(
        kind, write.order.actor, "task", task.id, task.title, swarm_ref=write.order.swarm.id, detail={"key": key}
    )


def _credit_agents(kept: list[tuple[Write, Written]]) -> None:
    totals: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for write, result in kept:
        if write.step is not None and not result.waiting:
            total = totals[write.order.agent.id]
            total[0] += 1
            total[1] += write.step.tokens_in + write.step.tokens_out
            total[2] += write.step.cost_nanos
    credit_agents([(agent_id, *totals[agent_id]) for agent_id in sorted(totals)])


def _ending_of(write: Write, result: Written) -> Ending | None:
    if result.waiting and result.result is not None:
        waiting: Waiting = result.result["waiting"]
        return waiting
    return write.ending


def _topics(write: Write) -> list[str]:
    return [f"task:{write.order.task.id}", f"agent:{write.order.agent.id}"]


def _public(write: Write, result: Written) -> Written:
    if result.waiting:
        return Written(held=True, waiting=True)
    value: dict[str, Any] | None = result.result
    if value is None and write.step is not None:
        value = write.step.result
    return Written(held=result.held, result=value)
