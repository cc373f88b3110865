"""Raising and settling what waits for a person. Runs inside the caller's transaction."""

from datetime import datetime

from audit.actors import Actor
from audit.events import Fact, Kind, record
from audit.models import AttentionItem
from audit.notifications.ringing import ring_on_commit
from victoros.lib import clock
from victoros.lib.sentences import in_english, shorten

TITLE_CHARACTERS = 200
"""Of what agents and people wrote; sentences of the program are as long as they are."""


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
            "title": shorten(title, TITLE_CHARACTERS),
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
        ring_on_commit()
    return item


def settle_items(
    *, actor: Actor, object_kind: str, object_ref: int, kind: str = "", status: str = "answered", answer: str = ""
) -> int:
    """Close the open items about an object, all or those of one kind; returns how many there were."""
    found = AttentionItem.objects.filter(object_kind=object_kind, object_ref=object_ref, status="open")
    items = list(found.filter(kind=kind) if kind else found)
    for item in items:
        settle_item(actor=actor, item=item, status=status, answer=answer)
    return len(items)


def settle_item(*, actor: Actor, item: AttentionItem, status: str = "answered", answer: str = "") -> bool:
    """Close one open item; False when somebody else was quicker."""
    changed = AttentionItem.objects.filter(pk=item.pk, status="open").update(
        status=status, answer=answer, answered_at=clock.now(), answered_by=actor.name
    )
    if changed:
        record(_fact(Kind.ATTENTION_SETTLED, actor, item, {"status": status}))
        ring_on_commit()
    return bool(changed)


def _fact(kind: Kind, actor: Actor, item: AttentionItem, detail: dict[str, str] | None = None) -> Fact:
    return Fact(
        kind,
        actor,
        "attention",
        item.pk,
        in_english(item.title),
        workspace_ref=item.workspace_ref,
        swarm_ref=item.swarm_ref,
        detail={"kind": item.kind, **(detail or {})},
    )
