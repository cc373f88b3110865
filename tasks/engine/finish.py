"""How attempts leave their cell: completed, failed, waiting or released. Sets of attempts, inside the group commit."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import TypeVar

from django.db.models import F

from agents.models import Agent
from audit import topics
from audit.actors import SYSTEM
from audit.attention import raise_item
from audit.events import Fact, Kind, record
from tasks.engine.orders import Completed, Ending, Failed, Order, Released, Waiting
from tasks.engine.points import Point, reach
from tasks.models import Attempt, Task
from tasks.titles import remember_titles
from tasks.transitions import fact_of_task, settle_agents, settle_ended
from tasks.wakeups import call_for_work
from victoros.lib import clock, statements
from victoros.lib.sentences import sentence
from victoros.lib.statements import Answer
from victoros.lib.wording import say_word

E = TypeVar("E", bound=Ending)
RETRY_S = (2.0, 15.0, 60.0, 300.0)
"""How long a task rests before its 2nd, 3rd, ... attempt; the last figure holds for all later ones."""

_COMPLETE = """
UPDATE tasks_task SET status = 'completed', status_since = %s, ended_at = %s, reason = '', result = %s, evidence = %s
WHERE id = %s AND status = 'in_progress'
"""
_DONE = "UPDATE agents_agent SET done_count = done_count + %s WHERE id = %s"
_LEAVE = "UPDATE tasks_attempt SET status = %s, cell_id = NULL, fence = fence + 1, ended_at = %s WHERE {these}"


def finish(pairs: Iterable[tuple[Order, Ending | None]], awaited: Answer | None = None) -> None:
    """Carry out the endings; orders without one go on. Call inside the group commit's transaction.

    `awaited` tells whether anything waits for the tasks (`tasks.transitions.ask_whether_awaited`), if that is known.
    """
    ended = [(order, ending) for order, ending in pairs if ending is not None]
    if not ended:
        return
    _complete(_only(ended, Completed))
    _fail(_only(ended, Failed))
    _wait(_only(ended, Waiting))
    _release(_only(ended, Released))
    _settle(ended, awaited)
    settle_agents(order.agent.id for order, _ in ended)
    _mark_errors(_only(ended, Failed))
    topics.bump({"swarms"} | {f"swarm:{order.swarm.id}" for order, _ in ended})


def _settle(ended: list[tuple[Order, Ending]], awaited: Answer | None) -> None:
    """Follow up on tasks that are over, last: an attempt may have begun to wait for one of them in this very commit."""
    topics.bump(settle_ended([order.task.id for order, end in ended if isinstance(end, Completed | Failed)], awaited))


def _only(pairs: list[tuple[Order, Ending]], kind: type[E]) -> list[tuple[Order, E]]:
    return [(order, ending) for order, ending in pairs if isinstance(ending, kind)]


def _complete(pairs: list[tuple[Order, Completed]]) -> None:
    if not pairs:
        return
    now = clock.now()
    statements.tell_each(
        _COMPLETE, [(now, now, end.result, json.dumps(end.evidence), order.task.id) for order, end in pairs]
    )
    reach(Point.TASK_COMPLETING)
    _leave_cell([order.attempt_id for order, _ in pairs], "completed")
    for agent_id, count in sorted(Counter(order.agent.id for order, _ in pairs).items()):
        statements.tell(_DONE, count, agent_id)
    record(_fact(Kind.TASK_COMPLETED, order, attempt=order.n) for order, _ in pairs)
    _order_verification([order for order, _ in pairs if order.task.verify_need])


def _order_verification(orders: list[Order]) -> None:
    """Make one task for each result that somebody else must verify."""
    if not orders:
        return
    made = Task.objects.bulk_create(
        Task(
            swarm_id=order.swarm.id,
            title=f"Verify: {order.task.title}"[:200],
            kind="verify",
            needs=[order.task.verify_need],
            priority=10,
            verifies_id=order.task.id,
            key=f"verify-{order.task.id}-{order.n}",
            created_by=order.agent.name,
        )
        for order in orders
    )
    remember_titles((task.pk, task.title) for task in made)
    reach(Point.VERIFICATION_ORDERED)
    record(fact_of_task(Kind.TASK_CREATED, SYSTEM, task, verifies=task.verifies_id) for task in made)
    call_for_work()


def _fail(pairs: list[tuple[Order, Failed]]) -> None:
    now = clock.now()
    for order, end in pairs:
        Attempt.objects.filter(pk=order.attempt_id).update(
            error_category=end.category, error_message=end.message[:500], error_id=end.error_id
        )
        again = end.retryable and order.task.attempt_count < order.task.max_attempts
        rest_s = RETRY_S[min(order.task.attempt_count, len(RETRY_S)) - 1]
        Task.objects.filter(pk=order.task.id, status="in_progress").update(
            status="ready" if again else "failed",
            status_since=now,
            ready_at=now,
            not_before=now + timedelta(seconds=rest_s) if again else None,
            ended_at=None if again else now,
            reason=f"{end.category}: {end.message}"[:400],
        )
        reach(Point.ATTEMPT_FAILING)
        Agent.objects.filter(pk=order.agent.id).update(failed_count=F("failed_count") + 1)
        record(
            _fact(Kind.ATTEMPT_FAILED, order, attempt=order.n, category=end.category, error=end.error_id, again=again)
        )
        if not again:
            _report_failure(order, end)
    _leave_cell([order.attempt_id for order, _ in pairs], "failed")


def _report_failure(order: Order, end: Failed) -> None:
    record(_fact(Kind.TASK_FAILED, order, category=end.category, error=end.error_id, message=end.message[:400]))
    raise_item(
        actor=order.actor,
        kind="failed",
        title=sentence("“%(title)s” failed") % {"title": order.task.title},
        body=sentence("%(category)s: %(message)s (%(error)s)")
        % {"category": say_word(end.category), "message": end.message, "error": end.error_id},
        object_kind="task",
        object_ref=order.task.id,
        swarm_ref=order.swarm.id,
        task_ref=order.task.id,
        agent_ref=order.agent.id,
        agent_name=order.agent.name,
    )
    topics.bump({"attention"})


def _mark_errors(pairs: list[tuple[Order, Failed]]) -> None:
    for order, end in pairs:
        Agent.objects.filter(pk=order.agent.id, status="idle").update(
            status="error", status_since=clock.now(), status_reason=f"{end.category}: {end.message}"[:300]
        )


def _wait(pairs: list[tuple[Order, Waiting]]) -> None:
    now = clock.now()
    for order, end in pairs:
        Attempt.objects.filter(pk=order.attempt_id).update(
            status="waiting",
            cell=None,
            fence=F("fence") + 1,
            waiting_for=end.waiting_for,
            waiting_ref=end.ref,
            waiting_since=end.since or now,
            wake_at=end.wake_at,
        )
        Task.objects.filter(pk=order.task.id, status="in_progress").update(
            status="blocked", status_since=now, reason=(end.why or f"It waits for {end.waiting_for}.")[:400]
        )
    if pairs:
        reach(Point.ATTEMPT_SUSPENDING)
    record(_fact(Kind.ATTEMPT_WAITED, order, attempt=order.n, waiting_for=end.waiting_for) for order, end in pairs)


def _release(pairs: list[tuple[Order, Released]]) -> None:
    if not pairs:
        return
    Attempt.objects.filter(pk__in=[order.attempt_id for order, _ in pairs]).update(
        status="ready", cell=None, fence=F("fence") + 1, ready_at=clock.now()
    )
    reach(Point.ATTEMPT_LEAVING)
    record(_fact(Kind.ATTEMPT_RELEASED, order, attempt=order.n, why=end.why) for order, end in pairs)


def _leave_cell(attempt_ids: list[int], status: str) -> None:
    if attempt_ids:
        sql = _LEAVE.format(these=statements.among("id"))
        statements.tell(sql, status, clock.now(), statements.given(attempt_ids))


def _fact(kind: Kind, order: Order, **detail: object) -> Fact:
    return Fact(
        kind, order.actor, "task", order.task.id, order.task.title, swarm_ref=order.swarm.id, detail=dict(detail)
    )
