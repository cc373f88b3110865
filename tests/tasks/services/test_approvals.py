"""A yes to one exact act is a yes to nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.actors import agent as agent_actor
from audit.models import AttentionItem
from tasks.models import Approval, Effect, Task
from tasks.services.approvals import approve, expire_due_approvals, reject
from tasks.services.making import create_task
from tasks.services.work import cancel_task
from tests.agents.factories import OPERATOR
from tests.tasks.driving import JUDGE, SCRIPT, StillCell, act, kinds_about, live_attempt, make_worker, script, status_of
from victoros.lib.errors import Conflict, InvalidInput

pytestmark = pytest.mark.django_db
PUBLISH = act("publish_file", path="digest.md", text="news")


@pytest.fixture
def task() -> Task:
    worker = make_worker(tools=["publish_file"])
    return create_task(actor=OPERATOR, swarm=worker.swarm, title="Publish")


@pytest.fixture
def approval(task: Task) -> Approval:
    script(PUBLISH)
    StillCell().work()
    return Approval.objects.get()


def is_published(task: Task) -> bool:
    return (task.swarm.folder / "published" / "digest.md").exists()


def test_an_act_that_asks_first_waits_as_a_row_with_an_item(task: Task, approval: Approval) -> None:
    attempt = live_attempt(task)
    item = AttentionItem.objects.get()
    assert (attempt.status, attempt.waiting_for, attempt.waiting_ref) == ("waiting", "approval", approval.pk)
    assert (item.kind, item.object_ref, item.severity, item.status) == ("approval", approval.pk, 70, "open")
    assert (approval.arguments, approval.effect_class) == ({"path": "digest.md", "text": "news"}, "irreversible")
    assert (status_of(task), attempt.steps, Effect.objects.count()) == ("blocked", 0, 0)
    assert not is_published(task)


def test_an_approved_act_is_done_once(task: Task, approval: Approval) -> None:
    approve(actor=JUDGE, approval=approval, note="fine")
    assert (status_of(task), AttentionItem.objects.get().status) == ("in_progress", "answered")
    StillCell().work()
    assert status_of(task) == "completed"
    assert is_published(task)
    assert Effect.objects.count() == 1
    assert (approval.decided_by, approval.note) == ("judge", "fine")


def test_a_rejected_act_is_not_done_and_the_agent_reads_why(task: Task, approval: Approval) -> None:
    reject(actor=JUDGE, approval=approval, reason="Too long")
    StillCell().work()
    assert status_of(task) == "completed"
    assert not is_published(task)
    assert "Too long" in SCRIPT.seen[0]["error"]["message"]


def test_a_rejection_needs_a_reason(approval: Approval) -> None:
    with pytest.raises(InvalidInput):
        reject(actor=JUDGE, approval=approval, reason=" ")


def test_the_same_decision_twice_changes_nothing_and_another_is_refused(approval: Approval) -> None:
    approve(actor=JUDGE, approval=approval)
    decided = approval.decided_at
    assert approve(actor=OPERATOR, approval=approval).decided_at == decided
    with pytest.raises(Conflict):
        reject(actor=OPERATOR, approval=approval, reason="Changed my mind")


def test_an_agent_decides_nothing(approval: Approval) -> None:
    with pytest.raises(Conflict):
        approve(actor=agent_actor(1, "worker"), approval=approval)


def test_what_nobody_decides_expires(task: Task, approval: Approval) -> None:
    assert expire_due_approvals(timezone.now()) == 0
    assert expire_due_approvals(timezone.now() + timedelta(days=2)) == 1
    StillCell().work()
    assert (status_of(task), is_published(task)) == ("completed", False)
    assert AttentionItem.objects.get().status == "expired"


def test_expiry_leaves_alone_what_a_person_decided_meanwhile(
    approval: Approval, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks.services import approvals

    decide = approvals._decide

    def decide_too_late(**given: Any) -> Approval:
        monkeypatch.setattr(approvals, "_decide", decide)
        approve(actor=JUDGE, approval=Approval.objects.get(pk=approval.pk))
        return decide(**given)

    monkeypatch.setattr(approvals, "_decide", decide_too_late)
    assert expire_due_approvals(timezone.now() + timedelta(days=2)) == 0
    approval.refresh_from_db()
    assert approval.status == "approved"


def test_cancelling_the_task_withdraws_the_request(task: Task, approval: Approval) -> None:
    cancel_task(actor=OPERATOR, task=task)
    approval.refresh_from_db()
    assert (approval.status, AttentionItem.objects.get().status) == ("withdrawn", "withdrawn")
    with pytest.raises(Conflict):
        approve(actor=JUDGE, approval=approval)


def test_a_yes_to_one_act_is_no_yes_to_another(task: Task) -> None:
    script(PUBLISH, act("publish_file", path="digest.md", text="other news"))
    StillCell().work()
    approve(actor=JUDGE, approval=Approval.objects.get())
    StillCell().work()
    assert Approval.objects.count() == 2
    assert status_of(task) == "blocked"
    assert (task.swarm.folder / "published" / "digest.md").read_text() == "news"


def test_the_swarms_policy_can_allow_or_refuse(task: Task) -> None:
    task.swarm.policy = {"publish_file": "allow"}
    task.swarm.save()
    script(PUBLISH)
    StillCell().work()
    assert (status_of(task), is_published(task), Approval.objects.count()) == ("completed", True, 0)
    assert kinds_about(task)[-1] == "task.completed"
