"""What becomes of the work of processes that died."""

import os
import signal
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from agents.models import Agent
from audit.models import AttentionItem, Entry
from tasks.engine.burial import MOST_DEATHS, UNCLEAR_FOR_ONE, bury_cell, bury_silent_cells, report_dead_process
from tasks.engine.presence import close_cell, release_strays
from tasks.engine.rounds import ring_again, settle_new_agents
from tasks.models import Attempt, Cell, Outbox, Task
from tasks.services.making import create_task
from tasks.services.work import retry_task
from tests.agents.factories import OPERATOR
from tests.tasks.driving import StillCell, kinds_about, live_attempt, make_worker, script, status_of, think
from victoros.lib.hands import Hands, Leaving, note_end, read_leavings
from victoros.lib.host import this_host

pytestmark = pytest.mark.django_db


@pytest.fixture
def task() -> Task:
    return create_task(actor=OPERATOR, swarm=make_worker().swarm, title="Work")


def hold(task: Task) -> StillCell:
    cell = StillCell()
    assert [order.task.id for order in cell.take()] == [task.pk]
    return cell


def leaving(
    cell: StillCell, *, status: int | None = None, note: str = "", in_hand: dict[int, str] | None = None
) -> Leaving:
    return Leaving(cell.id, os.getpid(), status, note, in_hand or {})


def counts(task: Task) -> tuple[int, int]:
    attempt = live_attempt(task)
    return attempt.deaths, attempt.unclear_deaths


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
    assert report_dead_process(os.getpid(), this_host()) == 1


def test_the_death_of_the_worker_counts_for_its_cell(task: Task) -> None:
    cell = hold(task)
    Cell.objects.filter(pk=cell.id).update(worker_pid=4_000_000)
    assert report_dead_process(4_000_000) == 1


def test_a_death_counts_against_what_was_executing_only() -> None:
    worker = make_worker(max_active=2)
    guilty, innocent = (
        create_task(actor=OPERATOR, swarm=worker.swarm, title=title) for title in ("Guilty", "Innocent")
    )
    cell = StillCell()
    cell.take()
    bury_cell(cell.id, "left", leaving(cell, status=1 << 8, in_hand={live_attempt(guilty).pk: ""}))
    assert [counts(task) for task in (guilty, innocent)] == [(1, 0), (0, 0)]


@pytest.mark.parametrize(
    ("status", "note", "tool", "deaths"),
    [
        (signal.SIGKILL, "", "post", (0, 0)),
        (signal.SIGKILL, "", "", (0, 1)),
        (signal.SIGKILL, "it was silent", "post", (1, 0)),
        (signal.SIGSEGV, "", "post", (1, 0)),
        (1 << 8, "", "post", (1, 0)),
        (None, "", "post", (0, 0)),
        (None, "", "", (0, 1)),
    ],
)
def test_a_kill_from_outside_is_not_held_against_a_thread(
    task: Task, status: int | None, note: str, tool: str, deaths: tuple[int, int]
) -> None:
    cell = hold(task)
    bury_cell(cell.id, "killed", leaving(cell, status=status, note=note, in_hand={live_attempt(task).pk: tool}))
    assert counts(task) == deaths


@pytest.mark.parametrize(
    ("status", "counted"), [(signal.SIGKILL, (0, 0)), (signal.SIGSEGV, (0, 1)), (1 << 8, (0, 0)), (None, (0, 0))]
)
def test_a_death_with_nothing_in_hand_is_unclear_only_if_the_process_crashed(
    status: int | None, counted: tuple[int, int]
) -> None:
    worker = make_worker(max_active=2)
    tasks = [create_task(actor=OPERATOR, swarm=worker.swarm, title=title) for title in ("One", "Two")]
    cell = StillCell()
    cell.take()
    bury_cell(cell.id, "killed", leaving(cell, status=status))
    assert [counts(task) for task in tasks] == [counted, counted]


def test_a_death_of_which_nothing_is_known_is_unclear_for_all() -> None:
    worker = make_worker(max_active=2)
    tasks = [create_task(actor=OPERATOR, swarm=worker.swarm, title=title) for title in ("One", "Two")]
    cell = StillCell()
    cell.take()
    bury_cell(cell.id, "its heartbeat stopped")
    assert [counts(task) for task in tasks] == [(0, 1), (0, 1)]


def test_marks_of_this_host_are_read_and_removed(task: Task, settings: Settings) -> None:
    cell = hold(task)
    hands = Hands(settings.VICTOR_HOME, cell.id)
    with hands.in_thread(live_attempt(task).pk, "post"):
        note_end(settings.VICTOR_HOME, os.getpid(), signal.SIGSEGV)
        assert report_dead_process(os.getpid()) == 1
    assert counts(task) == (1, 0)
    assert "post" not in Cell.objects.get(pk=cell.id).reason
    assert read_leavings(settings.VICTOR_HOME, os.getpid()) == []


def test_a_report_from_another_host_tells_what_was_executing(task: Task) -> None:
    cell = hold(task)
    Cell.objects.filter(pk=cell.id).update(host="elsewhere/1")
    left = leaving(cell, status=int(signal.SIGSEGV), in_hand={live_attempt(task).pk: "post"})
    assert report_dead_process(os.getpid(), "elsewhere/1", [left]) == 1
    assert counts(task) == (1, 0)
    assert "SIGSEGV" in Cell.objects.get(pk=cell.id).reason


def test_kills_from_outside_put_nothing_away_before_they_weigh_as_much_as_three_deaths(task: Task) -> None:
    most = MOST_DEATHS * UNCLEAR_FOR_ONE
    for times in range(1, most + 1):
        cell = hold(task)
        bury_cell(cell.id, "killed", leaving(cell, status=signal.SIGKILL, in_hand={live_attempt(task).pk: ""}))
        assert (counts(task), status_of(task) == "quarantined") == ((0, times), times == most)


def test_quarantine_says_how_and_where_the_process_died(task: Task) -> None:
    for _ in range(MOST_DEATHS):
        cell = hold(task)
        bury_cell(cell.id, "process 7 died", leaving(cell, status=11, in_hand={live_attempt(task).pk: "post"}))
    task.refresh_from_db()
    assert task.reason.endswith("in the tool post at step 1, process 7 died: it was killed by SIGSEGV.")


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
