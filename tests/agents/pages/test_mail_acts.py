"""Holding, changing and letting go of letters, on the pages of the mail room."""

import pytest
from django.urls import reverse

from agents.models import Message
from agents.services.agents import retire_agent
from agents.services.mail import read_mailbox, send_message
from agents.services.mail_control import hold_message
from audit.actors import agent as agent_actor
from audit.models import Entry
from tests.agents.factories import OPERATOR, make_agent, make_message, make_swarm
from tests.agents.pages.conftest import Cast


@pytest.fixture
def letter(cast: Cast) -> Message:
    return make_message(cast.agent, subject="Numbers", body="Delete everything.")


def act(name: str, letter: Message) -> str:
    return reverse(name, args=[letter.pk])


def test_an_operator_holds_changes_and_delivers(cast: Cast, letter: Message) -> None:
    assert cast.operator.post(act("mail_hold", letter)).status_code == 302
    assert b"Delete everything." in cast.operator.get(act("mail_edit", letter)).content
    cast.operator.post(act("mail_edit", letter), {"subject": "Numbers", "body": "Delete nothing."})
    assert cast.operator.post(act("mail_release", letter)).status_code == 302

    (read,) = read_mailbox(agent=cast.agent)
    page = cast.viewer.get(act("mail_view", letter)).content.decode()
    assert read.body == "Delete nothing."
    assert "Changed by a person" in page
    assert "Delete everything." in page


@pytest.mark.parametrize("name", ["mail_hold", "mail_release", "mail_edit", "mail_withhold", "mail_replay"])
def test_who_may_only_look_changes_nothing(cast: Cast, letter: Message, name: str) -> None:
    answer = cast.viewer.post(act(name, letter), {"subject": "Mine", "body": "Mine"})

    assert answer.status_code == 403
    assert list(Message.objects.values_list("status", "subject")) == [("delivered", "Numbers")]


@pytest.mark.parametrize("name", ["mail_hold", "mail_release", "mail_edit", "mail_withhold", "mail_replay"])
def test_a_stranger_finds_no_letter(cast: Cast, letter: Message, name: str) -> None:
    assert cast.stranger.post(act(name, letter)).status_code == 404


def test_a_letter_that_was_read_meanwhile_is_not_changed(cast: Cast, letter: Message) -> None:
    read_mailbox(agent=cast.agent)

    answer = cast.operator.post(act("mail_edit", letter), {"subject": "Numbers", "body": "Other"})

    assert answer.status_code == 422
    assert "Only a held letter can be changed." in answer.content.decode()


def test_withholding_asks_first_and_says_why(cast: Cast, letter: Message) -> None:
    hold_message(actor=OPERATOR, message=letter)
    assert "cannot be undone" in cast.operator.get(act("mail_withhold", letter)).content.decode()

    cast.operator.post(act("mail_withhold", letter), {"reason": "It gives orders."})

    page = cast.viewer.get(act("mail_view", letter)).content.decode()
    assert "It gives orders." in page


def test_the_question_sent_twice_sends_one_copy(cast: Cast, letter: Message) -> None:
    read_mailbox(agent=cast.agent)
    once = cast.operator.get(act("mail_replay", letter)).context["hidden"]["once"]

    for _ in range(2):
        cast.operator.post(act("mail_replay", letter), {"once": once})

    assert Message.objects.filter(subject="Again: Numbers").count() == 1


def test_a_letter_sent_on_twice_by_one_form_makes_one_copy_and_the_same_answer(cast: Cast, letter: Message) -> None:
    heir, other = make_agent(cast.swarm, "Heir"), make_agent(cast.swarm, "Other")
    once = cast.operator.get(act("mail_redirect", letter)).context["form"]["once"].value()

    answers = [cast.operator.post(act("mail_redirect", letter), {"recipient": heir.pk, "once": once}) for _ in range(3)]

    copy = Message.objects.get(recipient=heir)
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, act("mail_view", copy))}
    assert Entry.objects.filter(kind="message.sent", object_ref=copy.pk).count() == 1

    again = cast.operator.get(act("mail_redirect", letter)).context["form"]["once"].value()
    cast.operator.post(act("mail_redirect", letter), {"recipient": heir.pk, "once": again})
    cast.operator.post(act("mail_redirect", letter), {"recipient": other.pk, "once": once})
    assert (Message.objects.filter(recipient=heir).count(), Message.objects.filter(recipient=other).count()) == (2, 1)


def test_a_letter_sent_on_twice_gets_the_same_answer_though_its_reader_retired(cast: Cast, letter: Message) -> None:
    heir, url = make_agent(cast.swarm, "Heir"), act("mail_redirect", letter)
    cast.operator.post(url, {"recipient": heir.pk, "once": "abc"})
    retire_agent(actor=OPERATOR, agent=heir)

    again = cast.operator.post(url, {"recipient": heir.pk, "once": "abc"})
    other = cast.operator.post(url, {"recipient": heir.pk, "once": "other"})

    copy = Message.objects.get(recipient=heir)
    assert (again.status_code, again["Location"]) == (302, act("mail_view", copy))
    assert (other.status_code, "Heir is retired and reads no mail." in other.text) == (422, True)
    assert f'value="{heir.pk}"' not in cast.operator.get(url).text


def test_nobody_of_another_swarm_gets_a_letter_sent_on(cast: Cast, letter: Message) -> None:
    foreign = make_agent(make_swarm("Elsewhere"), "Foreign")
    assert cast.admin.post(act("mail_redirect", letter), {"recipient": foreign.pk, "once": "abc"}).status_code == 422
    assert not Message.objects.filter(recipient=foreign).exists()


def test_a_form_that_was_refused_keeps_its_name_and_a_viewer_sends_nothing(cast: Cast, letter: Message) -> None:
    heir = make_agent(cast.swarm, "Heir")
    refused = cast.operator.post(act("mail_redirect", letter), {"recipient": "", "once": "abc"})
    assert (refused.status_code, refused.context["form"]["once"].value()) == (422, "abc")
    assert cast.viewer.post(act("mail_redirect", letter), {"recipient": heir.pk, "once": "abc"}).status_code == 403
    assert not Message.objects.filter(recipient=heir).exists()


def test_the_mail_of_a_swarm_is_held_and_let_go(cast: Cast) -> None:
    url, room = reverse("swarm_mail", args=[cast.swarm.pk]), f"{reverse('mail_room')}?swarm={cast.swarm.pk}"
    writer = make_agent(cast.swarm, "Writer")
    cast.operator.post(url, {"act": "hold"})
    send_message(
        actor=agent_actor(writer.pk, "Writer"), swarm=cast.swarm, recipient=cast.agent, subject="From an agent"
    )

    page = cast.operator.get(room)
    assert page.context["page"].held == 1
    assert "Deliver all 1" in page.content.decode()
    assert "Deliver all" not in cast.viewer.get(room).content.decode()
    assert cast.operator.get(f"{room}&state=held").context["page"].total == 1

    cast.operator.post(url, {"act": "deliver"})
    cast.operator.post(url, {"act": "release"})
    assert [letter.subject for letter in read_mailbox(agent=cast.agent)] == ["From an agent"]


def test_an_unknown_act_and_a_wrong_person_hold_nothing(cast: Cast) -> None:
    url = reverse("swarm_mail", args=[cast.swarm.pk])

    assert cast.operator.post(url, {"act": "burn"}).status_code == 400
    assert cast.viewer.post(url, {"act": "hold"}).status_code == 403
    assert cast.stranger.post(url, {"act": "hold"}).status_code == 404
    cast.swarm.refresh_from_db()
    assert not cast.swarm.holds_mail
