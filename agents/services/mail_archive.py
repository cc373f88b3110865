"""Putting conversations away once they are read, and bringing them back. Nothing is deleted or kept from its reader."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from agents.mailroom.selectors import find_thread
from agents.models import Message
from agents.services.mail import tell
from audit.actors import Actor
from audit.events import Kind
from audit.models import AttentionItem
from victoros.lib import clock
from victoros.lib.errors import Conflict, LimitReached
from victoros.lib.sentences import sentence, sentence_of_many

LONGEST = 1000
"""Letters of one conversation that can be put away."""
UNREAD = (Message.Status.HELD, Message.Status.DELIVERED)


class PutAway(NamedTuple):
    """What one act put away."""

    letters: int
    """How many; 0 when all of the conversation was away already."""
    at: datetime
    """Names the act: no other of the same conversation has this time."""


def archive_thread(*, actor: Actor, message: Message) -> PutAway:
    """Put the whole conversation around a letter away.

    Raises `Conflict` while any of it is unread or held, or a dead letter of it waits for a person. What comes later stands in
    the mail room. Records `message.archived` for each letter.
    """
    with transaction.atomic():
        thread = _lock_thread(message)
        rows = [row for row in thread if row.archived_at is None]
        _require_settled(rows)
        put_away = PutAway(len(rows), _choose_time(thread))
        _set_archived(rows, put_away.at)
        tell(actor, Kind.MESSAGE_ARCHIVED, rows)
    return put_away


def restore_thread(*, actor: Actor, message: Message, put_away_at: datetime | None = None) -> int:
    """Bring a conversation back from the archive; returns how many letters. Records `message.restored` for each.

    With `put_away_at` only what that one act put away: what had been away before it stays there.
    """
    with transaction.atomic():
        away = [row for row in _lock_thread(message) if row.archived_at is not None]
        rows = [row for row in away if put_away_at in (None, row.archived_at)]
        _set_archived(rows, None)
        tell(actor, Kind.MESSAGE_RESTORED, rows)
    return len(rows)


def _require_settled(rows: list[Message]) -> None:
    unread = sum(row.status in UNREAD for row in rows)
    if unread:
        said = sentence_of_many(
            "%(n)s letter of this conversation is not read yet.",
            "%(n)s letters of this conversation are not read yet.",
            unread,
        )
        raise Conflict(
            said % {"n": unread}, hint=sentence("Wait until it is read, acknowledge it, or withhold what is held.")
        )
    refs = [row.pk for row in rows]
    if AttentionItem.objects.filter(object_kind="message", object_ref__in=refs, status="open").exists():
        raise Conflict(
            sentence("A dead letter of this conversation waits for a person."),
            hint=sentence("Settle it under Needs me first."),
        )


def _choose_time(thread: list[Message]) -> datetime:
    """Return the time now, or right after the last act on this conversation should the clock not have moved since."""
    before = [row.archived_at for row in thread if row.archived_at is not None]
    return max([clock.now(), *(at + timedelta(microseconds=1) for at in before)])


def _lock_thread(message: Message) -> list[Message]:
    ids = find_thread(message.pk, LONGEST + 1)
    if len(ids) > LONGEST:
        raise LimitReached(
            sentence("This conversation has more than %(n)s letters.") % {"n": LONGEST},
            hint=sentence("It leaves the mail room by itself once its letters are old enough."),
        )
    rows = Message.objects.select_for_update(of=("self",)).filter(pk__in=ids, swarm=message.swarm_id)
    return list(rows.select_related("swarm").order_by("pk"))


def _set_archived(rows: list[Message], at: datetime | None) -> None:
    Message.objects.filter(pk__in=[row.pk for row in rows]).update(archived_at=at)
