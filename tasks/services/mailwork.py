"""Work that begins with a letter: a request or question to a general agent becomes a task of that agent."""

from django.db import transaction

from agents.models import Message
from audit import topics
from audit.actors import SYSTEM, Actor
from audit.events import Fact, Kind, record
from tasks.engine.points import Point, reach
from tasks.services.making import create_task
from victoros.lib import clock
from victoros.lib.statements import fetch

ASKING = ("request", "question")
AT_ONCE = 100
_WAITING = f"""
SELECT m.id FROM agents_message m JOIN agents_agent a ON a.id = m.recipient_id
WHERE m.status = 'delivered' AND m.kind IN {ASKING} AND a.program = 'loop' AND a.retired_at IS NULL ORDER BY m.id LIMIT {AT_ONCE}
"""  # nosec B608: constants only


def take_up_mail() -> int:
    """Make a task of each unread request or question to an agent that runs the general loop; returns how many.

    Agents with another program read their mailbox themselves. Safe to run twice: the message's number is the task's key.
    """
    waiting = [pk for (pk,) in fetch(_WAITING)]
    if not waiting:
        return 0
    letters = Message.objects.filter(pk__in=waiting).select_related("recipient", "swarm")
    return sum(_take_up(letter) for letter in letters.order_by("pk"))


@transaction.atomic
def _take_up(letter: Message) -> bool:
    read = Message.objects.filter(pk=letter.pk, status="delivered").update(status="read", read_at=clock.now())
    agent = letter.recipient
    if not read or agent is None:
        return False
    reach(Point.MAIL_TAKING_UP)
    with topics.gather():
        create_task(
            actor=SYSTEM,
            swarm=letter.swarm,
            title=f"Answer {letter.sender_name}: {letter.subject}"[:200],
            text=_describe(letter),
            kind="mail",
            data={"message": letter.pk},
            priority=letter.priority,
            agent=agent,
            key=f"mail-{letter.pk}",
        )
        record(
            Fact(
                Kind.MESSAGE_READ,
                Actor("agent", agent.pk, agent.name),
                "message",
                letter.pk,
                letter.subject,
                swarm_ref=letter.swarm_id,
            )
        )
        topics.bump({f"mail:{letter.swarm_id}", f"agent:{agent.pk}"})
    return True


def _describe(letter: Message) -> str:
    to = letter.sender_name if letter.sender_agent_id else "operators"
    return (
        f"Message {letter.pk}, a {letter.kind} from {letter.sender_name}: {letter.subject}\n\n{letter.body}\n\n"
        f"Answer it: call send_mail with to={to}, kind=answer, reply_to={letter.pk}; then call complete."
    )
