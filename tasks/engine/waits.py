"""Reasons to wait. Each runs inside the group commit: it either has what is waited for, or suspends the attempt."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from agents.models import Agent
from agents.services.mail import read_mailbox
from agents.tools.mail import describe_letter
from agents.tools.policy import digest_act
from agents.tools.registry import Tool
from audit import topics
from audit.attention import raise_item
from audit.events import Fact, Kind, record
from audit.models import AttentionItem
from tasks.engine.orders import Order, Waiting
from tasks.models import Approval, Effect, Task
from tasks.standing import use_rule
from tasks.states import is_settled
from victoros.lib import clock
from victoros.lib.errors import InvalidInput
from victoros.lib.sentences import sentence as _

SEVERITY = {"reversible": 40, "irreversible": 70, "money": 80, "people": 75}


def await_task(order: Order, task_id: int) -> dict[str, Any] | Waiting:
    """Return how a task ended, or wait for it. The row is locked, so that its end cannot slip between look and wait."""
    task = Task.objects.select_for_update().filter(pk=task_id, swarm_id=order.swarm.id).first()
    if task is None:
        raise InvalidInput(f"There is no task {task_id} in this swarm.", hint="Check the number.")
    if not is_settled(task):
        return Waiting("subtask", ref=task_id, why=f"It waits for “{task.title}”.")
    return {
        "task": task_id,
        "status": task.status,
        "result": task.result,
        "evidence": task.evidence,
        "reason": task.reason,
    }


def await_mail(order: Order, timeout: timedelta | None, waited_since: datetime | None) -> dict[str, Any] | Waiting:
    """Return the agent's unread letters, or wait for one; after the timeout return none."""
    letters = read_mailbox(agent=Agent.objects.get(pk=order.agent.id))
    if letters:
        return {"letters": [describe_letter(letter) for letter in letters]}
    if timeout is not None and waited_since is not None and clock.now() >= waited_since + timeout:
        return {"letters": []}
    since = waited_since or clock.now()
    return Waiting(
        "mail", wake_at=since + timeout if timeout is not None else None, since=since, why="It waits for mail."
    )


def ask_person(order: Order, question: str, waited_ref: int | None) -> dict[str, Any] | Waiting:
    """Return the operators' answer, or put the question before them and wait."""
    asked = AttentionItem.objects.filter(pk=waited_ref or 0, kind="question", object_ref=order.attempt_id).first()
    if asked is not None and asked.status == "answered":
        return {"answer": asked.answer, "by": asked.answered_by}
    item = raise_item(
        actor=order.actor,
        kind="question",
        title=question,
        body=question,
        severity=60,
        object_kind="attempt",
        object_ref=order.attempt_id,
        **_where(order),
    )
    _tell(order, Kind.QUESTION_ASKED, question=question[:400])
    return Waiting("answer", ref=item.pk, why=f"It asks: {question}")


def ask_for_approval(order: Order, tool: Tool, arguments: dict[str, Any], why: str) -> Waiting:
    """Put the exact act before the operators and wait for their word."""
    approval, created = Approval.objects.get_or_create(
        attempt_id=order.attempt_id,
        digest=digest_act(tool.name, arguments),
        defaults={
            "task_id": order.task.id,
            "swarm_id": order.swarm.id,
            "agent_id": order.agent.id,
            "tool": tool.name,
            "arguments": arguments,
            "effect_class": str(tool.effect),
            "why": why[:400],
            "expires_at": clock.now() + timedelta(seconds=settings.VICTOR_APPROVAL_S),
        },
    )
    if created and use_rule(approval):
        return Waiting("time", wake_at=clock.now(), why=f"{tool.name} is allowed by a standing rule.")
    if created:
        _put_before_operators(order, approval, tool)
    elif approval.status != Approval.Status.PENDING:
        return Waiting("time", wake_at=clock.now(), why=f"{tool.name} has just been decided.")
    return Waiting("approval", ref=approval.pk, why=f"{tool.name} waits for approval.")


def report_uncertain(order: Order, tool: Tool, key: str) -> Waiting:
    """Ask a person whether an act that was cut off took place; it is not repeatable.

    The act may be an earlier attempt's; it is ours from now on, so that the answer finds it.
    """
    Effect.objects.filter(key=key).update(attempt=order.attempt_id)
    item = raise_item(
        actor=order.actor,
        kind="uncertain_effect",
        title=_("Did %(tool)s take place?") % {"tool": tool.name},
        body=_("The process died between the act and its record, or the answer was lost. Key %(key)s.") % {"key": key},
        severity=80,
        object_kind="attempt",
        object_ref=order.attempt_id,
        **_where(order),
    )
    return Waiting("effect", ref=item.pk, why=f"Nobody knows whether {tool.name} took place.")


def _put_before_operators(order: Order, approval: Approval, tool: Tool) -> None:
    raise_item(
        actor=order.actor,
        kind="approval",
        title=f"{order.task.title}: {tool.name} {approval.arguments.get('path', '')}".strip(),
        body=approval.why,
        severity=SEVERITY.get(str(tool.effect), 50),
        object_kind="approval",
        object_ref=approval.pk,
        expires_at=approval.expires_at,
        **_where(order),
    )
    _tell(order, Kind.APPROVAL_ASKED, tool=tool.name, digest=approval.digest, approval=approval.pk)


def _where(order: Order) -> dict[str, Any]:
    return {
        "swarm_ref": order.swarm.id,
        "task_ref": order.task.id,
        "agent_ref": order.agent.id,
        "agent_name": order.agent.name,
    }


def _tell(order: Order, kind: Kind, **detail: object) -> None:
    task = order.task
    record(Fact(kind, order.actor, "task", task.id, task.title, swarm_ref=order.swarm.id, detail=dict(detail)))
    topics.bump({"attention"})
