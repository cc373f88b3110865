"""Agents write to colleagues by name and to their operators; memory keeps notes between tasks."""

from pathlib import Path

import pytest

from agents.models import Agent, Message
from agents.tools import memory
from agents.tools.mail import read_mail, send_mail
from agents.tools.memory import recall, remember
from agents.tools.registry import ToolContext
from tests.agents.factories import make_agent, make_swarm
from victoros.lib.errors import Conflict, InvalidInput

pytestmark = pytest.mark.django_db


def context_of(agent: Agent, key: str = "key") -> ToolContext:
    return ToolContext(agent.pk, agent.name, agent.swarm_id, 7, 1, Path("/nowhere"), "", key)


@pytest.fixture
def pair() -> tuple[Agent, Agent]:
    swarm = make_swarm()
    return make_agent(swarm, "Ann"), make_agent(swarm, "Ben")


def test_a_letter_reaches_the_colleague_with_its_sender_proven(pair: tuple[Agent, Agent]) -> None:
    ann, ben = pair
    sent = send_mail(context_of(ann), {"to": " Ben ", "subject": "Hello", "data": {"a": 1}})
    assert sent["sent"]
    letters = read_mail(context_of(ben), {})["letters"]
    assert [(letter["from"], letter["subject"], letter["data"], letter["task"]) for letter in letters] == [
        ("Ann", "Hello", {"a": 1}, 7)
    ]
    assert read_mail(context_of(ben), {})["letters"] == []


def test_the_same_act_sends_one_letter(pair: tuple[Agent, Agent]) -> None:
    for _ in range(2):
        sent = send_mail(context_of(pair[0]), {"to": "Ben", "subject": "Hello"})
    assert (Message.objects.count(), sent["sent"]) == (1, False)


def test_operators_can_be_written_to(pair: tuple[Agent, Agent]) -> None:
    send_mail(context_of(pair[0]), {"to": "Operators", "subject": "Help"})
    assert Message.objects.get().recipient is None


def test_nobody_of_that_name_is_told_with_the_names_there_are(pair: tuple[Agent, Agent]) -> None:
    make_agent(make_swarm(), "Stranger")
    with pytest.raises(InvalidInput) as refusal:
        send_mail(context_of(pair[0]), {"to": "Stranger", "subject": "Hello"})
    assert "Ann, Ben" in refusal.value.hint


def test_only_mail_of_the_own_swarm_can_be_answered(pair: tuple[Agent, Agent]) -> None:
    foreign = make_agent(make_swarm(), "Zoe")
    other = send_mail(context_of(foreign), {"to": "Zoe", "subject": "Private"})
    with pytest.raises(InvalidInput):
        send_mail(context_of(pair[0]), {"to": "Ben", "subject": "Re", "reply_to": other["message"]})


def test_notes_are_kept_replaced_and_found(pair: tuple[Agent, Agent]) -> None:
    context = context_of(pair[0])
    remember(context, {"name": "colour", "text": "red"})
    remember(context, {"name": "colour", "text": "blue"})
    remember(context, {"name": "shape", "text": "a blue circle"})
    assert [note["name"] for note in recall(context, {"about": "blue"})["notes"]] == ["shape", "colour"]
    assert recall(context, {})["notes"][1] == {"name": "colour", "text": "blue"}
    assert recall(context_of(pair[1]), {})["notes"] == []


def test_notes_are_bounded(pair: tuple[Agent, Agent], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MAX_NOTES", 1)
    context = context_of(pair[0])
    remember(context, {"name": "a", "text": "1"})
    with pytest.raises(Conflict):
        remember(context, {"name": "b", "text": "2"})
    assert remember(context, {"name": "a", "text": "3"}) == {"remembered": "a"}
