"""The mail room's acts. A sender is who acts: nobody can write in another's name.

Everything here may run inside a caller's transaction.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from agents.models import Agent, Message, Swarm
from agents.services.words import clean_data, clean_name, clean_text, require_open
from agents.states import MESSAGE
from audit import topics
from audit.actors import SYSTEM, Actor
from audit.attention import raise_item
from audit.events import Fact, Kind, record
from audit.models import AttentionItem
from victoros.lib import clock
from victoros.lib.errors import Conflict, InvalidInput, LimitReached, NotAllowed
from victoros.lib.sentences import in_english
from victoros.lib.sentences import sentence as _
from victoros.lib.statements import fetch

Status = Message.Status
_OVERDUE = """
SELECT EXISTS (SELECT 1 FROM agents_message WHERE acknowledge_by <= %s AND status IN ('delivered', 'read'))
  OR EXISTS (SELECT 1 FROM agents_message WHERE expires_at <= %s AND status = 'delivered')
"""
UNREAD = (Status.DELIVERED, Status.HELD)
"""What fills a mailbox: letters that are held will be read too."""


def send_message(
    *,
    actor: Actor,
    swarm: Swarm,
    recipient: Agent | None,
    kind: str = "inform",
    subject: str,
    body: str = "",
    data: dict[str, Any] | None = None,
    task_ref: int | None = None,
    reply_to: Message | None = None,
    key: str | None = None,
    sender_agent: Agent | None = None,
    sender_user: Any = None,
    priority: int = 0,
    acknowledge_by: datetime | None = None,
    expires_at: datetime | None = None,
) -> tuple[Message, bool]:
    """Deliver a letter to an agent's mailbox, or with `recipient=None` to the swarm's operators.

    A `key` names the act of sending: a second call with it returns the first letter and False, also when its reader
    would take no more. The sender follows
    from the actor; `sender_agent` or `sender_user` may only confirm it. Where the swarm holds its mail, a letter of an
    agent waits until a person lets it go. Records `message.sent`, and `message.held`.
    """
    _check_route(swarm, recipient, reply_to)
    letter: dict[str, Any] = {
        "swarm": swarm,
        "recipient": recipient,
        "kind": _clean_kind(kind),
        "subject": clean_name(subject, "message (its subject)", 200),
        "body": clean_text(body, "message"),
        "data": clean_data(data, "message"),
        "priority": max(-100, min(100, priority)),
        "task_ref": task_ref,
        "reply_to": reply_to,
        "acknowledge_by": acknowledge_by,
        "expires_at": expires_at,
        **_prove_sender(actor, swarm, sender_agent, sender_user),
    }
    with transaction.atomic():
        first = _find_sent(key, swarm)
        if first is not None:
            return first, False
        require_reader(recipient)
        _require_room(swarm, recipient)
        message, is_new = _deliver_once(key, letter | _hold_back(actor, swarm))
        if is_new:
            tell(actor, Kind.MESSAGE_SENT, [message], {"to": recipient.name if recipient else "operators"})
        if is_new and message.status == Status.HELD:
            tell(SYSTEM, Kind.MESSAGE_HELD, [message], {"why": "The swarm holds its mail."})
    return message, is_new


def read_mailbox(*, agent: Agent, limit: int = 50) -> list[Message]:
    """Return the agent's unread letters, most urgent and then oldest first, and mark them read.

    Letters past their expiry are left to `expire_due_mail`. Records one `message.read` for each.
    """
    now = clock.now()
    with transaction.atomic():
        unread = list(
            Message.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), recipient=agent, status=Status.DELIVERED)
            .select_related("swarm")
            .order_by("-priority", "id")[:limit]
        )
        taken = move(unread, Status.READ, read_at=now)
        tell(Actor("agent", agent.pk, agent.name), Kind.MESSAGE_READ, taken)
    return taken


def acknowledge(*, actor: Actor, message: Message) -> bool:
    """Confirm a letter on its recipient's behalf; False when it was confirmed before. Records `message.acknowledged`."""
    if actor.is_agent and actor.ref != message.recipient_id:
        raise NotAllowed(_("Only its recipient may acknowledge a message."), hint=_("Use the mailbox it was sent to."))
    with transaction.atomic():
        taken = move([message], Status.ACKNOWLEDGED, acknowledged_at=clock.now())
        if not taken and message.status != Status.ACKNOWLEDGED:
            MESSAGE.require(message.status, Status.ACKNOWLEDGED)
        tell(actor, Kind.MESSAGE_ACKNOWLEDGED, taken)
    return bool(taken)


def expire_due_mail(now: datetime) -> int:
    """End what is overdue: unread letters past their expiry, and letters nobody acknowledged in time.

    The latter become dead letters with an attention item. Returns how many letters ended. At most 500 a call.
    """
    if not fetch(_OVERDUE, now, now)[0][0]:
        return 0
    with transaction.atomic():
        overdue = _lock(Message.objects.filter(acknowledge_by__lte=now, status__in=[Status.DELIVERED, Status.READ]))
        dead = _bury(SYSTEM, overdue, _("Nobody acknowledged it in time."))
        stale = _lock(Message.objects.filter(expires_at__lte=now, status=Status.DELIVERED))
        expired = move(stale, Status.EXPIRED, dead_reason="It expired unread.")
        tell(SYSTEM, Kind.MESSAGE_EXPIRED, expired)
    return len(dead) + len(expired)


def bury_mailbox(*, actor: Actor, agent: Agent, reason: str) -> int:
    """Turn an agent's unread and held letters into dead letters; returns how many."""
    with transaction.atomic():
        unread = _lock(Message.objects.filter(recipient=agent, status__in=UNREAD), most=10_000)
        return len(_bury(actor, unread, reason))


def _check_route(swarm: Swarm, recipient: Agent | None, reply_to: Message | None) -> None:
    require_open(swarm)
    if recipient is not None and recipient.swarm_id != swarm.pk:
        raise InvalidInput(
            _("The agent %(name)s belongs to another swarm.") % {"name": recipient.name},
            hint=_("Write to an agent of %(name)s.") % {"name": swarm.name},
        )
    if reply_to is not None and reply_to.swarm_id != swarm.pk:
        raise InvalidInput(
            _("A reply stays in the swarm of the message it answers."),
            hint=_("Choose one of %(name)s.") % {"name": swarm.name},
        )


def require_reader(recipient: Agent | None) -> None:
    """Refuse a retired recipient. Asks the row, not the object in hand: the agent may have been retired since it was loaded."""
    if recipient is not None and not Agent.objects.filter(pk=recipient.pk, retired_at=None).exists():
        raise Conflict(
            _("The agent %(name)s is retired and reads no mail.") % {"name": recipient.name},
            hint=_("Write to another agent."),
        )


def _clean_kind(kind: str) -> str:
    if kind not in Message.Kind.values:
        raise InvalidInput(
            _("There is no kind of message %(value)s.") % {"value": repr(kind[:40])},
            hint=_("Kinds: %(values)s.") % {"values": ", ".join(Message.Kind.values)},
        )
    return kind


def _prove_sender(actor: Actor, swarm: Swarm, sender_agent: Agent | None, sender_user: Any) -> dict[str, Any]:
    """Return the sender's columns from the actor; refuse a claim to be somebody else."""
    claims = {("agent", sender_agent.pk)} if sender_agent is not None else set()
    if sender_user is not None:
        claims.add(("person", sender_user.pk))
    if claims - {(actor.kind, actor.ref)}:
        raise NotAllowed(
            _("Nobody may send mail in another's name."), hint=_("Leave the sender out: it follows from who acts.")
        )
    if sender_agent is not None and sender_agent.swarm_id != swarm.pk:
        raise InvalidInput(
            _("The agent %(name)s belongs to another swarm.") % {"name": sender_agent.name},
            hint=_("Mail stays in its swarm."),
        )
    return {
        "sender_agent_id": actor.ref if actor.kind == "agent" else None,
        "sender_user_id": actor.ref if actor.kind == "person" else None,
        "sender_name": actor.name[:150],
    }


def _require_room(swarm: Swarm, recipient: Agent | None) -> None:
    """Refuse a letter to a mailbox that is full: whoever reads it has to catch up first."""
    unread = Message.objects.filter(recipient=recipient, status__in=UNREAD)
    if recipient is None:
        unread = unread.filter(swarm=swarm)
    if unread[: settings.VICTOR_MAILBOX].count() >= settings.VICTOR_MAILBOX:
        whose = recipient.name if recipient else _("The operators")
        raise LimitReached(
            _("%(whose)s: %(most)s letters wait unread, which is all a mailbox holds.")
            % {"whose": whose, "most": f"{settings.VICTOR_MAILBOX:,}"},
            hint=_("Try again when some were read, or raise VICTOR_MAILBOX."),
        )


def _hold_back(actor: Actor, swarm: Swarm) -> dict[str, Any]:
    """Ask the row whether the swarm holds what agents write: it may have been told so a moment ago."""
    if actor.is_agent and Swarm.objects.filter(pk=swarm.pk, holds_mail=True).exists():
        return {"status": Status.HELD, "held_at": clock.now()}
    return {}


def _deliver_once(key: str | None, letter: dict[str, Any]) -> tuple[Message, bool]:
    if key is None:
        return Message.objects.create(**letter), True
    try:
        with transaction.atomic():
            return Message.objects.create(**letter, key=_clean_key(key)), True
    except IntegrityError:
        first = _find_sent(key, letter["swarm"])  # somebody sent it a moment ago
        if first is None:
            raise
        return first, False


def _find_sent(key: str | None, swarm: Swarm) -> Message | None:
    if key is None:
        return None
    message = Message.objects.filter(key=_clean_key(key)).first()
    if message is not None and message.swarm_id != swarm.pk:
        raise Conflict(
            _("This key named a message of another swarm."), hint=_("Choose a key that nobody else has used.")
        )
    return message


def _clean_key(key: str) -> str:
    return clean_name(key, "act of sending (its key)", 64)


def _lock(rows: Any, most: int = 500) -> list[Message]:
    return list(rows.select_for_update(of=("self",)).select_related("swarm").order_by("id")[:most])


def move(messages: Iterable[Message], status: str, **values: Any) -> list[Message]:
    """Move letters to `status` by one conditional update each; returns those that moved."""
    moved = []
    for message in messages:
        rows = Message.objects.filter(pk=message.pk, status__in=MESSAGE.sources(status))
        if rows.update(status=status, **values):
            message.status = status
            for field, value in values.items():
                setattr(message, field, value)
            moved.append(message)
        else:
            message.refresh_from_db(fields=["status"])
    return moved


def _bury(actor: Actor, messages: Iterable[Message], reason: str) -> list[Message]:
    plain = in_english(reason)
    dead = move(messages, Status.DEAD, dead_reason=plain)
    tell(actor, Kind.MESSAGE_DEAD, dead, {"reason": plain})
    for message in dead:
        raise_item(
            actor=actor,
            kind=AttentionItem.Kind.DEAD_LETTER,
            title=_("Dead letter: %(title)s") % {"title": message.subject},
            body=reason,
            object_kind="message",
            object_ref=message.pk,
            workspace_ref=message.swarm.workspace_id,
            swarm_ref=message.swarm_id,
            task_ref=message.task_ref,
            agent_ref=message.recipient_id,
            severity=40,
        )
    if dead:
        topics.bump(["attention"])
    return dead


def tell(actor: Actor, kind: Kind, messages: list[Message], detail: dict[str, Any] | None = None) -> None:
    """Write one entry for each letter, and raise the versions of what shows them."""
    if not messages:
        return
    record(
        Fact(
            kind,
            actor,
            "message",
            message.pk,
            message.subject,
            workspace_ref=message.swarm.workspace_id,
            swarm_ref=message.swarm_id,
            detail=detail or {},
        )
        for message in messages
    )
    moved = {f"mail:{message.swarm_id}" for message in messages}
    moved |= {f"agent:{message.recipient_id}" for message in messages if message.recipient_id}
    topics.bump([*moved, "mail", "audit"])
