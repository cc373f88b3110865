"""Letters as lists and threads. The number of queries does not grow with the rows."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from agents.models import Agent, Message
from agents.permissions import OPERATE, may, visible_to
from agents.selectors.choices import PAGE, Choice
from victoros.lib.errors import NotFound
from victoros.lib.lean import lean
from victoros.lib.paging import Order, read_page

STATES = (*Message.Status.values, "unread", "lost", "archived")
"""`unread` is delivered and not read; `lost` is dead or expired; all but `archived` leave out what is put away."""
COUNTED = 1000
"""Beyond this many letters a list says `1,000+` instead of counting on."""
LONGEST_THREAD = 100
_THREAD = """
WITH RECURSIVE
up(id, reply_to_id) AS (
  SELECT id, reply_to_id FROM agents_message WHERE id = %s
  UNION SELECT m.id, m.reply_to_id FROM agents_message m JOIN up ON m.id = up.reply_to_id),
thread(id) AS (
  SELECT id FROM up WHERE reply_to_id IS NULL
  UNION SELECT m.id FROM agents_message m JOIN thread ON m.reply_to_id = thread.id)
SELECT id FROM thread ORDER BY id LIMIT %s
"""


@dataclass(frozen=True)
class MailPage:
    """One page of letters, newest first."""

    rows: list[Message]
    total: int
    is_more: bool
    """Whether there are more than `COUNTED` in all."""
    next: str
    previous: str
    lost: int
    """Dead and expired letters of the choice without its state, counted up to `COUNTED`."""
    held: int
    """Held letters of the choice without its state, counted up to `COUNTED`."""


@dataclass(frozen=True)
class Thread:
    """A letter with all that it answers and all that answers it, oldest first."""

    message: Message
    letters: list[Message]
    is_cut: bool
    may_operate: bool

    @property
    def is_archived(self) -> bool:
        """Whether all of it is put away."""
        return all(letter.archived_at for letter in self.letters)

    @property
    def is_read(self) -> bool:
        """Whether nothing of it is unread or held, so that it can be put away."""
        return not any(letter.status in ("held", "delivered") for letter in self.letters)


def list_mail(user: Any, choice: Choice) -> MailPage:
    """Return a page of the letters `user` may look at."""
    chosen = _choose(user, choice)
    rows = _in_state(chosen, choice.state)
    total = rows.order_by()[: COUNTED + 1].count()
    letters = lean(rows, without=("body", "data"), swarm=["name"], recipient=["name"])
    page = read_page(letters, Order(), after=choice.after, before=choice.before, size=PAGE)
    return MailPage(
        rows=page.rows,
        total=min(total, COUNTED),
        is_more=total > COUNTED,
        next=page.after,
        previous=page.before,
        lost=_in_state(chosen, "lost").order_by()[:COUNTED].count(),
        held=_in_state(chosen, "held").order_by()[:COUNTED].count(),
    )


def find_message(user: Any, pk: int) -> Message:
    """Return a letter `user` may look at; raise `NotFound` to anybody else."""
    rows = Message.objects.select_related("swarm", "recipient", "sender_agent", "reply_to")
    message = visible_to(user, rows).filter(pk=pk).first()
    if message is None:
        raise NotFound(
            _("There is no message %(pk)s, or you may not see it.") % {"pk": pk}, hint=_("Look into the mail room.")
        )
    return message


def read_thread(user: Any, message: Message) -> Thread:
    """Return the whole conversation around a letter, at most `LONGEST_THREAD` letters."""
    ids = find_thread(message.pk, LONGEST_THREAD + 1)
    letters = Message.objects.filter(pk__in=[*ids[:LONGEST_THREAD], message.pk], swarm=message.swarm_id)
    return Thread(
        message=message,
        letters=list(letters.select_related("recipient", "sender_agent").order_by("pk")),
        is_cut=len(ids) > LONGEST_THREAD,
        may_operate=may(user, OPERATE, message.swarm),
    )


def list_readers(swarm_id: int) -> QuerySet[Agent]:
    """Return the agents of a swarm that take mail, by name."""
    return Agent.objects.filter(swarm=swarm_id, retired_at=None).order_by("name")


def find_thread(pk: int, most: int) -> list[int]:
    """Return the ids of a letter's conversation, oldest first, at most so many."""
    with connection.cursor() as cursor:
        cursor.execute(_THREAD, [pk, most])
        return [row[0] for row in cursor.fetchall()]


def choose_mail(user: Any, choice: Choice) -> QuerySet[Message]:
    """Return every letter the choice means, whatever its page."""
    return _in_state(_choose(user, choice), choice.state)


def _choose(user: Any, choice: Choice) -> QuerySet[Message]:
    chosen = visible_to(user, Message.objects.all())
    if choice.swarm:
        chosen = chosen.filter(swarm=choice.swarm)
    if choice.agent:
        chosen = chosen.filter(Q(recipient=choice.agent) | Q(sender_agent=choice.agent))
    if choice.search:
        chosen = chosen.filter(Q(subject__icontains=choice.search) | Q(sender_name__icontains=choice.search))
    return chosen


def _in_state(rows: QuerySet[Message], state: str) -> QuerySet[Message]:
    if state == "archived":
        return rows.filter(archived_at__isnull=False)
    rows = rows.filter(archived_at=None)
    if state == "unread":
        return rows.filter(status="delivered")
    if state == "lost":
        return rows.filter(status__in=["dead", "expired"])
    return rows.filter(status=state) if state else rows
