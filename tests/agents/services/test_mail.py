"""Sending, reading, confirming and losing mail."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.models import Message
from agents.services.agents import retire_agent
from agents.services.mail import acknowledge, expire_due_mail, read_mailbox, send_message
from agents.services.mail_control import redirect_message
from audit.actors import agent as agent_actor
from audit.models import AttentionItem, Entry, Topic
from tests.agents.factories import OPERATOR, make_agent, make_message, make_swarm, person_actor
from victoros.lib.errors import Conflict, InvalidInput, NotAllowed

pytestmark = pytest.mark.django_db


def test_mail_carries_the_sender_the_server_knows() -> None:
    writer = make_agent(name="Reader")
    editor = make_agent(writer.swarm, "Editor")

    message, is_new = send_message(
        actor=agent_actor(writer.pk, writer.name),
        swarm=writer.swarm,
        recipient=editor,
        subject="Summary",
        kind="handover",
    )

    assert is_new
    assert (message.sender_agent, message.sender_user, message.sender_name) == (writer, None, "Reader")
    assert Entry.objects.get(kind="message.sent").detail == {"to": "Editor"}
    assert set(Topic.objects.values_list("name", flat=True)) >= {f"mail:{writer.swarm_id}", f"agent:{editor.pk}"}


def test_nobody_writes_in_anothers_name() -> None:
    writer = make_agent()
    other = make_agent(writer.swarm)

    with pytest.raises(NotAllowed, match="another's name"):
        send_message(
            actor=agent_actor(writer.pk, writer.name),
            swarm=writer.swarm,
            recipient=None,
            subject="Trust me",
            sender_agent=other,
        )

    assert not Message.objects.exists()


def test_the_same_key_delivers_once() -> None:
    agent = make_agent()
    act: dict[str, Any] = {
        "actor": person_actor(),
        "swarm": agent.swarm,
        "recipient": agent,
        "subject": "Once",
        "key": "k1",
    }

    first, first_is_new = send_message(**act)
    second, second_is_new = send_message(**act)

    assert (first_is_new, second_is_new) == (True, False)
    assert first.pk == second.pk
    assert Entry.objects.filter(kind="message.sent").count() == 1


def test_a_key_used_in_another_swarm_gives_nothing_away() -> None:
    make_message(make_agent(), key="k1")

    with pytest.raises(Conflict, match="another swarm"):
        make_message(make_agent(), key="k1")


@pytest.mark.parametrize("data", [{"text": "a\x00b"}, {"text": "x" * 300_000}])
def test_data_that_no_column_can_hold_is_refused(data: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="data of the message"):
        make_message(make_agent(), data=data)


def test_mail_stays_in_its_swarm() -> None:
    with pytest.raises(InvalidInput, match="another swarm"):
        make_message(make_agent(), swarm=make_swarm())


def test_a_retired_agent_gets_no_mail() -> None:
    agent = make_agent()
    retire_agent(actor=OPERATOR, agent=agent)

    with pytest.raises(Conflict, match="retired"):
        make_message(agent)


@pytest.mark.parametrize("subject", ["", "x" * 201, "two\nlines", "turned \u202etxt.exe"])
def test_an_unusable_subject_is_refused(subject: str) -> None:
    with pytest.raises(InvalidInput):
        make_message(make_agent(), subject=subject)


def test_reading_a_mailbox_takes_urgent_and_old_mail_first_and_only_once() -> None:
    agent = make_agent()
    for subject, priority in (("old", 0), ("new", 0), ("urgent", 5)):
        make_message(agent, subject=subject, priority=priority)

    assert [message.subject for message in read_mailbox(agent=agent, limit=2)] == ["urgent", "old"]
    assert [message.subject for message in read_mailbox(agent=agent)] == ["new"]
    assert read_mailbox(agent=agent) == []
    assert Message.objects.filter(status="read").exclude(read_at=None).count() == 3


def test_expired_mail_is_not_read() -> None:
    agent = make_agent()
    make_message(agent, expires_at=timezone.now() - timedelta(seconds=1))

    assert read_mailbox(agent=agent) == []


def test_a_recipient_acknowledges_once_and_another_agent_never() -> None:
    agent = make_agent()
    message = make_message(agent)

    assert acknowledge(actor=agent_actor(agent.pk, agent.name), message=message) is True
    assert acknowledge(actor=agent_actor(agent.pk, agent.name), message=message) is False
    with pytest.raises(NotAllowed):
        acknowledge(actor=agent_actor(agent.pk + 1, "other"), message=message)


def test_a_dead_letter_cannot_be_acknowledged() -> None:
    agent = make_agent()
    message = make_message(agent)
    retire_agent(actor=OPERATOR, agent=agent)

    with pytest.raises(Conflict, match="cannot become acknowledged"):
        acknowledge(actor=OPERATOR, message=message)


def test_unread_mail_expires_and_unacknowledged_mail_dies() -> None:
    agent = make_agent()
    now = timezone.now()
    stale = make_message(agent, subject="stale", expires_at=now + timedelta(minutes=1))
    urgent = make_message(agent, subject="urgent", acknowledge_by=now + timedelta(minutes=1))
    plain = make_message(agent, subject="plain")

    assert expire_due_mail(now) == 0
    assert expire_due_mail(now + timedelta(minutes=2)) == 2

    for message in (stale, urgent, plain):
        message.refresh_from_db()
    assert [stale.status, urgent.status, plain.status] == ["expired", "dead", "delivered"]
    assert [item.object_ref for item in AttentionItem.objects.all()] == [urgent.pk]


def test_a_dead_letter_sent_on_reaches_the_other_agent_and_settles_the_queue() -> None:
    agent = make_agent()
    heir = make_agent(agent.swarm, "Heir")
    letter = make_message(agent, subject="Numbers", body="1, 2, 3")
    retire_agent(actor=OPERATOR, agent=agent)

    copy = redirect_message(actor=person_actor(), message=letter, recipient=heir)

    assert (copy.subject, copy.body, copy.recipient) == ("Fwd: Numbers", "1, 2, 3", heir)
    assert copy.data["forwarded_message"] == letter.pk
    assert AttentionItem.objects.get().status == "answered"
