"""The scheduler goes into the parts of a round in which it has seen something to do, and now and then into all."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from agents.models import Agent, Message
from audit.models import AttentionItem
from tasks.engine.reconciler import reconcile
from tasks.engine.rounds import EVERYTHING, EVERYTHING_S, Lookout, put_right, settle_new_agents
from tasks.models import Approval, Attempt, Cell, Outbox, Task
from tasks.services.making import create_task
from tests.agents.factories import OPERATOR, make_message
from tests.tasks.driving import StillCell, act, make_worker, script

pytestmark = pytest.mark.django_db

PAST = timedelta(hours=-1)


@pytest.fixture
def worker() -> Agent:
    """An agent with the mail of one letter and one task that waits for a decision; nothing is to be put right about either."""
    worker = make_worker(tools=["publish_file"])
    make_message(worker, kind="inform")
    create_task(actor=OPERATOR, swarm=worker.swarm, title="Publish")
    script(act("publish_file", path="a.md", text="b"))
    StillCell().work()
    settle_new_agents()
    Outbox.objects.all().delete()
    AttentionItem.objects.update(noticed_at=timezone.now())
    return worker


@pytest.fixture
def lookout(worker: Agent) -> Lookout:
    """One that has had its round of everything."""
    lookout = Lookout()
    assert lookout.look() == EVERYTHING
    return lookout


def silence_a_cell(worker: Agent) -> None:
    Cell.objects.update(heartbeat_at=timezone.now() + PAST)


def let_a_rest_be_over(worker: Agent) -> None:
    Attempt.objects.update(waiting_for="timer", wake_at=timezone.now() + PAST)


def let_mail_be_waited_for(worker: Agent) -> None:
    Attempt.objects.update(waiting_for="mail")


def decide_unheard(worker: Agent) -> None:
    Approval.objects.update(status="approved")


def let_a_letter_grow_stale(worker: Agent) -> None:
    Message.objects.update(expires_at=timezone.now() + PAST)


def leave_a_letter_unacknowledged(worker: Agent) -> None:
    Message.objects.update(acknowledge_by=timezone.now() + PAST)


def ask_by_mail(worker: Agent) -> None:
    Agent.objects.update(program="loop")
    Message.objects.update(kind="request")


def let_an_approval_be_late(worker: Agent) -> None:
    Approval.objects.update(expires_at=timezone.now() + PAST)


def ask_what_nobody_can(worker: Agent) -> None:
    create_task(actor=OPERATOR, swarm=worker.swarm, title="Repair it", needs=("repair",))
    Task.objects.filter(title="Repair it").update(ready_at=timezone.now() + PAST)
    Outbox.objects.all().delete()


def end_what_nobody_can(worker: Agent) -> None:
    ask_what_nobody_can(worker)
    dict(put_right({"unable_told"}))
    Task.objects.filter(title="Repair it").update(status="cancelled")
    AttentionItem.objects.update(noticed_at=timezone.now())


def lose_a_ring(worker: Agent) -> None:
    Outbox.objects.create(kind="work")
    Outbox.objects.update(created_at=timezone.now() + PAST)


def begin_an_agent(worker: Agent) -> None:
    Agent.objects.update(status="initializing")


def let_nobody_be_told(worker: Agent) -> None:
    AttentionItem.objects.update(noticed_at=None)


def test_where_nothing_is_to_be_done_one_question_tells(
    lookout: Lookout, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert lookout.look() == Lookout.UNSEEN


@pytest.mark.parametrize(
    ("part", "happen"),
    [
        ("cells_buried", silence_a_cell),
        ("woken", let_a_rest_be_over),
        ("woken", let_mail_be_waited_for),
        ("woken", decide_unheard),
        ("mail_expired", let_a_letter_grow_stale),
        ("mail_expired", leave_a_letter_unacknowledged),
        ("mail_taken_up", ask_by_mail),
        ("approvals_expired", let_an_approval_be_late),
        ("unable_told", ask_what_nobody_can),
        ("unable_told", end_what_nobody_can),
        ("agents_settled", begin_an_agent),
    ],
)
def test_what_is_to_be_put_right_is_seen_and_then_put_right(
    lookout: Lookout, worker: Agent, part: str, happen: Callable[[Agent], None]
) -> None:
    happen(worker)
    assert lookout.look() == Lookout.UNSEEN | {part}
    assert reconcile(lookout=lookout)[part] == 1


@pytest.mark.parametrize(("part", "happen"), [("rung_again", lose_a_ring), ("notices_rung", let_nobody_be_told)])
def test_what_others_are_to_be_rung_for_is_seen(
    lookout: Lookout, worker: Agent, part: str, happen: Callable[[Agent], None]
) -> None:
    happen(worker)
    assert lookout.look() == Lookout.UNSEEN | {part}


def test_everything_has_its_turn_whatever_is_seen(lookout: Lookout, monkeypatch: pytest.MonkeyPatch) -> None:
    later = time.monotonic() + EVERYTHING_S + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert [lookout.look() == EVERYTHING, lookout.look() == EVERYTHING] == [True, False]
