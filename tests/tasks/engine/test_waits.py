"""An attempt that waits is a row; what it waits for wakes it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.models import Agent, Message
from tasks.engine.reconciler import reconcile
from tasks.engine.run import Run
from tasks.engine.waking import wake_due, wake_forgotten
from tasks.models import Approval, Attempt, Task
from tasks.services.making import create_task
from tasks.services.work import cancel_task
from tests.agents.factories import OPERATOR, make_message
from tests.tasks.driving import SCRIPT, Move, StillCell, act, live_attempt, make_worker, script, status_of, think

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker() -> Agent:
    return make_worker(tools=["subtask", "publish_file"])


@pytest.fixture
def task(worker: Agent) -> Task:
    return create_task(actor=OPERATOR, swarm=worker.swarm, title="Work", agent=worker)


def wait_for_mail(timeout: timedelta | None = None) -> Move:
    return lambda run: run.wait_for_mail(timeout=timeout)


def test_mail_that_is_there_is_read_at_once(worker: Agent, task: Task) -> None:
    make_message(worker, subject="Hello")
    script(wait_for_mail())
    StillCell().work()
    assert [letter["subject"] for letter in SCRIPT.seen[0]["letters"]] == ["Hello"]
    assert Message.objects.get().status == "read"


def test_mail_that_comes_later_wakes_the_attempt(worker: Agent, task: Task) -> None:
    script(wait_for_mail())
    StillCell().work()
    assert (live_attempt(task).status, wake_due(), status_of(worker)) == ("waiting", 0, "waiting")
    make_message(worker, subject="Late")
    assert wake_due() == 1
    StillCell().work()
    assert SCRIPT.seen[0]["letters"][0]["subject"] == "Late"
    assert status_of(task) == "completed"


def test_a_wait_with_a_time_limit_ends_without_mail(worker: Agent, task: Task) -> None:
    script(wait_for_mail(timedelta(minutes=5)))
    StillCell().work()
    attempt = live_attempt(task)
    assert attempt.wake_at is not None
    assert attempt.waiting_since is not None
    assert attempt.wake_at - attempt.waiting_since == timedelta(minutes=5)
    past = timezone.now() - timedelta(minutes=6)
    Attempt.objects.update(waiting_since=past, wake_at=past + timedelta(minutes=5))
    assert wake_due() == 1
    StillCell().work()
    assert SCRIPT.seen == [{"letters": []}]


def test_a_wait_woken_early_keeps_its_time_limit(worker: Agent, task: Task) -> None:
    script(wait_for_mail(timedelta(minutes=5)))
    StillCell().work()
    wake_at = live_attempt(task).wake_at
    Attempt.objects.update(wake_at=timezone.now() - timedelta(seconds=1))
    wake_due()
    StillCell().work()
    assert (live_attempt(task).status, live_attempt(task).wake_at) == ("waiting", wake_at)


def test_a_finished_wait_is_replayed(worker: Agent, task: Task) -> None:
    make_message(worker, subject="Once")
    script(wait_for_mail(), think, act("publish_file", path="a.md", text="b"))
    StillCell().work()
    from tasks.services.approvals import approve

    approve(actor=OPERATOR, approval=Approval.objects.get())
    StillCell().work()
    assert SCRIPT.seen[0]["letters"][0]["subject"] == "Once"
    assert len(SCRIPT.asked) == 1


def test_a_subtask_is_waited_for_and_its_result_comes_back(worker: Agent, task: Task) -> None:
    helper = make_worker(worker.swarm, "helper", capabilities=["digging"])

    async def hand_over(run: Run) -> Any:
        if run.agent.id == helper.pk:
            return None
        made = await run.act("subtask", {"title": "Dig", "needs": ["digging"]})
        return await run.wait_for_task(made["task"])

    script(hand_over)
    StillCell().work()
    child = Task.objects.get(parent=task)
    assert (status_of(child), status_of(task)) == ("completed", "completed")
    assert (SCRIPT.seen[0]["status"], SCRIPT.seen[0]["result"]) == ("completed", "done")
    assert child.subtasks.count() == 0


@pytest.mark.parametrize("ending", ["cancelled"])
def test_a_subtask_that_ends_badly_wakes_its_parent_too(worker: Agent, task: Task, ending: str) -> None:
    child = create_task(actor=OPERATOR, swarm=worker.swarm, title="Child", parent=task, backlog=True)
    script(lambda run: run.wait_for_task(child.pk))
    StillCell().work()
    assert live_attempt(task).waiting_for == "subtask"
    cancel_task(actor=OPERATOR, task=child)
    StillCell().work()
    assert SCRIPT.seen[0]["status"] == ending


def test_a_task_of_another_swarm_cannot_be_waited_for(worker: Agent, task: Task) -> None:
    foreign = create_task(actor=OPERATOR, swarm=make_worker().swarm, title="Foreign", backlog=True)
    script(lambda run: run.wait_for_task(foreign.pk))
    StillCell().work()
    assert SCRIPT.seen[0]["error"]["category"] == "validation"


def test_a_wake_up_that_was_lost_is_made_up_for(worker: Agent, task: Task) -> None:
    script(act("publish_file", path="a.md", text="b"))
    StillCell().work()
    assert wake_forgotten() == 0
    Approval.objects.update(status="approved")
    assert wake_forgotten() == 1
    StillCell().work()
    assert status_of(task) == "completed"


def test_a_round_of_the_reconciler_finds_what_was_forgotten(worker: Agent, task: Task) -> None:
    script(act("publish_file", path="a.md", text="b"))
    StillCell().work()
    Approval.objects.update(status="approved")
    assert reconcile()["remembered"] == 1
