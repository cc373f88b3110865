"""Completed is what the doer says; verified is what somebody else has shown."""

import pytest

from agents.models import Agent
from audit.actors import agent as agent_actor
from audit.models import AttentionItem, Entry
from tasks.models import Task
from tasks.services.making import create_task
from tasks.services.verdicts import refute_task, verify_task
from tests.agents.factories import OPERATOR
from tests.tasks.driving import JUDGE, StillCell, act, kinds_about, live_attempt, make_worker, script, status_of, think
from victoros.lib.errors import Conflict, InvalidInput, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def doer() -> Agent:
    return make_worker()


@pytest.fixture
def done(doer: Agent) -> Task:
    task = create_task(actor=OPERATOR, swarm=doer.swarm, title="Work", acceptance=["Short"])
    script(think)
    StillCell().work()
    task.refresh_from_db()
    return task


def test_verifying_keeps_the_evidence_and_meets_the_acceptance(done: Task, doer: Agent) -> None:
    assert verify_task(actor=JUDGE, task=done, evidence={"quotes": 3}, note="All there")
    assert (done.status, done.verified_by, done.acceptance[0]["met"]) == ("verified", "judge", True)
    assert done.evidence["verification"] == {"quotes": 3, "note": "All there", "by": "judge"}
    doer.refresh_from_db()
    assert doer.verified_count == 1
    assert not verify_task(actor=JUDGE, task=done, evidence={})
    assert kinds_about(done)[-1] == "task.verified"


def test_the_doer_may_neither_verify_nor_refute(done: Task, doer: Agent) -> None:
    with pytest.raises(NotAllowed):
        verify_task(actor=agent_actor(doer.pk, doer.name), task=done, evidence={})
    with pytest.raises(NotAllowed):
        refute_task(actor=agent_actor(doer.pk, doer.name), task=done, reason="no")
    assert status_of(done) == "completed"


def test_only_completed_work_is_judged(doer: Agent) -> None:
    task = create_task(actor=OPERATOR, swarm=doer.swarm, title="Work")
    with pytest.raises(Conflict):
        verify_task(actor=JUDGE, task=task, evidence={})
    with pytest.raises(Conflict):
        refute_task(actor=JUDGE, task=task, reason="no")


def test_a_refuted_result_is_done_again_with_the_reason_at_hand(done: Task) -> None:
    refute_task(actor=JUDGE, task=done, reason="A quote is missing")
    assert (done.status, done.reason) == ("ready", "Refuted by judge: A quote is missing")
    cell = StillCell()
    order = cell.take()[0]
    assert order.task.reason.endswith("A quote is missing")
    cell.drive(order)
    assert (status_of(done), done.reason, live_attempt(done).n) == ("completed", "", 2)


def test_a_refutation_needs_a_reason(done: Task) -> None:
    with pytest.raises(InvalidInput):
        refute_task(actor=JUDGE, task=done, reason="")


def test_refuted_for_the_last_time_it_fails_and_a_person_is_told(done: Task) -> None:
    Task.objects.update(max_attempts=1)
    refute_task(actor=JUDGE, task=done, reason="Still wrong")
    assert status_of(done) == "failed"
    assert AttentionItem.objects.get().kind == "failed"


def test_a_task_that_needs_it_orders_its_verification_from_another(doer: Agent) -> None:
    Agent.objects.update(capabilities=["checking"])
    task = create_task(actor=OPERATOR, swarm=doer.swarm, title="Work", verify_need="checking")
    script(think)
    StillCell().work()
    order = Task.objects.get(verifies=task)
    assert (order.kind, order.needs, status_of(order)) == ("verify", ["checking"], "ready")
    assert Entry.objects.filter(kind="task.created", object_ref=order.pk).exists()
    checker = make_worker(doer.swarm, "checker", capabilities=["checking"], tools=["verify"])
    script(act("verify", task=task.pk, evidence={"read": True}))
    StillCell().work()
    assert (status_of(task), task.verified_by, status_of(order)) == ("verified", "checker", "completed")
    assert live_attempt(order).agent == checker
