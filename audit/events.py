"""Writing the record. Every kind of entry is named here and nowhere else."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from audit.actors import Actor
from audit.models import Entry
from victoros.lib.inserting import add_rows


class Kind(models.TextChoices):
    """What can happen, in the past tense; each is described in `docs/events.md`."""

    WORKSPACE_CREATED = "workspace.created"
    WORKSPACE_CHANGED = "workspace.changed"
    SETUP_ENDED = "setup.ended"
    PERSON_CREATED = "person.created"
    PERSON_CHANGED = "person.changed"
    PERSON_SIGNED_IN = "person.signed_in"
    GROUP_CREATED = "group.created"
    GROUP_CHANGED = "group.changed"
    SIGN_IN_LINK_MADE = "sign_in_link.made"
    ROLE_GRANTED = "role.granted"
    ROLE_REVOKED = "role.revoked"
    PROVIDER_ADDED = "provider.added"
    PROVIDER_CHANGED = "provider.changed"
    PROVIDER_TESTED = "provider.tested"
    SWARM_CREATED = "swarm.created"
    SWARM_CHANGED = "swarm.changed"
    SWARM_STARTED = "swarm.started"
    SWARM_PAUSED = "swarm.paused"
    SWARM_STOPPED = "swarm.stopped"
    SWARM_OVER_BUDGET = "swarm.over_budget"
    SWARM_MAIL_HELD = "swarm.mail_held"
    SWARM_MAIL_RELEASED = "swarm.mail_released"
    AGENT_CREATED = "agent.created"
    AGENT_CHANGED = "agent.changed"
    AGENT_RESUMED = "agent.resumed"
    AGENT_PAUSED = "agent.paused"
    AGENT_STOPPED = "agent.stopped"
    AGENT_RETIRED = "agent.retired"
    TASK_CREATED = "task.created"
    TASK_CHANGED = "task.changed"
    TASK_ASSIGNED = "task.assigned"
    TASK_READY = "task.ready"
    TASK_SHELVED = "task.shelved"
    TASK_CLAIMED = "task.claimed"
    TASK_BLOCKED = "task.blocked"
    TASK_COMPLETED = "task.completed"
    TASK_VERIFIED = "task.verified"
    TASK_REFUTED = "task.refuted"
    TASK_FAILED = "task.failed"
    TASK_CANCELLED = "task.cancelled"
    TASK_STOPPED = "task.stopped"
    TASK_PAUSED = "task.paused"
    TASK_RESUMED = "task.resumed"
    TASK_RETRIED = "task.retried"
    TASK_QUARANTINED = "task.quarantined"
    ATTEMPT_RESUMED = "attempt.resumed"
    ATTEMPT_RELEASED = "attempt.released"
    ATTEMPT_LET_GO = "attempt.let_go"
    ATTEMPT_WAITED = "attempt.waited"
    ATTEMPT_WOKEN = "attempt.woken"
    ATTEMPT_COMPLETED = "attempt.completed"
    ATTEMPT_FAILED = "attempt.failed"
    EFFECT_INTENDED = "effect.intended"
    EFFECT_DONE = "effect.done"
    EFFECT_FAILED = "effect.failed"
    APPROVAL_ASKED = "approval.asked"
    APPROVAL_APPROVED = "approval.approved"
    APPROVAL_EDITED = "approval.edited"
    APPROVAL_REJECTED = "approval.rejected"
    APPROVAL_EXPIRED = "approval.expired"
    APPROVAL_WITHDRAWN = "approval.withdrawn"
    RULE_MADE = "rule.made"
    RULE_USED = "rule.used"
    RULE_REVOKED = "rule.revoked"
    QUESTION_ASKED = "question.asked"
    QUESTION_ANSWERED = "question.answered"
    ATTENTION_RAISED = "attention.raised"
    ATTENTION_SETTLED = "attention.settled"
    DEVICE_ADDED = "device.added"
    DEVICE_REMOVED = "device.removed"
    CHANNEL_ADDED = "channel.added"
    CHANNEL_REMOVED = "channel.removed"
    NOTIFICATIONS_CHANGED = "notifications.changed"
    MESSAGE_SENT = "message.sent"
    MESSAGE_HELD = "message.held"
    MESSAGE_EDITED = "message.edited"
    MESSAGE_RELEASED = "message.released"
    MESSAGE_WITHHELD = "message.withheld"
    MESSAGE_READ = "message.read"
    MESSAGE_ACKNOWLEDGED = "message.acknowledged"
    MESSAGE_ARCHIVED = "message.archived"
    MESSAGE_RESTORED = "message.restored"
    MESSAGE_DEAD = "message.dead"
    MESSAGE_EXPIRED = "message.expired"
    LIST_EXPORTED = "list.exported"
    VIEW_SAVED = "view.saved"
    VIEW_DELETED = "view.deleted"
    BULK_BEGUN = "bulk.begun"
    BULK_ENDED = "bulk.ended"
    WORK_TIDIED = "work.tidied"
    AUDIT_ARCHIVED = "audit.archived"
    DEMO_FILLED = "demo.filled"
    DEMO_REMOVED = "demo.removed"
    CELL_STARTED = "cell.started"
    CELL_ENDED = "cell.ended"
    CELL_DIED = "cell.died"


@dataclass(frozen=True)
class Fact:
    """One entry to be written; `where` is (workspace id, swarm id), either may be None."""

    kind: Kind
    actor: Actor
    object_kind: str
    object_ref: int | None
    object_name: str = ""
    workspace_ref: int | None = None
    swarm_ref: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)


_bulk: ContextVar[int | None] = ContextVar("bulk", default=None)


@contextmanager
def part_of(bulk: int) -> Iterator[None]:
    """Write the number of a bulk act into every entry recorded inside, as `bulk` of its detail."""
    token = _bulk.set(bulk)
    try:
        yield
    finally:
        _bulk.reset(token)


def record(facts: Fact | Iterable[Fact]) -> None:
    """Write entries for what the current transaction changes. One statement however many."""
    rows = [_as_entry(fact) for fact in ([facts] if isinstance(facts, Fact) else facts)]
    if rows:
        add_rows(Entry, rows)


def _as_entry(fact: Fact) -> Entry:
    bulk = _bulk.get()
    return Entry(
        kind=str(fact.kind),
        actor_kind=fact.actor.kind,
        actor_ref=fact.actor.ref,
        actor_name=fact.actor.name[:150],
        workspace_ref=fact.workspace_ref,
        swarm_ref=fact.swarm_ref,
        object_kind=fact.object_kind,
        object_ref=fact.object_ref,
        object_name=fact.object_name[:200],
        detail=fact.detail if bulk is None else {**fact.detail, "bulk": bulk},
    )
