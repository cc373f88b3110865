"""Acts on many letters: whether a row allows them, the calls of their services, and the ways back."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as lazy

from agents.models import Message
from agents.services import mail_control
from agents.services.mail import acknowledge
from agents.services.mail_archive import archive_thread, restore_thread
from audit.actors import Actor
from tasks.bulk.act import TAKEN_BACK, Act, Done, Given
from tasks.bulk.on_agents import find_agent
from victoros.lib.errors import InvalidInput
from victoros.lib.sentences import sentence as _
from victoros.lib.wording import say_word


def any_letter(letter: Any) -> str:
    """Allow an act on every letter."""
    return ""


def not_letter(letter: Any) -> str:
    """Say why a letter cannot be acknowledged."""
    if letter.recipient_id:
        return _("is to an agent, not to the operators")
    return "" if letter.status in ("delivered", "read") else _("is %(state)s") % {"state": say_word(letter.status)}


def not_in_mailbox(letter: Any) -> str:
    """Say why a letter cannot be held."""
    if not letter.recipient_id:
        return _("is to the operators")
    return "" if letter.status == "delivered" else _("is %(state)s") % {"state": say_word(letter.status)}


def not_held(letter: Any) -> str:
    """Say why a letter cannot be let go or withheld."""
    return "" if letter.status == "held" else _("is %(state)s") % {"state": say_word(letter.status)}


def not_read(letter: Any) -> str:
    """Say why a letter's conversation cannot be put away. One that went along with another letter's is no reason."""
    return _("is %(state)s") % {"state": say_word(letter.status)} if letter.status in ("held", "delivered") else ""


def acknowledge_letter(actor: Actor, letter: Message, given: Given) -> Done:
    """Confirm a letter to the operators."""
    acknowledge(actor=actor, message=letter)
    return _("acknowledged"), None


def hold_letter(actor: Actor, letter: Message, given: Given) -> Done:
    """Take an unread letter out of its mailbox."""
    mail_control.hold_message(actor=actor, message=letter)
    return _("held"), {"held": False}


def release_letter(actor: Actor, letter: Message, given: Given) -> Done:
    """Deliver a held letter."""
    mail_control.release_message(actor=actor, message=letter)
    return _("delivered"), {"held": True}


def hold_letter_again(actor: Actor, letter: Message, before: dict[str, Any]) -> str:
    """Bring a letter back to being held, or not, as it was."""
    (mail_control.hold_message if before["held"] else mail_control.release_message)(actor=actor, message=letter)
    return _("held again") if before["held"] else _("delivered again")


def withhold_letter(actor: Actor, letter: Message, given: Given) -> Done:
    """Never deliver a held letter."""
    mail_control.withhold_message(actor=actor, message=letter, reason=given.get("reason", ""))
    return _("withheld"), None


def redirect_letter(actor: Actor, letter: Message, given: Given) -> Done:
    """Send a copy of a letter to another agent."""
    agent = find_agent(given.get("agent"))
    if agent is None:
        raise InvalidInput(_("Nobody was chosen to send it on to."), hint=_("Choose an agent."))
    copy = mail_control.redirect_message(actor=actor, message=letter, recipient=agent)
    return _("sent on to %(name)s, no. %(pk)s") % {"name": agent.name, "pk": copy.pk}, None


def archive_letter(actor: Actor, letter: Message, given: Given) -> Done:
    """Put a letter's conversation away."""
    put_away = archive_thread(actor=actor, message=letter)
    before = {"put_away_at": put_away.at.isoformat()} if put_away.letters else None
    return (_("put away") if before else _("put away with another")), before


def restore_letter(actor: Actor, letter: Message, before: dict[str, Any]) -> str:
    """Bring back what was put away of a letter's conversation, and no more."""
    at = before.get("put_away_at")
    restore_thread(actor=actor, message=letter, put_away_at=datetime.fromisoformat(at) if at else None)
    return _("brought back")


ACTS: tuple[Act, ...] = (
    Act(
        "acknowledge",
        lazy("Acknowledge"),
        lazy("The senders learn that the operators have read them."),
        not_letter,
        acknowledge_letter,
    ),
    Act(
        "hold",
        lazy("Hold"),
        lazy("Nobody reads them until they are let go; who waits for them goes on waiting."),
        not_in_mailbox,
        hold_letter,
        hold_letter_again,
        TAKEN_BACK,
    ),
    Act(
        "release",
        lazy("Deliver"),
        lazy("Their readers get them now."),
        not_held,
        release_letter,
        hold_letter_again,
        lazy("It can be undone for those that nobody has read by then."),
    ),
    Act(
        "withhold",
        lazy("Withhold"),
        lazy("They are never delivered; they stay in the mail room."),
        not_held,
        withhold_letter,
        None,
        lazy("This cannot be undone, but a copy of each can be sent again."),
        "reason",
        "danger",
    ),
    Act(
        "redirect",
        lazy("Send on"),
        lazy("The agent you choose gets a copy of each, in your name; dead letters among them are settled."),
        any_letter,
        redirect_letter,
        asks="reader",
    ),
    Act(
        "archive",
        lazy("Put away"),
        lazy(
            "Their conversations leave the mail room, where all of them is read; answers that come later stand there."
        ),
        not_read,
        archive_letter,
        restore_letter,
        TAKEN_BACK,
    ),
)
