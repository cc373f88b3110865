"""`victor mail`: list and send messages."""

import sys

from agents.models import Agent, Message, Swarm
from agents.permissions import require, visible_to
from agents.services.mail import send_message
from audit.actors import person
from victoros.lib.commands import Acts, Answer, VictorCommand, add_paging, list_answer
from victoros.lib.errors import InvalidInput
from victoros.lib.rows import Document, describe_row, find_row, list_rows

COLUMNS = {
    "id": "id",
    "sent": "sent_at",
    "from": "sender_name",
    "to": "recipient_name",
    "kind": "kind",
    "status": "status",
    "subject": "subject",
}


class Command(VictorCommand):
    """See the module."""

    help = "List and send messages."

    def add_acts(self, acts: Acts) -> None:
        """Add the sub-commands."""
        listing = acts.add("list", self.list_messages, "list messages, newest first")
        listing.add_argument("--swarm", metavar="S", help="only those of this swarm (id or name)")
        listing.add_argument("--agent", metavar="A", help="only those to this agent (id or name)")
        listing.add_argument("--status", choices=Message.Status.values, help="only those in this state")
        add_paging(listing)
        send = acts.add("send", self.send, "send a message to an agent and print its id")
        send.add_argument("--to", required=True, metavar="A", help="id or name of the agent")
        send.add_argument("--swarm", metavar="S", help="the agent's swarm, where its name alone is not unique")
        send.add_argument("--subject", required=True, help="one line, at most 200 characters")
        send.add_argument("--body", default="", help="the text; - reads it from standard input")
        send.add_argument("--kind", choices=Message.Kind.values, default="inform", help="default inform")
        send.add_argument("--key", help="names this act of sending: the same key is delivered once")

    def list_messages(
        self, swarm: str | None, agent: str | None, status: str | None, after: int | None, limit: int
    ) -> Answer:
        """List messages."""
        rows = visible_to(self.user, Message.objects.select_related("swarm", "recipient"))
        if swarm:
            rows = rows.filter(swarm=self._find_swarm(swarm))
        if agent:
            rows = rows.filter(recipient=self._find_agent(agent, swarm))
        if status:
            rows = rows.filter(status=status)
        page = list_rows(rows, describe, after=after, limit=limit)
        return list_answer(page, COLUMNS, empty="There is no mail.")

    def send(self, to: str, swarm: str | None, subject: str, body: str, kind: str, key: str | None) -> Answer:
        """Send a message."""
        recipient = self._find_agent(to, swarm)
        require(self.user, "operate", recipient.swarm)
        message, is_new = send_message(
            actor=person(self.user),
            swarm=recipient.swarm,
            recipient=recipient,
            kind=kind,
            subject=subject,
            body=_read_input() if body == "-" else body,
            key=key,
        )
        return Answer({**describe(message), "is_new": is_new}, str(message.pk))

    def _find_swarm(self, reference: str) -> Swarm:
        return find_row(visible_to(self.user, Swarm.objects.all(), "pk"), reference, "swarm")

    def _find_agent(self, reference: str, swarm: str | None) -> Agent:
        rows = visible_to(self.user, Agent.objects.select_related("swarm"))
        return find_row(rows.filter(swarm=self._find_swarm(swarm)) if swarm else rows, reference, "agent")


def describe(message: Message) -> Document:
    """Return a message as a document."""
    recipient = message.recipient.name if message.recipient else "operators"
    return describe_row(message, recipient_name=recipient, swarm_name=message.swarm.name)


def _read_input() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise InvalidInput("The text on standard input is not UTF-8.", hint="Convert it first, with iconv.") from error
