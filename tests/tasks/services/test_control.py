"""Pause lets the step in flight finish; stop takes everything away; start goes on at the last finished step."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from agents.models import Agent
from audit.actors import Actor
from tasks.engine.presence import held_by
from tasks.models import Attempt, Recall, Task
from tasks.recalls import note_let_go
from tasks.services.control import (
    pause_agent,
    pause_swarm,
    pause_task,
    restart_agent,
    resume_agent,
    resume_task,
    start_swarm,
    stop_agent,
    stop_swarm,
    stop_task,
)
from tasks.services.dependencies import add_dependency
from tasks.services.making import create_task
from tasks.services.work import cancel_task, retry_task
from tests.agents.factories import OPERATOR
from tests.tasks.driving import (
    SCRIPT,
    ProcessDied,
    StillCell,
    kinds_about,
    live_attempt,
    make_worker,
    script,
    status_of,
    think,
)
from victoros.lib.errors import Conflict

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker() -> Agent:
    return make_worker()


@pytest.fixture
def task(worker: Agent) -> Task:
    return create_task(actor=OPERATOR, swarm=worker.swarm, title="Work")


def leave_after(cell: StillCell, commits: int) -> None:
    cell.die_after_commit = commits
    with pytest.raises(ProcessDied):
        cell.work()


def test_a_stop_takes_running_attempts_away_and_refuses_what_they_write(worker: Agent, task: Task) -> None:
    cell = StillCell()
    order = cell.take()[0]
    result = stop_swarm(actor=OPERATOR, swarm=worker.swarm)
    assert (result.changed, result.stopped_attempts) == (True, 1)
    script(think)
    cell.drive(order)
    attempt = live_attempt(task)
    assert (attempt.status, attempt.steps, attempt.cell_id, status_of(task)) == ("stopped", 0, None, "blocked")
    assert status_of(worker) == "shutting_down"
    note_let_go(Recall.objects.filter(cell=cell.id), Attempt.LetGo.CELL)
    assert status_of(worker) == "stopped"
    assert "task.stopped" in kinds_about(task)


def test_a_restart_refuses_what_was_in_flight_and_goes_on_after_the_last_finished_step(
    worker: Agent, task: Task
) -> None:
    script(think, think)
    leave_after(StillCell(), 2)
    fence, steps = live_attempt(task).fence, live_attempt(task).steps
    Attempt.objects.update(status="ready", cell=None)

    result = restart_agent(actor=OPERATOR, agent=worker)

    attempt = live_attempt(task)
    assert (result.changed, result.stopped_attempts) == (True, 1)
    assert (attempt.status, attempt.steps, attempt.fence > fence) == ("ready", steps, True)
    assert status_of(task) != "blocked"
    worker.refresh_from_db()
    assert worker.desired_state == "running"


def test_a_stopped_swarm_takes_nothing_up(worker: Agent, task: Task) -> None:
    stop_swarm(actor=OPERATOR, swarm=worker.swarm)
    assert StillCell().work() == 0
    assert status_of(task) == "ready"


def test_stopping_twice_changes_nothing_more(worker: Agent, task: Task) -> None:
    StillCell().take()
    stop_swarm(actor=OPERATOR, swarm=worker.swarm)
    again = stop_swarm(actor=OPERATOR, swarm=worker.swarm)
    assert (again.changed, again.stopped_attempts) == (False, 0)


def test_start_goes_on_at_the_last_finished_step(worker: Agent, task: Task) -> None:
    script(think, think)
    leave_after(StillCell(), 1)
    stop_swarm(actor=OPERATOR, swarm=worker.swarm)
    start_swarm(actor=OPERATOR, swarm=worker.swarm)
    assert status_of(task) == "in_progress"
    assert kinds_about(task)[-1] == "task.resumed"
    StillCell().work()
    assert status_of(task) == "completed"
    assert len(SCRIPT.asked) == 2


def test_a_paused_swarm_keeps_its_attempt_until_the_step_boundary(worker: Agent, task: Task) -> None:
    cell = StillCell()
    order = cell.take()[0]
    pause_swarm(actor=OPERATOR, swarm=worker.swarm)
    assert live_attempt(task).status == "running"
    assert held_by(cell.id).running[order.attempt_id].paused
    cell.reason_to_leave = "paused"
    script(think)
    cell.drive(order)
    assert (live_attempt(task).status, status_of(worker)) == ("ready", "paused")
    assert StillCell().work() == 0


def test_a_pause_agent_shows_paused_when_nothing_of_it_runs(worker: Agent) -> None:
    pause_agent(actor=OPERATOR, agent=worker)
    assert status_of(worker) == "paused"
    resume_agent(actor=OPERATOR, agent=worker)
    assert status_of(worker) == "idle"


def test_a_stopped_agent_is_stopped_and_others_go_on(worker: Agent, task: Task) -> None:
    StillCell().take()
    assert stop_agent(actor=OPERATOR, agent=worker).stopped_attempts == 1
    make_worker(worker.swarm, "other")
    second = create_task(actor=OPERATOR, swarm=worker.swarm, title="Second")
    script(think)
    StillCell().work()
    assert (status_of(task), status_of(second)) == ("blocked", "completed")
    resume_agent(actor=OPERATOR, agent=worker)
    StillCell().work()
    assert status_of(task) == "completed"


def test_a_resumed_agent_stays_stopped_while_its_swarm_is(worker: Agent, task: Task) -> None:
    StillCell().take()
    stop_swarm(actor=OPERATOR, swarm=worker.swarm)
    stop_agent(actor=OPERATOR, agent=worker)
    resume_agent(actor=OPERATOR, agent=worker)
    assert live_attempt(task).status == "stopped"
    start_swarm(actor=OPERATOR, swarm=worker.swarm)
    assert live_attempt(task).status == "ready"


def test_starting_the_swarm_does_not_revive_what_a_stopped_agent_did(worker: Agent, task: Task) -> None:
    StillCell().take()
    stop_agent(actor=OPERATOR, agent=worker)
    start_swarm(actor=OPERATOR, swarm=worker.swarm)
    assert live_attempt(task).status == "stopped"


@pytest.mark.parametrize("hold", [stop_task, pause_task])
def test_a_held_task_stays_held_when_its_swarm_or_agent_starts_again(worker: Agent, task: Task, hold: object) -> None:
    StillCell().take()
    hold(actor=OPERATOR, task=task)  # type: ignore[operator]
    stop_swarm(actor=OPERATOR, swarm=worker.swarm)
    start_swarm(actor=OPERATOR, swarm=worker.swarm)
    stop_agent(actor=OPERATOR, agent=worker)
    resume_agent(actor=OPERATOR, agent=worker)
    assert live_attempt(task).status == "stopped"
    resume_task(actor=OPERATOR, task=task)
    script(think)
    StillCell().work()
    assert status_of(task) == "completed"


def test_what_a_person_says_about_a_stop_does_not_decide_whether_it_is_held(worker: Agent, task: Task) -> None:
    StillCell().take()
    stop_swarm(actor=OPERATOR, swarm=worker.swarm)
    Task.objects.filter(pk=task.pk).update(reason="Stopped by whatever words stand here.")
    start_swarm(actor=OPERATOR, swarm=worker.swarm)
    assert live_attempt(task).status == "ready"


def test_a_held_task_stays_held_when_what_it_waits_for_ends(task: Task) -> None:
    first = create_task(actor=OPERATOR, swarm=task.swarm, title="First")
    stop_task(actor=OPERATOR, task=task)
    add_dependency(actor=OPERATOR, task=task, on=first, accepts="ended")
    cancel_task(actor=OPERATOR, task=first)
    assert status_of(task) == "blocked"
    resume_task(actor=OPERATOR, task=task)
    assert status_of(task) == "ready"


def test_a_hold_is_lifted_from_a_task_that_waits_for_another(task: Task) -> None:
    first = create_task(actor=OPERATOR, swarm=task.swarm, title="First")
    stop_task(actor=OPERATOR, task=task)
    add_dependency(actor=OPERATOR, task=task, on=first, accepts="ended")
    resume_task(actor=OPERATOR, task=task)
    assert (status_of(task), kinds_about(task)[-1]) == ("blocked", "task.resumed")
    cancel_task(actor=OPERATOR, task=first)
    assert status_of(task) == "ready"


def cancel_and_retry(*, actor: Actor, task: Task) -> None:
    cancel_task(actor=actor, task=task)
    retry_task(actor=actor, task=task)


@pytest.mark.parametrize("let_go", [resume_task, cancel_and_retry])
def test_a_task_that_was_let_go_is_not_held_any_more(worker: Agent, task: Task, let_go: Callable[..., object]) -> None:
    StillCell().take()
    stop_task(actor=OPERATOR, task=task)
    held = Task.objects.get(pk=task.pk)
    let_go(actor=OPERATOR, task=held)
    held.refresh_from_db()
    assert held.held_at is None
    stop_swarm(actor=OPERATOR, swarm=worker.swarm)
    start_swarm(actor=OPERATOR, swarm=worker.swarm)
    assert status_of(task) in ("ready", "in_progress")


def test_a_ready_task_can_be_held_and_resumed(task: Task) -> None:
    stop_task(actor=OPERATOR, task=task)
    assert (status_of(task), StillCell().work()) == ("blocked", 0)
    resume_task(actor=OPERATOR, task=task)
    assert status_of(task) == "ready"
    assert kinds_about(task)[-2:] == ["task.stopped", "task.resumed"]


def test_what_is_not_held_cannot_be_resumed_and_what_ended_cannot_be_held(task: Task) -> None:
    with pytest.raises(Conflict):
        resume_task(actor=OPERATOR, task=task)
    script(think)
    StillCell().work()
    with pytest.raises(Conflict):
        stop_task(actor=OPERATOR, task=task)


def test_a_waiting_attempt_keeps_waiting_through_a_stop(worker: Agent, task: Task) -> None:
    script(lambda run: run.wait_for_mail(timeout=timedelta(hours=1)))
    StillCell().work()
    assert stop_swarm(actor=OPERATOR, swarm=worker.swarm).stopped_attempts == 0
    assert live_attempt(task).status == "waiting"
    Attempt.objects.update(
        wake_at=timezone.now() - timedelta(seconds=1), waiting_since=timezone.now() - timedelta(hours=2)
    )
    from tasks.engine.waking import wake_due

    assert wake_due() == 1
    assert StillCell().work() == 0
    start_swarm(actor=OPERATOR, swarm=worker.swarm)
    StillCell().work()
    assert status_of(task) == "completed"


def test_a_stop_costs_as_many_statements_for_many_as_for_few(
    worker: Agent, django_assert_max_num_queries: object
) -> None:
    Agent.objects.update(max_active=100)
    for n in range(50):
        create_task(actor=OPERATOR, swarm=worker.swarm, title=f"Task {n}")
    StillCell().take(50)
    with django_assert_max_num_queries(25):  # type: ignore[operator]
        assert stop_swarm(actor=OPERATOR, swarm=worker.swarm).stopped_attempts == 50
