"""What the record would say about the sample: the entries of one batch, in the order of their times."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from agents.models import Message
from audit.events import Kind
from audit.models import Entry
from tasks.models import Approval
from victoros.demo.work import Done, Run, Scene
from victoros.lib.inserting import insert_rows

ENDS = {
    "completed": Kind.TASK_COMPLETED,
    "verified": Kind.TASK_COMPLETED,
    "failed": Kind.TASK_FAILED,
    "cancelled": Kind.TASK_CANCELLED,
    "quarantined": Kind.TASK_QUARANTINED,
}
DECISIONS = {"approved": Kind.APPROVAL_APPROVED, "rejected": Kind.APPROVAL_REJECTED, "expired": Kind.APPROVAL_EXPIRED}


def write_entries(
    scene: Scene, batch: Sequence[Done], approvals: Sequence[Approval], letters: Sequence[Message]
) -> None:
    """Write what happened to these tasks, approvals and letters."""
    titles = {done.row.pk: done.row.title for done in batch}
    entries = [entry for done in batch for entry in _of_task(scene, done)]
    entries += [entry for row in approvals for entry in _of_approval(scene, row, titles[row.task_id])]
    entries += [_of_letter(row) for row in letters]
    entries.sort(key=lambda entry: entry.at)
    insert_rows(Entry, entries)


def _of_task(scene: Scene, done: Done) -> Iterator[Entry]:
    row = done.row
    yield _entry(Kind.TASK_CREATED, row.created_at, ("person", None, scene.by), "task", row, row.title)
    for run in done.runs:
        yield from _of_run(scene, run)
    if row.status in ENDS and row.ended_at:
        by = ("agent", row.agent_id, done.plan.player.name) if row.agent_id else ("person", None, scene.by)
        detail = {"reason": row.reason} if row.reason else {}
        yield _entry(ENDS[row.status], row.ended_at, by, "task", row, row.title, detail)
    if row.verified_at:
        detail = {"evidence": "compared with the sources"}
        yield _entry(Kind.TASK_VERIFIED, row.verified_at, ("person", None, scene.by), "task", row, row.title, detail)


def _of_run(scene: Scene, run: Run) -> Iterator[Entry]:
    row, task = run.row, run.done.row
    by = ("agent", row.agent_id, run.done.plan.player.name)
    yield _entry(Kind.TASK_CLAIMED, row.created_at, by, "task", task, task.title, {"attempt": row.n})
    if row.status == "waiting" and row.waiting_since:
        detail: dict[str, Any] = {"attempt": row.n, "waits_for": row.waiting_for}
        yield _entry(Kind.ATTEMPT_WAITED, row.waiting_since, by, "task", task, task.title, detail)
    if row.status == "failed" and row.ended_at:
        detail = {"attempt": row.n, "category": row.error_category, "message": row.error_message}
        yield _entry(Kind.ATTEMPT_FAILED, row.ended_at, by, "task", task, task.title, detail)


def _of_approval(scene: Scene, row: Approval, title: str) -> Iterator[Entry]:
    by = ("agent", row.agent_id, scene.names[row.agent_id])
    yield _entry(Kind.APPROVAL_ASKED, row.created_at, by, "approval", row, title, {"tool": row.tool})
    if row.status in DECISIONS:
        at = row.decided_at or min(row.expires_at, scene.now)
        decider = ("person", None, scene.by) if row.decided_by else ("system", None, "victor")
        detail = {"note": row.note} if row.note else {}
        yield _entry(DECISIONS[row.status], at, decider, "approval", row, title, detail)


def _of_letter(row: Message) -> Entry:
    by = ("agent", row.sender_agent_id, row.sender_name)
    return _entry(Kind.MESSAGE_SENT, row.sent_at, by, "message", row, row.subject)


def _entry(
    kind: Kind,
    at: datetime,
    by: tuple[str, int | None, str],
    object_kind: str,
    row: Any,
    name: str,
    detail: dict[str, Any] | None = None,
) -> Entry:
    return Entry(
        at=at,
        kind=str(kind),
        actor_kind=by[0],
        actor_ref=by[1],
        actor_name=by[2],
        swarm_ref=row.swarm_id,
        object_kind=object_kind,
        object_ref=row.pk,
        object_name=name[:200],
        detail=detail or {},
    )
