"""Acts on many letters: each row changes or says why not."""

from typing import Any

import pytest

from agents.models import Message, Swarm
from agents.permissions import grant
from agents.services.mail_control import hold_message
from audit.actors import SYSTEM
from tasks.bulk.drafts import draft_bulk
from tasks.bulk.running import undo_bulk
from tests.agents.factories import make_agent, make_message, make_user
from tests.tasks.bulk.acting import do, results, states
from victoros.lib.errors import Conflict, InvalidInput

pytestmark = pytest.mark.django_db


def test_letters_to_the_operators_are_acknowledged(user: Any, swarm: Swarm) -> None:
    ours, theirs = make_message(swarm=swarm), make_message(make_agent(swarm))
    bulk = do(user, "letter", "acknowledge", [ours, theirs])
    assert states([ours, theirs]) == ["acknowledged", "delivered"]
    assert results(bulk)[theirs.pk][1] == "is to an agent, not to the operators"


def test_held_letters_are_withheld_with_a_reason(user: Any, swarm: Swarm) -> None:
    held, unread = make_message(make_agent(swarm)), make_message(make_agent(swarm))
    hold_message(actor=SYSTEM, message=held)
    bulk = do(user, "letter", "withhold", [held, unread], reason="Wrong numbers")
    assert states([held, unread]) == ["dead", "delivered"]
    assert "Wrong numbers" in Message.objects.get(pk=held.pk).dead_reason
    assert results(bulk)[unread.pk] == ("refused", "is delivered")
    with pytest.raises(Conflict):
        undo_bulk(user=user, bulk=bulk)


def test_letters_are_sent_on_within_their_own_swarm(user: Any, swarm: Swarm) -> None:
    reader, sent, foreign = make_agent(swarm), make_message(make_agent(swarm)), make_message()
    grant(user, "operator", foreign.swarm)
    bulk = do(user, "letter", "redirect", [sent, foreign], agent=reader.pk)
    assert (bulk.done, bulk.refused) == (1, 1)
    copies = Message.objects.filter(recipient=reader)
    assert [copy.data["forwarded_message"] for copy in copies] == [sent.pk]
    assert do(user, "letter", "redirect", [sent]).refused == 1


def test_nobody_acts_on_letters_of_swarms_they_may_only_look_at(user: Any, swarm: Swarm) -> None:
    letter = make_message(make_agent(swarm))
    viewer = make_user("viewer", swarm)
    for act in ("hold", "release", "withhold", "redirect", "archive"):
        bulk = do(viewer, "letter", act, [letter])
        assert (bulk.done, bulk.refused) == (0, 1)
    assert states([letter]) == ["delivered"]
    with pytest.raises(InvalidInput):
        draft_bulk(user=make_user(), noun="letter", act="hold", refs=[letter.pk])
