"""What becomes of the work of processes that died."""

import os
import socket
from datetime import timedelta

import pytest
from django.utils import timezone

from agents.models import Agent
from audit.models import AttentionItem, Entry
from tasks.engine.burial import MOST_DEATHS, bury_cell, bury_silent_cells, report_dead_process
from tasks.engine.presence import close_cell, release_strays
from tasks.engine.reconciler import ring_again, settle_new_agents
from tasks.models import Attempt, Cell, Outbox, Task
from tasks.services.work import create_task, retry_task
from tests.agents.factories import OPERATOR
from tests.tasks.driving import StillCell, kinds_about, live_attempt, make_worker, script, status_of, think

pytestmark = pytest.mark.django_db


@pytest.fixture
def task() -> Task:
    return create_task(actor=OPERATOR, swarm=make_worker().swarm, title="Work")


def hold(task: Task) -> StillCell:
    cell = StillCell()
    assert [order.task.id for order in cell.take()] == [task.pk]
    return cell


def test_the_work_of_a_dead_cell_goes_back_with_a_higher_fence(task: Task) -> None:
    cell = hold(task)
    fence = live_attempt(task).fence
    assert bury_cell(cell.id, "killed")
    attempt = live_attempt(task)
    assert (attempt.status, attempt.cell_id, attempt.deaths) == ("ready", None, 1)
    assert attempt.fence > fence
    assert kinds_about(task)[-1] == "attempt.released"
    assert Entry.objects.filter(kind="cell.died", object_ref=cell.id).exists()


def test_a_cell_is_buried_once(task: Task) -> None:
    cell = hold(task)
    assert bury_cell(cell.id, "killed")
    assert not bury_cell(cell.id, "again")
    assert live_attempt(task).deaths == 1


def test_a_silent_cell_is_buried_after_its_lease_and_not_before(task: Task, settings: object) -> None:
    cell = hold(task)
    assert bury_silent_cells() == 0
    late = timezone.now() - timedelta(seconds=settings.VICTOR_LEASE_S + 1)  # type: ignore[attr-defined]
    Cell.objects.filter(pk=cell.id).update(heartbeat_at=late)
    assert bury_silent_cells() == 1
    assert live_attempt(task).status == "ready"


def test_a_process_seen_to_die_takes_its_cell_with_it(task: Task) -> None:
    hold(task)
    assert report_dead_process(os.getpid(), "another-host") == 0
    assert report_dead_process(os.getpid(), socket.gethostname()) == 1


def test_the_death_of_the_worker_counts_for_its_cell(task: Task) -> None:
    cell = hold(task)
    Cell.objects.filter(pk=cell.id).update(worker_pid=4_000_000)
    assert report_dead_process(4_000_000) == 1


def test_work_that_keeps_killing_is_quarantined(task: Task) -> None:
    for _ in range(MOST_DEATHS):
        bury_cell(hold(task).id, "killed")
    attempt, item = live_attempt(task), AttentionItem.objects.get()
    assert (status_of(task), attempt.status, attempt.cell_id) == ("quarantined", "quarantined", None)
    assert (item.kind, item.severity) == ("quarantined", 80)
    assert kinds_about(task)[-1] == "task.quarantined"
    assert status_of(attempt.agent) == "idle"
    assert StillCell().take() == []


def test_a_step_finished_between_deaths_acquits(task: Task) -> None:
    script(think)
    for _ in range(MOST_DEATHS - 1):
        bury_cell(hold(task).id, "killed")
    cell = StillCell()
    order = cell.take()[0]
    assert order.deaths == MOST_DEATHS - 1
    cell.drive(order)
    assert status_of(task) == "completed"
    assert live_attempt(task).deaths == 0


def test_quarantined_work_can_be_tried_anew(task: Task) -> None:
    for _ in range(MOST_DEATHS):
        bury_cell(hold(task).id, "killed")
    retry_task(actor=OPERATOR, task=task)
    script(think)
    StillCell().work()
    assert (status_of(task), live_attempt(task).n) == ("completed", 2)


def test_quarantine_tells_those_who_wait_for_it(task: Task) -> None:
    later = create_task(actor=OPERATOR, swarm=task.swarm, title="Later", depends_on=[task])
    for _ in range(MOST_DEATHS):
        bury_cell(hold(task).id, "killed")
    assert AttentionItem.objects.filter(kind="blocked", task_ref=later.pk).exists()


def test_a_cell_that_signs_off_gives_everything_back(task: Task) -> None:
    cell = hold(task)
    close_cell(cell.id, "old")
    row = Cell.objects.get(pk=cell.id)
    assert (row.status, row.reason, live_attempt(task).status, live_attempt(task).deaths) == (
        "ended",
        "old",
        "ready",
        0,
    )


def test_what_nobody_drives_is_given_back(task: Task) -> None:
    cell = hold(task)
    release_strays(cell.id, [live_attempt(task).pk])
    assert live_attempt(task).status == "ready"


def test_calls_nobody_answered_are_rung_again(task: Task) -> None:
    Outbox.objects.all().delete()
    Outbox.objects.create(kind="work")
    assert ring_again() == 0
    Outbox.objects.update(created_at=timezone.now() - timedelta(seconds=5))
    assert ring_again() == 1


def test_new_agents_show_what_they_are(task: Task) -> None:
    Agent.objects.update(status="initializing")
    assert settle_new_agents() == 1
    assert Agent.objects.get().status == "idle"
    assert Attempt.objects.count() == 0
