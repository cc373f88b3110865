"""`victor mail`: list, send, hold and let go of messages."""

import sys

from agents.mailroom.selectors import find_message
from agents.models import Agent, Message, Swarm
from agents.permissions import require, visible_to
from agents.services import mail_control as control
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

    help = "List, send, hold and let go of messages."

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

        self._add_control(acts)

    def _add_control(self, acts: Acts) -> None:
        hold = acts.add("hold", self.hold, "keep an unread message from its reader")
        edit = acts.add("edit", self.edit, "change the words of a held message; the original is kept")
        edit.add_argument("--subject", help="the new subject; left out: as it is")
        edit.add_argument("--body", help="the new text; - reads it from standard input; left out: as it is")
        release = acts.add("release", self.release, "deliver a held message")
        withhold = acts.add("withhold", self.withhold, "never deliver a held message")
        withhold.add_argument("--reason", default="", help="stands in the message and in the record")
        replay = acts.add("replay", self.replay, "send a message to its recipient once more, as a copy")
        redirect = acts.add("redirect", self.redirect, "send a copy of a message to another agent of its swarm")
        redirect.add_argument("--to", required=True, metavar="A", help="id or name of the agent")
        for act in (replay, redirect):
            act.add_argument("--key", help="names this act of sending: the same key makes one copy")
        for act in (hold, edit, release, withhold, replay, redirect):
            act.add_argument("message", type=int, metavar="ID", help="number of the message")
        acts.add("hold-all", self.hold_all, "hold what a swarm's agents write from now on").add_argument("swarm")
        acts.add("release-all", self.release_all, "end that, and deliver what is held").add_argument("swarm")

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

    def hold(self, message: int) -> Answer:
        """Keep an unread message from its reader."""
        found = self._find_message(message)
        return _tell(found, control.hold_message(actor=person(self.user), message=found))

    def edit(self, message: int, subject: str | None, body: str | None) -> Answer:
        """Change the words of a held message."""
        found = self._find_message(message)
        words = found.body if body is None else _read_input() if body == "-" else body
        changed = control.edit_message(
            actor=person(self.user), message=found, subject=found.subject if subject is None else subject, body=words
        )
        return _tell(found, changed)

    def release(self, message: int) -> Answer:
        """Deliver a held message."""
        found = self._find_message(message)
        return _tell(found, control.release_message(actor=person(self.user), message=found))

    def withhold(self, message: int, reason: str) -> Answer:
        """Never deliver a held message."""
        found = self._find_message(message)
        return _tell(found, control.withhold_message(actor=person(self.user), message=found, reason=reason))

    def replay(self, message: int, key: str | None) -> Answer:
        """Send a message once more."""
        copy = control.replay_message(actor=person(self.user), message=self._find_message(message), key=key)
        return Answer(describe(copy), str(copy.pk))

    def redirect(self, message: int, to: str, key: str | None) -> Answer:
        """Send a copy to another agent."""
        found = self._find_message(message)
        recipient = self._find_agent(to, str(found.swarm_id))
        copy = control.redirect_message(actor=person(self.user), message=found, recipient=recipient, key=key)
        return Answer(describe(copy), str(copy.pk))

    def hold_all(self, swarm: str) -> Answer:
        """Hold the mail of a swarm."""
        found = self._find_operated(swarm)
        changed = control.hold_mail_of(actor=person(self.user), swarm=found, hold=True)
        return Answer({"swarm": found.pk, "holds_mail": True, "changed": changed}, "held")

    def release_all(self, swarm: str) -> Answer:
        """End the hold and deliver what is held."""
        found, actor = self._find_operated(swarm), person(self.user)
        changed, released = control.hold_mail_of(actor=actor, swarm=found, hold=False), 0
        while count := control.release_held(actor=actor, swarm=found):
            released += count
        said = f"{released} delivered"
        return Answer({"swarm": found.pk, "holds_mail": False, "changed": changed, "released": released}, said)

    def _find_message(self, pk: int) -> Message:
        message = find_message(self.user, pk)
        require(self.user, "operate", message.swarm)
        return message

    def _find_operated(self, reference: str) -> Swarm:
        swarm = self._find_swarm(reference)
        require(self.user, "operate", swarm)
        return swarm

    def _find_swarm(self, reference: str) -> Swarm:
        return find_row(visible_to(self.user, Swarm.objects.all(), "pk"), reference, "swarm")

    def _find_agent(self, reference: str, swarm: str | None) -> Agent:
        rows = visible_to(self.user, Agent.objects.select_related("swarm"))
        return find_row(rows.filter(swarm=self._find_swarm(swarm)) if swarm else rows, reference, "agent")


def describe(message: Message) -> Document:
    """Return a message as a document."""
    recipient = message.recipient.name if message.recipient else "operators"
    return describe_row(message, recipient_name=recipient, swarm_name=message.swarm.name)


def _tell(message: Message, changed: bool) -> Answer:
    return Answer({**describe(message), "changed": changed}, message.status if changed else "nothing to do")


def _read_input() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise InvalidInput("The text on standard input is not UTF-8.", hint="Convert it first, with iconv.") from error
