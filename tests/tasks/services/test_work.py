"""Changing and ending tasks."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.models import Swarm
from audit.models import AttentionItem, Entry
from tasks.models import Attempt, Outbox, Task
from tasks.services import work
from tasks.services.making import create_task
from tasks.services.work import assign_task, cancel_task, edit_task, release_task, retry_task
from tests.agents.factories import OPERATOR, make_swarm
from tests.tasks.driving import (
    ProcessDied,
    StillCell,
    fail_task,
    kinds_about,
    live_attempt,
    make_worker,
    script,
    status_of,
    think,
)
from victoros.lib.errors import Conflict, InvalidInput

pytestmark = pytest.mark.django_db


@pytest.fixture
def swarm() -> Swarm:
    return make_worker().swarm


def make(swarm: Swarm, title: str = "Work", **fields: Any) -> Task:
    return create_task(actor=OPERATOR, swarm=swarm, title=title, **fields)


def test_editing_changes_what_nobody_works_on(swarm: Swarm) -> None:
    task = make(swarm)
    assert edit_task(actor=OPERATOR, task=task, title="Better", priority=7)
    assert (task.title, task.priority) == ("Better", 7)
    assert kinds_about(task)[-1] == "task.changed"
    assert not edit_task(actor=OPERATOR, task=task, title="Better")
    with pytest.raises(InvalidInput):
        edit_task(actor=OPERATOR, task=task, title="")
    with pytest.raises(InvalidInput):
        edit_task(actor=OPERATOR, task=task, status="verified")


def test_a_task_under_way_cannot_be_edited_or_assigned(swarm: Swarm) -> None:
    task = make(swarm)
    StillCell().take()
    with pytest.raises(Conflict):
        edit_task(actor=OPERATOR, task=task, title="Late")
    with pytest.raises(Conflict):
        assign_task(actor=OPERATOR, task=task, agent=None)


def test_an_assigned_task_is_taken_by_that_agent_only(swarm: Swarm) -> None:
    other = make_worker(swarm, "other")
    task = make(swarm)
    assign_task(actor=OPERATOR, task=task, agent=other)
    script(think)
    StillCell().work()
    assert live_attempt(task).agent == other
    assert "task.assigned" in kinds_about(task)


def test_a_task_cannot_be_assigned_to_another_swarm_or_to_the_retired(swarm: Swarm) -> None:
    from agents.services.agents import retire_agent

    task, gone = make(swarm), make_worker(swarm, "gone")
    retire_agent(actor=OPERATOR, agent=gone)
    gone.refresh_from_db()
    for agent in (make_worker(make_swarm()), gone):
        with pytest.raises(InvalidInput):
            assign_task(actor=OPERATOR, task=task, agent=agent)


def test_the_backlog_is_not_worked_on_until_released(swarm: Swarm) -> None:
    task = make(swarm, backlog=True)
    script(think)
    assert StillCell().work() == 0
    release_task(actor=OPERATOR, task=task)
    assert status_of(task) == "ready"
    with pytest.raises(Conflict):
        release_task(actor=OPERATOR, task=task)
    assert StillCell().work() == 1


def test_cancelling_ends_the_attempt_and_refuses_its_late_writes(swarm: Swarm) -> None:
    task = make(swarm)
    cell = StillCell()
    order = cell.take()[0]
    cancel_task(actor=OPERATOR, task=task, reason="Not wanted")
    script(think)
    cell.drive(order)
    attempt = live_attempt(task)
    assert (status_of(task), task.reason, attempt.status, attempt.steps) == ("cancelled", "Not wanted", "cancelled", 0)
    assert attempt.journal.count() == 0
    assert status_of(attempt.agent) == "idle"
    assert Outbox.objects.filter(kind="halt").exists()


def test_cancelling_takes_the_open_subtasks_along(swarm: Swarm) -> None:
    parent = make(swarm)
    child = make(swarm, "Child", parent=parent)
    grandchild = make(swarm, "Grandchild", parent=child)
    cancel_task(actor=OPERATOR, task=parent)
    assert {status_of(child), status_of(grandchild)} == {"cancelled"}


def test_what_ended_while_a_cancel_waited_for_it_stays_as_it_ended(
    swarm: Swarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = make(swarm)
    child, open_child = make(swarm, "Child", parent=parent), make(swarm, "Open", parent=parent)
    monkeypatch.setattr(work, "reach", lambda point: Task.objects.filter(pk=child.pk).update(status="verified"))
    cancel_task(actor=OPERATOR, task=parent)
    assert [status_of(task) for task in (parent, child, open_child)] == ["cancelled", "verified", "cancelled"]
    told = Entry.objects.filter(kind="task.cancelled").values_list("object_ref", flat=True)
    assert set(told) == {parent.pk, open_child.pk}


@pytest.mark.parametrize("ended", ["completed", "verified", "failed"])
def test_a_task_that_ended_while_its_cancel_waited_is_not_cancelled(
    swarm: Swarm, monkeypatch: pytest.MonkeyPatch, ended: str
) -> None:
    task = make(swarm)
    monkeypatch.setattr(work, "reach", lambda point: Task.objects.filter(pk=task.pk).update(status=ended))
    with pytest.raises(Conflict, match=f"ended meanwhile: it is {ended}"):
        cancel_task(actor=OPERATOR, task=task)
    assert not Entry.objects.filter(kind="task.cancelled").exists()


def test_an_agent_that_began_while_a_cancel_waited_is_free_again(swarm: Swarm, monkeypatch: pytest.MonkeyPatch) -> None:
    task, cell = make(swarm), StillCell()
    monkeypatch.setattr(work, "reach", lambda point: cell.take())
    cancel_task(actor=OPERATOR, task=task)
    attempt = live_attempt(task)
    assert (status_of(task), status_of(attempt), status_of(attempt.agent)) == ("cancelled", "cancelled", "idle")
    assert attempt.agent.active == 0


def test_a_verified_task_cannot_be_cancelled(swarm: Swarm) -> None:
    task = make(swarm)
    Task.objects.update(status="verified")
    with pytest.raises(Conflict):
        cancel_task(actor=OPERATOR, task=task)


def test_a_failed_task_is_retried_with_fresh_attempts(swarm: Swarm) -> None:
    task = make(swarm)
    fail_task(task)
    assert AttentionItem.objects.filter(kind="failed", status="open").count() == 1
    retry_task(actor=OPERATOR, task=task)
    assert (task.status, task.reason, task.max_attempts) == ("ready", "", 4)
    assert not AttentionItem.objects.filter(status="open").exists()
    script(think)
    StillCell().work()
    assert (status_of(task), live_attempt(task).n) == ("completed", 2)


def test_only_what_ended_badly_can_be_retried(swarm: Swarm) -> None:
    with pytest.raises(Conflict):
        retry_task(actor=OPERATOR, task=make(swarm))


def test_a_dead_process_loses_no_task(swarm: Swarm) -> None:
    from tasks.engine.burial import bury_cell

    tasks = [make(swarm, f"Task {n}") for n in range(3)]
    script(think)
    cell = StillCell()
    cell.die_after_commit = 1
    with pytest.raises(ProcessDied):
        cell.work()
    bury_cell(cell.id, "killed")
    StillCell().work()
    assert {status_of(task) for task in tasks} == {"completed"}
    assert Attempt.objects.count() == 3


def test_a_deadline_is_set_to_what_is_still_to_come(swarm: Swarm) -> None:
    task, now = make(swarm), timezone.now()
    with pytest.raises(InvalidInput, match="has passed already"):
        edit_task(actor=OPERATOR, task=task, deadline=now - timedelta(minutes=1))
    assert edit_task(actor=OPERATOR, task=task, deadline=now + timedelta(hours=1))
    Task.objects.filter(pk=task.pk).update(deadline=now - timedelta(days=1))
    task.refresh_from_db()
    assert edit_task(actor=OPERATOR, task=task, title="Better", deadline=task.deadline)
    assert edit_task(actor=OPERATOR, task=task, deadline=None)
