"""What people do with letters that are not theirs: hold, change, let go, withhold, send again, send on.

Only what nobody has read yet can be held. Whose words a letter holds is never hidden: the original stays beside a change.
"""

from django.db import transaction

from agents.models import Agent, Message, Swarm
from agents.services.mail import move, require_reader, send_message, tell
from agents.services.words import clean_line, clean_name, clean_text
from agents.states import MESSAGE
from audit import topics
from audit.actors import Actor
from audit.attention import settle_items
from audit.events import Fact, Kind, record
from victoros.lib import clock
from victoros.lib.errors import Conflict, InvalidInput
from victoros.lib.sentences import sentence

Status = Message.Status
MOST_AT_ONCE = 500
"""Letters let go in one transaction."""


def hold_message(*, actor: Actor, message: Message) -> bool:
    """Take an unread letter out of its mailbox until a person lets it go; False if it is held already.

    Raises `Conflict` once it was read. Records `message.held`.
    """
    with transaction.atomic():
        held = move([message], Status.HELD, held_at=clock.now())
        if not held and message.status != Status.HELD:
            MESSAGE.require(message.status, Status.HELD)
        tell(actor, Kind.MESSAGE_HELD, held)
    return bool(held)


def edit_message(*, actor: Actor, message: Message, subject: str, body: str) -> bool:
    """Change the words of a held letter; the sender's own words are kept. False when nothing is different.

    Raises `Conflict` unless it is held. Records `message.edited`.
    """
    words = {"subject": clean_name(subject, "message (its subject)", 200), "body": clean_text(body, "message")}
    with transaction.atomic():
        row = _lock(message)
        if row.status != Status.HELD:
            raise Conflict(
                sentence("Only a held letter can be changed."),
                hint=sentence("Hold it first, if nobody has read it yet."),
            )
        before = {"subject": row.subject, "body": row.body}
        if words == before:
            return False
        original = row.original or before
        Message.objects.filter(pk=row.pk).update(**words, original=None if words == original else original)
        tell(actor, Kind.MESSAGE_EDITED, [row], {"fields": [name for name in words if words[name] != before[name]]})
    message.refresh_from_db(fields=["subject", "body", "original"])
    return True


def release_message(*, actor: Actor, message: Message) -> bool:
    """Deliver a held letter; False if it was delivered already. Records `message.released`.

    Raises `Conflict` when its recipient was retired meanwhile, or it was withheld.
    """
    with transaction.atomic():
        require_reader(message.recipient)
        released = move([message], Status.DELIVERED, held_at=None)
        if not released and message.status in (Status.DEAD, Status.EXPIRED):
            MESSAGE.require(message.status, Status.DELIVERED)
        tell(actor, Kind.MESSAGE_RELEASED, released)
    return bool(released)


def withhold_message(*, actor: Actor, message: Message, reason: str) -> bool:
    """Never deliver a held letter; False if it was withheld already. Records `message.withheld`."""
    why = clean_line(reason, "reason", 150)
    dead_reason = f"Withheld by {actor.name}: {why}" if why else f"Withheld by {actor.name}."
    with transaction.atomic():
        row = _lock(message)
        if row.status not in (Status.HELD, Status.DEAD):
            raise Conflict(
                sentence("Only a held letter can be withheld."),
                hint=sentence("Hold it first, if nobody has read it yet."),
            )
        if row.status == Status.DEAD:
            return False
        withheld = move([row], Status.DEAD, held_at=None, dead_reason=dead_reason[:200])
        tell(actor, Kind.MESSAGE_WITHHELD, withheld, {"reason": why})
    return bool(withheld)


def hold_mail_of(*, actor: Actor, swarm: Swarm, hold: bool) -> bool:
    """Say whether what the swarm's agents write waits for a person from now on; False if that was so already.

    Letters that are held stay held when the hold ends: `release_held` lets them go. Records `swarm.mail_held` or
    `swarm.mail_released`.
    """
    with transaction.atomic():
        changed = Swarm.objects.filter(pk=swarm.pk, holds_mail=not hold).update(holds_mail=hold)
        if changed:
            kind = Kind.SWARM_MAIL_HELD if hold else Kind.SWARM_MAIL_RELEASED
            record(Fact(kind, actor, "swarm", swarm.pk, swarm.name, swarm.workspace_id, swarm.pk))
            topics.bump({"swarms", f"swarm:{swarm.pk}", f"mail:{swarm.pk}", "mail"})
    return bool(changed)


def release_held(*, actor: Actor, swarm: Swarm) -> int:
    """Deliver every letter of the swarm that is held, oldest first; returns how many. At most `MOST_AT_ONCE` a call."""
    with transaction.atomic():
        rows = Message.objects.select_for_update(of=("self",)).filter(swarm=swarm, status=Status.HELD)
        held = list(rows.select_related("swarm").order_by("id")[:MOST_AT_ONCE])
        released = move(held, Status.DELIVERED, held_at=None)
        tell(actor, Kind.MESSAGE_RELEASED, released)
    return len(released)


def redirect_message(*, actor: Actor, message: Message, recipient: Agent, key: str | None = None) -> Message:
    """Send a copy of a letter to another agent of the swarm and settle the dead letter's attention item.

    The copy is from the acting person and says whose words it holds. The same `key` sends one copy.
    """
    return _send_copy(actor, message, recipient, "Fwd: ", f"sent on to {recipient.name}", key)


def replay_message(*, actor: Actor, message: Message, key: str | None = None) -> Message:
    """Send a letter to its recipient once more, as a copy from the acting person; settles its attention item.

    The same `key` sends one copy. Raises `InvalidInput` for a letter to the operators, who have it before them.
    """
    if message.recipient is None:
        raise InvalidInput(
            sentence("The operators have this letter already."), hint=sentence("Send it on to an agent instead.")
        )
    return _send_copy(actor, message, message.recipient, "Again: ", "sent again", key)


def _send_copy(actor: Actor, message: Message, to: Agent, prefix: str, answer: str, key: str | None) -> Message:
    subject = message.subject if message.subject.startswith(prefix) else f"{prefix}{message.subject}"[:200]
    with transaction.atomic():
        copy, _ = send_message(
            actor=actor,
            swarm=message.swarm,
            recipient=to,
            kind=message.kind,
            subject=subject,
            body=message.body,
            data={**message.data, "forwarded_from": message.sender_name, "forwarded_message": message.pk},
            task_ref=message.task_ref,
            reply_to=message,
            priority=message.priority,
            key=key,
        )
        settle_items(actor=actor, object_kind="message", object_ref=message.pk, answer=answer)
    return copy


def _lock(message: Message) -> Message:
    return Message.objects.select_for_update(of=("self",)).select_related("swarm").get(pk=message.pk)
