"""Holding, changing, letting go, withholding and repeating letters."""

from typing import Any

import pytest

from agents.models import Agent, Message, Swarm
from agents.services import mail
from agents.services.agents import retire_agent
from agents.services.mail import acknowledge, read_mailbox, send_message
from agents.services.mail_control import (
    edit_message,
    hold_mail_of,
    hold_message,
    redirect_message,
    release_held,
    release_message,
    replay_message,
    withhold_message,
)
from audit.actors import agent as agent_actor
from audit.models import AttentionItem, Entry
from tests.agents.factories import OPERATOR, make_agent, make_message, person_actor
from victoros.lib.errors import Conflict, InvalidInput, LimitReached

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> Agent:
    return make_agent(name="Reader")


def held_letter(reader: Agent, **fields: Any) -> Message:
    letter = make_message(reader, **fields)
    hold_message(actor=OPERATOR, message=letter)
    return letter


def test_a_held_letter_is_read_only_once_it_is_let_go(reader: Agent) -> None:
    letter = held_letter(reader)
    assert read_mailbox(agent=reader) == []

    assert release_message(actor=OPERATOR, message=letter)

    assert read_mailbox(agent=reader) == [letter]
    kinds = Entry.objects.filter(object_kind="message").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["message.sent", "message.held", "message.released", "message.read"]


def test_what_was_read_cannot_be_held(reader: Agent) -> None:
    letter = make_message(reader)
    read_mailbox(agent=reader)

    with pytest.raises(Conflict, match="read cannot become held"):
        hold_message(actor=OPERATOR, message=letter)

    letter.refresh_from_db()
    assert (letter.status, letter.held_at) == ("read", None)


def test_holding_and_letting_go_twice_changes_once(reader: Agent) -> None:
    letter = held_letter(reader)

    assert not hold_message(actor=OPERATOR, message=letter)
    assert release_message(actor=OPERATOR, message=letter)
    assert not release_message(actor=OPERATOR, message=letter)
    assert Entry.objects.filter(kind__in=["message.held", "message.released"]).count() == 2


def test_a_change_keeps_what_the_sender_wrote(reader: Agent) -> None:
    letter = held_letter(reader, subject="Numbers", body="Delete everything.")

    for body in ("Delete nothing.", "Delete one."):
        assert edit_message(actor=OPERATOR, message=letter, subject="Numbers", body=body)
    release_message(actor=OPERATOR, message=letter)

    (read,) = read_mailbox(agent=reader)
    assert read.body == "Delete one."
    assert read.original == {"subject": "Numbers", "body": "Delete everything."}
    assert Entry.objects.filter(kind="message.edited").first().detail == {"fields": ["body"]}  # type: ignore[union-attr]


def test_the_first_words_put_back_are_no_change_any_more(reader: Agent) -> None:
    letter = held_letter(reader, subject="Numbers", body="One.")
    edit_message(actor=OPERATOR, message=letter, subject="Numbers", body="Two.")

    assert edit_message(actor=OPERATOR, message=letter, subject="Numbers", body="One.")
    assert not edit_message(actor=OPERATOR, message=letter, subject="Numbers", body="One.")
    assert letter.original is None


def test_only_a_held_letter_is_changed_or_withheld(reader: Agent) -> None:
    letter = make_message(reader, body="One.")

    with pytest.raises(Conflict, match="Only a held letter"):
        edit_message(actor=OPERATOR, message=letter, subject="Numbers", body="Two.")
    with pytest.raises(Conflict, match="Only a held letter"):
        withhold_message(actor=OPERATOR, message=letter, reason="")

    letter.refresh_from_db()
    assert (letter.status, letter.body) == ("delivered", "One.")


def test_a_withheld_letter_never_arrives_and_says_why(reader: Agent) -> None:
    letter = held_letter(reader)

    assert withhold_message(actor=OPERATOR, message=letter, reason="It gives orders.")
    assert not withhold_message(actor=OPERATOR, message=letter, reason="Again.")

    letter.refresh_from_db()
    assert (letter.status, letter.dead_reason) == ("dead", "Withheld by tester: It gives orders.")
    assert not AttentionItem.objects.exists()
    with pytest.raises(Conflict):
        release_message(actor=OPERATOR, message=letter)


def test_a_swarm_holds_what_its_agents_write_and_not_what_people_write(reader: Agent) -> None:
    writer = make_agent(reader.swarm, "Writer")
    assert hold_mail_of(actor=OPERATOR, swarm=reader.swarm, hold=True)
    assert not hold_mail_of(actor=OPERATOR, swarm=reader.swarm, hold=True)

    by_agent, _ = send_message(
        actor=agent_actor(writer.pk, "Writer"), swarm=reader.swarm, recipient=reader, subject="From an agent"
    )
    by_person = make_message(reader, subject="From a person", actor=person_actor())

    assert (by_agent.status, by_person.status) == ("held", "delivered")
    assert hold_mail_of(actor=OPERATOR, swarm=reader.swarm, hold=False)
    assert [letter.subject for letter in read_mailbox(agent=reader)] == ["From a person"]
    assert release_held(actor=OPERATOR, swarm=reader.swarm) == 1
    assert [letter.subject for letter in read_mailbox(agent=reader)] == ["From an agent"]


def test_held_letters_fill_the_mailbox_too(reader: Agent, settings: object) -> None:
    settings.VICTOR_MAILBOX = 2  # type: ignore[attr-defined]
    for _ in range(2):
        held_letter(reader)

    with pytest.raises(LimitReached):
        make_message(reader)


def test_a_held_letter_dies_with_its_reader(reader: Agent) -> None:
    letter = held_letter(reader)
    retire_agent(actor=OPERATOR, agent=reader)

    with pytest.raises(Conflict, match="retired"):
        release_message(actor=OPERATOR, message=letter)

    letter.refresh_from_db()
    assert letter.status == "dead"


def test_a_letter_sent_again_is_a_copy_that_says_whose_words_it_holds(reader: Agent) -> None:
    letter = make_message(reader, subject="Numbers", body="One.")
    read_mailbox(agent=reader)
    acknowledge(actor=agent_actor(reader.pk, "Reader"), message=letter)

    copies = [replay_message(actor=OPERATOR, message=letter, key="once") for _ in range(2)]

    assert copies[0].pk == copies[1].pk
    assert (copies[0].subject, copies[0].body, copies[0].recipient) == ("Again: Numbers", "One.", reader)
    assert copies[0].data["forwarded_message"] == letter.pk


def test_a_letter_to_the_operators_is_not_sent_again_but_on(reader: Agent) -> None:
    letter = make_message(swarm=reader.swarm)

    with pytest.raises(InvalidInput):
        replay_message(actor=OPERATOR, message=letter)

    assert redirect_message(actor=OPERATOR, message=letter, recipient=reader).recipient == reader


def test_the_same_key_answers_the_same_when_the_reader_takes_no_more(reader: Agent) -> None:
    letter, reader = make_message(reader), make_agent(reader.swarm, "Late")
    first = redirect_message(actor=OPERATOR, message=letter, recipient=reader, key="once")
    retire_agent(actor=OPERATOR, agent=reader)

    assert redirect_message(actor=OPERATOR, message=letter, recipient=reader, key="once") == first
    with pytest.raises(Conflict):
        redirect_message(actor=OPERATOR, message=letter, recipient=reader, key="twice")


def test_two_at_once_with_one_key_send_one(reader: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    letter, reader = make_message(reader), make_agent(reader.swarm, "Both")
    redirect_message(actor=OPERATOR, message=letter, recipient=reader, key="once")
    monkeypatch.setattr(mail, "_find_sent", _blind_once(mail._find_sent))

    redirect_message(actor=OPERATOR, message=letter, recipient=reader, key="once")

    assert Message.objects.filter(recipient=reader).count() == 1
    assert Entry.objects.filter(kind="message.sent", detail__to="Both").count() == 1


def _blind_once(found: Any) -> Any:
    """Return a look that sees nothing the first time, as when somebody sends in the same moment."""
    seen: list[int] = []

    def look(key: str | None, swarm: Swarm) -> Message | None:
        seen.append(1)
        return None if len(seen) == 1 else found(key, swarm)

    return look
