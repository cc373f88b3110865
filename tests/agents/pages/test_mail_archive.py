"""Conversations put away: only what is read, by who may, with a way back; what comes later stands in the room."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agents.models import Message
from agents.services import mail_archive
from agents.services.mail import read_mailbox
from agents.services.mail_archive import archive_thread, restore_thread
from audit.actors import SYSTEM
from audit.attention import raise_item
from audit.models import Entry
from tests.agents.factories import OPERATOR, make_message
from tests.agents.pages.conftest import Cast
from victoros.lib import clock
from victoros.lib.errors import Conflict, LimitReached


@pytest.fixture
def letters(cast: Cast) -> list[Message]:
    """A letter that was answered, both read."""
    first = make_message(cast.agent, subject="Numbers of the week")
    second = make_message(cast.agent, subject="Re: Numbers of the week", reply_to=first)
    read_mailbox(agent=cast.agent)
    return [first, second]


def act(name: str, letter: Message) -> str:
    return reverse(name, args=[letter.pk])


def test_a_read_conversation_leaves_the_room_and_comes_back(cast: Cast, letters: list[Message]) -> None:
    assert "Put this conversation away" in cast.operator.get(act("mail_view", letters[1])).text
    answer = cast.operator.post(act("mail_archive", letters[1]), headers={"HX-Request": "true"})

    undo = json.loads(answer.headers["HX-Trigger"])["done"]["undo"]
    assert "Numbers of the week" not in cast.viewer.get("/mail/").text
    assert "Numbers of the week" in cast.viewer.get("/mail/?state=archived").text
    assert "This conversation is put away" in cast.viewer.get(act("mail_view", letters[0])).text
    assert Entry.objects.filter(kind="message.archived").count() == 2

    assert cast.operator.post(undo["url"], undo["values"]).status_code == 302
    assert "Numbers of the week" in cast.viewer.get("/mail/").text
    assert Entry.objects.filter(kind="message.restored").count() == 2


def test_twice_changes_nothing_more(cast: Cast, letters: list[Message]) -> None:
    assert archive_thread(actor=OPERATOR, message=letters[0]).letters == 2
    at = list(Message.objects.values_list("archived_at", flat=True))
    assert archive_thread(actor=OPERATOR, message=letters[1]).letters == 0
    assert list(Message.objects.values_list("archived_at", flat=True)) == at


def test_what_comes_later_stands_in_the_room(cast: Cast, letters: list[Message]) -> None:
    archive_thread(actor=OPERATOR, message=letters[0])
    make_message(cast.agent, subject="One more number", reply_to=letters[0])
    assert "One more number" in cast.viewer.get("/mail/").text
    assert archive_thread_refused(cast, letters[0]) == 409


def put_away(cast: Cast, letter: Message) -> dict[str, Any]:
    answer = cast.operator.post(act("mail_archive", letter), headers={"HX-Request": "true"})
    undo: dict[str, Any] = json.loads(answer.headers["HX-Trigger"])["done"]["undo"]
    return undo


def in_room() -> set[str]:
    return set(Message.objects.filter(archived_at=None).values_list("subject", flat=True))


def test_taking_it_back_brings_back_what_that_act_put_away(cast: Cast, letters: list[Message]) -> None:
    put_away(cast, letters[0])
    make_message(cast.agent, subject="One more number", reply_to=letters[0])
    read_mailbox(agent=cast.agent)
    undo = put_away(cast, letters[0])

    assert cast.operator.post(undo["url"], undo["values"]).status_code == 302
    assert in_room() == {"One more number"}
    cast.operator.post(undo["url"], undo["values"])
    assert in_room() == {"One more number"}
    assert Entry.objects.filter(kind="message.restored").count() == 1
    cast.operator.post(act("mail_restore", letters[0]))
    assert in_room() == {"One more number", "Numbers of the week", "Re: Numbers of the week"}


def test_acts_of_one_moment_are_told_apart(cast: Cast, letters: list[Message], monkeypatch: pytest.MonkeyPatch) -> None:
    moment = timezone.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    first = archive_thread(actor=OPERATOR, message=letters[0])
    Message.objects.filter(pk=letters[1].pk).update(archived_at=None)
    second = archive_thread(actor=OPERATOR, message=letters[0])

    assert first.at < second.at
    assert restore_thread(actor=OPERATOR, message=letters[0], put_away_at=second.at) == 1
    assert in_room() == {"Re: Numbers of the week"}


def test_a_way_back_that_comes_late_or_is_nonsense_changes_nothing(cast: Cast, letters: list[Message]) -> None:
    undo = put_away(cast, letters[0])
    cast.operator.post(act("mail_restore", letters[0]))
    put_away(cast, letters[0])

    assert cast.operator.post(undo["url"], undo["values"]).status_code == 302
    for nonsense in ("yesterday", "9" * 50, "0001-01-01T00:00:00+14:00"):
        assert cast.operator.post(undo["url"], {"at": nonsense}).status_code == 400
    assert cast.viewer.post(undo["url"], undo["values"]).status_code == 403
    assert in_room() == set()


def archive_thread_refused(cast: Cast, letter: Message) -> int:
    return cast.operator.post(act("mail_archive", letter)).status_code


def test_what_is_unread_held_or_waits_for_a_person_stays(cast: Cast, letters: list[Message]) -> None:
    unread = make_message(cast.agent)
    assert archive_thread_refused(cast, unread) == 409
    assert "Put this conversation away" not in cast.operator.get(act("mail_view", unread)).text
    Message.objects.filter(pk=unread.pk).update(status="held", held_at=timezone.now())
    assert archive_thread_refused(cast, unread) == 409
    raise_item(
        actor=SYSTEM, kind="dead_letter", title="Dead", object_kind="message", object_ref=letters[0].pk,
        swarm_ref=cast.swarm.pk,
    )  # fmt: skip
    with pytest.raises(Conflict):
        archive_thread(actor=OPERATOR, message=letters[1])
    assert not Message.objects.exclude(archived_at=None).exists()


@pytest.mark.parametrize("name", ["mail_archive", "mail_restore"])
def test_only_who_may_operate_puts_away(cast: Cast, letters: list[Message], name: str) -> None:
    assert cast.stranger.post(act(name, letters[0])).status_code == 404
    assert cast.viewer.post(act(name, letters[0])).status_code == 403
    assert cast.operator.get(act(name, letters[0])).status_code == 405
    assert "Put this conversation away" not in cast.viewer.get(act("mail_view", letters[0])).text


def test_a_conversation_without_end_is_refused(
    cast: Cast, letters: list[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_archive, "LONGEST", 1)
    with pytest.raises(LimitReached):
        archive_thread(actor=OPERATOR, message=letters[0])


def test_a_long_conversation_costs_what_a_short_one_does(cast: Cast, letters: list[Message]) -> None:
    counts = []
    for number in (8, 900):
        first = make_message(cast.agent)
        Message.objects.bulk_create(
            Message(swarm=cast.swarm, recipient=cast.agent, sender_name="x", subject="s", reply_to=first)
            for _ in range(number)
        )
        Message.objects.filter(status="delivered").update(status="read")
        with CaptureQueriesContext(connection) as queries:
            assert archive_thread(actor=OPERATOR, message=first).letters == number + 1
        counts.append(len(queries))
    assert counts[1] - counts[0] <= 6  # entries go in a few hundred at once
