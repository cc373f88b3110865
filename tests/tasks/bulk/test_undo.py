"""The way back: every row as it was, where it still allows that."""

from typing import Any

import pytest

from agents.models import Agent, Message, Swarm
from agents.services.mail import read_mailbox
from tasks.bulk.running import undo_bulk
from tasks.models import Task
from tests.agents.factories import make_agent, make_message
from tests.tasks.bulk.acting import do, results, states
from tests.tasks.pages.rows import make_task
from victoros.lib.errors import Conflict

pytestmark = pytest.mark.django_db


def test_priority_is_put_back_row_by_row(user: Any, swarm: Swarm) -> None:
    tasks = [make_task(swarm, priority=1), make_task(swarm, priority=2), make_task(swarm, priority=9)]
    bulk = do(user, "task", "priority", tasks, priority=9)
    Task.objects.filter(pk=tasks[0].pk).update(status="verified")
    undo = undo_bulk(user=user, bulk=bulk)
    assert [Task.objects.get(pk=task.pk).priority for task in tasks] == [9, 2, 9]
    assert (undo.total, undo.done, undo.refused) == (2, 1, 1)  # the third had nothing to change
    with pytest.raises(Conflict, match="nothing left to undo"):
        undo_bulk(user=user, bulk=bulk)


def test_who_might_take_a_task_is_put_back(user: Any, swarm: Swarm) -> None:
    first, second = make_agent(swarm), make_agent(swarm)
    task = make_task(swarm, agent=first, pinned=True)
    bulk = do(user, "task", "assign", [task], agent=second.pk)
    assert Task.objects.get(pk=task.pk).agent == second
    undo_bulk(user=user, bulk=bulk)
    assert (Task.objects.get(pk=task.pk).agent, Task.objects.get(pk=task.pk).pinned) == (first, True)


def test_a_cancellation_cannot_be_undone_and_says_so(user: Any, swarm: Swarm) -> None:
    bulk = do(user, "task", "cancel", [make_task(swarm)])
    with pytest.raises(Conflict, match="cannot be undone"):
        undo_bulk(user=user, bulk=bulk)


@pytest.mark.parametrize(("act", "after"), [("pause", "paused"), ("stop", "stopped")])
def test_agents_are_held_and_come_back(user: Any, swarm: Swarm, act: str, after: str) -> None:
    agents = [make_agent(swarm), make_agent(swarm)]
    bulk = do(user, "agent", act, agents)
    assert set(Agent.objects.values_list("desired_state", flat=True)) == {after}
    undo_bulk(user=user, bulk=bulk)
    assert set(Agent.objects.values_list("desired_state", flat=True)) == {"running"}


def test_cards_go_to_the_backlog_and_back(user: Any, swarm: Swarm) -> None:
    ready, shelved = make_task(swarm), make_task(swarm, status="backlog")
    bulk = do(user, "task", "shelve", [ready, shelved])
    assert states([ready, shelved]) == ["backlog", "backlog"]
    assert results(bulk)[shelved.pk] == ("refused", "is backlog")
    undo_bulk(user=user, bulk=bulk)
    assert states([ready, shelved]) == ["ready", "backlog"]
    assert do(user, "task", "release", [shelved]).done == 1


def test_letters_are_held_and_let_go_until_somebody_reads_them(user: Any, swarm: Swarm) -> None:
    agent = make_agent(swarm)
    unread, ours = make_message(agent), make_message(swarm=swarm)
    bulk = do(user, "letter", "hold", [unread, ours])
    assert states([unread, ours]) == ["held", "delivered"]
    assert results(bulk)[ours.pk] == ("refused", "is to the operators")
    let_go = do(user, "letter", "release", [unread, ours])
    assert (states([unread]), let_go.refused) == (["delivered"], 1)
    undo_bulk(user=user, bulk=let_go)
    assert states([unread]) == ["held"]
    do(user, "letter", "release", [unread])
    again = do(user, "letter", "hold", [unread])
    assert again.done == 1
    third = do(user, "letter", "release", [unread])
    read_mailbox(agent=agent)
    assert undo_bulk(user=user, bulk=third).refused == 1
    assert states([unread]) == ["read"]


def test_read_conversations_are_put_away_and_brought_back(user: Any, swarm: Swarm) -> None:
    agent = make_agent(swarm)
    first = make_message(agent)
    second = make_message(agent, reply_to=first)
    read_mailbox(agent=agent)
    unread = make_message(agent)
    bulk = do(user, "letter", "archive", [first, second, unread])
    assert (bulk.done, bulk.refused) == (2, 1)
    said = results(bulk)
    assert sorted([said[first.pk], said[second.pk]]) == [("done", "put away"), ("done", "put away with another")]
    assert said[unread.pk][0] == "refused"
    assert Message.objects.filter(archived_at=None).get() == unread
    undo_bulk(user=user, bulk=bulk)
    assert not Message.objects.exclude(archived_at=None).exists()


def test_undoing_leaves_what_was_put_away_before(user: Any, swarm: Swarm) -> None:
    agent = make_agent(swarm)
    first = make_message(agent)
    read_mailbox(agent=agent)
    do(user, "letter", "archive", [first])
    second = make_message(agent, reply_to=first)
    read_mailbox(agent=agent)

    undo_bulk(user=user, bulk=do(user, "letter", "archive", [second]))

    assert Message.objects.filter(archived_at=None).get() == second
