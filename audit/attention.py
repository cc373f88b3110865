"""Raising and settling what waits for a person. Runs inside the caller's transaction."""

from datetime import datetime

from django.utils import timezone

from audit.actors import Actor
from audit.events import Fact, Kind, record
from audit.models import AttentionItem


def raise_item(
    *,
    actor: Actor,
    kind: str,
    title: str,
    object_kind: str,
    object_ref: int,
    severity: int = 50,
    body: str = "",
    workspace_ref: int | None = None,
    swarm_ref: int | None = None,
    task_ref: int | None = None,
    agent_ref: int | None = None,
    agent_name: str = "",
    expires_at: datetime | None = None,
) -> AttentionItem:
    """Put something in front of the operators; an open item about the same object is returned as it is."""
    item, created = AttentionItem.objects.get_or_create(
        kind=kind,
        object_kind=object_kind,
        object_ref=object_ref,
        status=AttentionItem.Status.OPEN,
        defaults={
            "title": title[:200],
            "body": body,
            "severity": severity,
            "workspace_ref": workspace_ref,
            "swarm_ref": swarm_ref,
            "task_ref": task_ref,
            "agent_ref": agent_ref,
            "agent_name": agent_name,
            "expires_at": expires_at,
        },
    )
    if created:
        record(_fact(Kind.ATTENTION_RAISED, actor, item))
    return item


def settle_items(*, actor: Actor, object_kind: str, object_ref: int, status: str = "answered", answer: str = "") -> int:
    """Close the open items about an object; returns how many there were."""
    items = list(AttentionItem.objects.filter(object_kind=object_kind, object_ref=object_ref, status="open"))
    for item in items:
        settle_item(actor=actor, item=item, status=status, answer=answer)
    return len(items)


def settle_item(*, actor: Actor, item: AttentionItem, status: str = "answered", answer: str = "") -> bool:
    """Close one open item; False when somebody else was quicker."""
    changed = AttentionItem.objects.filter(pk=item.pk, status="open").update(
        status=status, answer=answer, answered_at=timezone.now(), answered_by=actor.name
    )
    if changed:
        record(_fact(Kind.ATTENTION_SETTLED, actor, item, {"status": status}))
    return bool(changed)


def _fact(kind: Kind, actor: Actor, item: AttentionItem, detail: dict[str, str] | None = None) -> Fact:
    return Fact(
        kind,
        actor,
        "attention",
        item.pk,
        item.title,
        workspace_ref=item.workspace_ref,
        swarm_ref=item.swarm_ref,
        detail={"kind": item.kind, **(detail or {})},
    )
