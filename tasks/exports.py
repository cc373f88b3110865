"""Tasks, approvals and costs as the columns of a file."""

from typing import Any

from django.db.models import Case, OuterRef, QuerySet, Subquery, When

from agents.permissions import visible_to
from audit.models import AttentionItem
from tasks.models import Approval, Task
from tasks.selectors.attempts import say_state
from tasks.selectors.filters import TaskFilter
from tasks.selectors.lists import as_rows
from tasks.selectors.needs import choose_needs
from victoros.lib.exporting import Columns
from victoros.lib.figures import DOLLAR

TASK_COLUMNS: Columns = {
    "id": lambda row: row.pk,
    "title": lambda row: row.title,
    "status": lambda row: row.status,
    "status_since": lambda row: row.status_since,
    "reason": lambda row: row.reason,
    "swarm": lambda row: row.swarm.name,
    "agent": lambda row: row.agent.name if row.agent else "",
    "priority": lambda row: row.priority,
    "kind": lambda row: row.kind,
    "needs": lambda row: ", ".join(row.needs),
    "dollars": lambda row: say_dollars(row.spent.cost_nanos) if hasattr(row, "spent") else "",
    "attempts": lambda row: row.attempt_count,
    "max_attempts": lambda row: row.max_attempts,
    "parent_id": lambda row: row.parent_id,
    "created_by": lambda row: row.created_by,
    "created_at": lambda row: row.created_at,
    "started_at": lambda row: row.started_at,
    "ended_at": lambda row: row.ended_at,
    "verified_by": lambda row: row.verified_by,
}
ATTEMPT_COLUMNS: Columns = {
    "id": lambda row: row.pk,
    "task_id": lambda row: row.task_id,
    "task": lambda row: row.task.title,
    "attempt": lambda row: row.n,
    "state": say_state,
    "waiting_for": lambda row: row.waiting_for if row.status == "waiting" else "",
    "waiting_since": lambda row: row.waiting_since if row.status == "waiting" else None,
    "swarm": lambda row: row.swarm.name,
    "agent": lambda row: row.agent.name,
    "agent_id": lambda row: row.agent_id,
    "cell_id": lambda row: row.cell_id,
    "steps": lambda row: row.steps,
    "tokens_in": lambda row: row.tokens_in,
    "tokens_out": lambda row: row.tokens_out,
    "dollars": lambda row: say_dollars(row.cost_nanos),
    "created_at": lambda row: row.created_at,
    "last_step_at": lambda row: row.last_step_at,
    "ended_at": lambda row: row.ended_at,
    "error_category": lambda row: row.error_category,
    "error_message": lambda row: row.error_message,
    "error_id": lambda row: row.error_id,
}
APPROVAL_COLUMNS: Columns = {
    "id": lambda row: row.pk,
    "status": lambda row: row.status,
    "tool": lambda row: row.tool,
    "effect_class": lambda row: row.effect_class,
    "arguments": lambda row: row.arguments,
    "edited": lambda row: row.edited,
    "digest": lambda row: row.digest,
    "edited_digest": lambda row: row.edited_digest,
    "why": lambda row: row.why,
    "agent": lambda row: row.agent.name,
    "task_id": lambda row: row.task_id,
    "task": lambda row: row.task.title,
    "swarm": lambda row: row.swarm.name,
    "created_at": lambda row: row.created_at,
    "expires_at": lambda row: row.expires_at,
    "decided_at": lambda row: row.decided_at,
    "decided_by": lambda row: row.decided_by,
    "rule_id": lambda row: row.rule_id,
    "note": lambda row: row.note,
}
NEED_COLUMNS: Columns = {
    "id": lambda row: row.pk,
    "kind": lambda row: row.kind,
    "severity": lambda row: row.severity,
    "title": lambda row: str(row.title),
    "body": lambda row: str(row.body),
    "swarm_id": lambda row: row.swarm_ref,
    "task_id": lambda row: row.task_ref,
    "agent_id": lambda row: row.agent_ref,
    "agent": lambda row: row.agent_name,
    "object_kind": lambda row: row.object_kind,
    "object_id": lambda row: row.object_ref,
    "tool": lambda row: row.tool,
    "arguments": lambda row: row.arguments,
    "digest": lambda row: row.digest,
    "created_at": lambda row: row.created_at,
    "expires_at": lambda row: row.expires_at,
}
COST_COLUMNS: Columns = {
    "day": lambda row: row.day.isoformat(),
    "swarm": lambda row: row.swarm.name,
    "agent": lambda row: row.agent.name,
    "agent_id": lambda row: row.agent_id,
    "language_model": lambda row: row.llm,
    "calls": lambda row: row.calls,
    "failed": lambda row: row.failed,
    "tokens_in": lambda row: row.tokens_in,
    "tokens_out": lambda row: row.tokens_out,
    "dollars": lambda row: say_dollars(row.cost_nanos),
}
ATTEMPT_COST_COLUMNS: Columns = {
    "task_id": lambda row: row.task_id,
    "task": lambda row: row.task.title,
    "attempt": lambda row: row.n,
    "status": lambda row: row.status,
    "swarm": lambda row: row.swarm.name,
    "agent": lambda row: row.agent.name,
    "agent_id": lambda row: row.agent_id,
    "steps": lambda row: row.steps,
    "tokens_in": lambda row: row.tokens_in,
    "tokens_out": lambda row: row.tokens_out,
    "dollars": lambda row: say_dollars(row.cost_nanos),
    "created_at": lambda row: row.created_at,
    "ended_at": lambda row: row.ended_at,
}


def say_dollars(nanos: int) -> str:
    """Write billionths of a dollar exactly, with a point, whatever the reader's language."""
    return f"{nanos // DOLLAR}.{nanos % DOLLAR:09d}"


def rows_of_tasks(user: Any, choice: TaskFilter) -> QuerySet[Task]:
    """Return every task the choice means, whatever its page."""
    rows = choice.choose(visible_to(user, Task.objects.all()))
    return as_rows(rows.filter(status__in=choice.states) if choice.states else rows)


def rows_of_needs(user: Any, kind: str = "", swarm: int | None = None) -> QuerySet[AttentionItem]:
    """Return everything that waits for the reader, whatever its page, with the act that is to be approved."""
    of_act = Approval.objects.filter(pk=OuterRef("object_ref"))
    act = {name: _of_approvals(of_act, name) for name in ("tool", "arguments", "digest")}
    return choose_needs(user, kind, swarm).annotate(**act)


def _of_approvals(rows: QuerySet[Approval], name: str) -> Case:
    return Case(When(object_kind="approval", then=Subquery(rows.values(name)[:1])), default=None)


def rows_of_decided(user: Any) -> QuerySet[Approval]:
    """Return every approval the reader may look at that waits for nobody any more."""
    return visible_to(user, Approval.objects.exclude(status="pending").select_related("agent", "task", "swarm"))
