"""What a stop takes away counts as stopped once its cell has let go of it, or is known to be gone."""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from agents.models import Agent
from agents.services.agents import retire_agent
from agents.services.swarms import change_swarm
from audit.models import AttentionItem, Entry
from tasks.engine import unstopped
from tasks.engine.burial import bury, bury_silent_cells, report_dead_process
from tasks.engine.presence import Held, close_cell, held_by
from tasks.engine.unstopped import report_unstopped, settle_recalls
from tasks.models import Attempt, Recall, Task
from tasks.models import Cell as CellRow
from tasks.recalls import note_let_go
from tasks.selectors.stopping import judge_stop
from tasks.services.control import start_swarm, stop_agent, stop_swarm, stop_task
from tasks.services.making import create_task
from tasks.services.questions import dismiss
from tasks.services.work import cancel_task
from tasks.tidying.rest import old_cells
from tests.agents.factories import OPERATOR
from tests.tasks.driving import StillCell, make_worker
from victoros.lib import clock
from victoros.lib.errors import Conflict

GONE = 2**22 + 1
"""A number that no process has."""


@pytest.fixture
def worker(db: None) -> Agent:
    return make_worker()


@pytest.fixture
def task(worker: Agent) -> Task:
    return create_task(actor=OPERATOR, swarm=worker.swarm, title="Work")


@pytest.fixture
def cell(task: Task) -> StillCell:
    """A cell that has taken the task up."""
    cell = StillCell()
    assert len(cell.take()) == 1
    return cell


def owed_by(cell: StillCell) -> Any:
    return Recall.objects.filter(cell=cell.id)


def status_of_agent(worker: Agent) -> str:
    worker.refresh_from_db()
    return worker.status


def stop(worker: Agent) -> Attempt:
    """Stop the swarm and return the attempt that was taken away."""
    stop_swarm(actor=OPERATOR, swarm=worker.swarm)
    return Attempt.objects.get()


STOPS: dict[str, Callable[[Task], object]] = {
    "task": lambda task: stop_task(actor=OPERATOR, task=task),
    "cancelled task": lambda task: cancel_task(actor=OPERATOR, task=task),
    "agent": lambda task: stop_agent(actor=OPERATOR, agent=Agent.objects.get()),
    "swarm": lambda task: stop_swarm(actor=OPERATOR, swarm=task.swarm),
}


@pytest.mark.parametrize("what", STOPS)
def test_a_stop_asks_the_cell_to_let_go(what: str, cell: StillCell, task: Task) -> None:
    STOPS[what](task)
    attempt = Attempt.objects.get()
    assert (attempt.recalled_from, attempt.let_go_at) == (cell.id, None)
    recall = Recall.objects.get()
    assert (recall.at, recall.agent_id) == (attempt.recalled_at, attempt.agent_id)
    assert held_by(cell.id) == Held({}, {recall.pk: (attempt.pk, attempt.fence - 1)})


def test_an_agent_is_shutting_down_until_the_cell_has_let_go(cell: StillCell, worker: Agent) -> None:
    attempt = stop(worker)
    assert status_of_agent(worker) == "shutting_down"
    assert note_let_go(owed_by(cell), Attempt.LetGo.CELL) == 1
    assert status_of_agent(worker) == "stopped"
    attempt.refresh_from_db()
    assert (attempt.recalled_from, attempt.let_go_how) == (None, "cell")
    entry = Entry.objects.get(kind="attempt.let_go")
    assert entry.detail | {"after_s": 0} == {"attempt": 1, "cell": cell.id, "how": "cell", "after_s": 0}
    assert note_let_go(owed_by(cell), Attempt.LetGo.CELL) == 0
    assert Entry.objects.filter(kind="attempt.let_go").count() == 1


def test_what_no_cell_drives_is_stopped_at_once(task: Task, worker: Agent) -> None:
    cell = StillCell()
    cell.take()
    close_cell(cell.id, "it was told to")
    attempt = stop(worker)
    assert (attempt.status, attempt.recalled_from, attempt.recalled_at) == ("stopped", None, None)
    assert status_of_agent(worker) == "stopped"


def test_another_cell_says_nothing_for_the_one_that_has_it(cell: StillCell, worker: Agent) -> None:
    stop(worker)
    assert note_let_go(owed_by(StillCell()), Attempt.LetGo.CELL) == 0
    assert status_of_agent(worker) == "shutting_down"


def test_a_stop_after_a_start_still_waits_for_the_first_cell(cell: StillCell, worker: Agent) -> None:
    stop(worker)
    start_swarm(actor=OPERATOR, swarm=worker.swarm)
    attempt = stop(worker)
    assert attempt.recalled_from == cell.id
    assert status_of_agent(worker) == "shutting_down"


def test_each_cell_that_had_it_in_turn_has_to_let_go(cell: StillCell, worker: Agent) -> None:
    stop(worker)
    start_swarm(actor=OPERATOR, swarm=worker.swarm)
    second = StillCell()
    assert len(second.take()) == 1
    attempt = stop(worker)
    assert attempt.recalled_from == second.id
    note_let_go(owed_by(second), Attempt.LetGo.CELL)
    attempt.refresh_from_db()
    assert (attempt.recalled_from, attempt.let_go_at, status_of_agent(worker)) == (cell.id, None, "shutting_down")
    note_let_go(owed_by(cell), Attempt.LetGo.CELL)
    attempt.refresh_from_db()
    assert attempt.recalled_from is None
    assert (attempt.let_go_how, status_of_agent(worker)) == ("cell", "stopped")


def test_the_word_about_an_earlier_stop_is_none_about_a_later_one(cell: StillCell, worker: Agent) -> None:
    stop(worker)
    earlier = owed_by(cell).filter(pk__in=list(held_by(cell.id).recalled))
    start_swarm(actor=OPERATOR, swarm=worker.swarm)
    assert len(cell.take()) == 1
    stop(worker)
    assert owed_by(cell).count() == 2
    note_let_go(earlier, Attempt.LetGo.CELL)
    assert (owed_by(cell).count(), status_of_agent(worker)) == (1, "shutting_down")


def test_of_a_cell_that_has_ended_nothing_is_asked(cell: StillCell, worker: Agent) -> None:
    CellRow.objects.update(status="ended", ended_at=clock.now())  # as that of sample data
    stop(worker)
    assert not Recall.objects.exists()
    assert status_of_agent(worker) == "stopped"


def test_an_agent_that_has_not_stopped_is_not_retired(cell: StillCell, worker: Agent, task: Task) -> None:
    stop(worker)
    cancel_task(actor=OPERATOR, task=task)
    with pytest.raises(Conflict, match="has not let go"):
        retire_agent(actor=OPERATOR, agent=worker)
    note_let_go(owed_by(cell), Attempt.LetGo.CELL)
    assert retire_agent(actor=OPERATOR, agent=worker)


def test_a_cell_whose_process_ended_has_let_go(cell: StillCell, worker: Agent) -> None:
    attempt = stop(worker)
    bury(CellRow.objects.get(pk=cell.id), "process 1 died")
    attempt.refresh_from_db()
    assert (attempt.recalled_from, attempt.let_go_how) == (None, "process")
    assert status_of_agent(worker) == "stopped"


def test_a_cell_that_fell_silent_has_let_go_when_its_process_is_gone(cell: StillCell, worker: Agent) -> None:
    attempt = stop(worker)
    CellRow.objects.filter(pk=cell.id).update(heartbeat_at=clock.now() - timedelta(hours=1))
    assert bury_silent_cells() == 1
    assert settle_recalls() == 0  # the process of this test lives
    assert status_of_agent(worker) == "shutting_down"
    CellRow.objects.filter(pk=cell.id).update(pid=GONE)
    assert settle_recalls() == 1
    attempt.refresh_from_db()
    assert (attempt.recalled_from, attempt.let_go_how) == (None, "process")


def sign_off(cell: StillCell, **fields: Any) -> None:
    """Let the cell end in order though a thread of it may still be at work."""
    close_cell(cell.id, "it was told to")
    CellRow.objects.filter(pk=cell.id).update(**fields)


def test_a_cell_that_signed_off_has_let_go_when_its_process_is_gone(cell: StillCell, worker: Agent) -> None:
    attempt = stop(worker)
    sign_off(cell)
    assert settle_recalls() == 0  # the process of this test lives
    assert status_of_agent(worker) == "shutting_down"
    sign_off(cell, pid=GONE)
    assert settle_recalls() == 1
    attempt.refresh_from_db()
    assert attempt.let_go_how == "process"


def test_another_process_with_the_number_of_one_that_ended_is_not_taken_for_it(cell: StillCell, worker: Agent) -> None:
    stop(worker)
    sign_off(cell, ended_at=clock.now() - timedelta(days=400))  # before the process of this test began
    assert settle_recalls() == 1


def test_of_a_process_on_another_host_its_worker_or_a_person_says_that_it_is_gone(
    cell: StillCell, worker: Agent
) -> None:
    attempt = stop(worker)
    sign_off(cell, host="elsewhere", pid=GONE)
    assert settle_recalls() == 0
    report_dead_process(GONE, "elsewhere")
    attempt.refresh_from_db()
    assert attempt.let_go_how == "process"


def test_what_nobody_can_know_a_person_takes_note_of(cell: StillCell, worker: Agent) -> None:
    attempt = stop(worker)
    sign_off(cell, host="elsewhere")
    age_the_stop()
    report_unstopped()
    item = AttentionItem.objects.get()
    assert "nobody has seen the end of its process" in item.body
    dismiss(actor=OPERATOR, item=item)
    attempt.refresh_from_db()
    assert (attempt.let_go_how, status_of_agent(worker)) == ("person", "stopped")
    assert Entry.objects.get(kind="attempt.let_go").actor_name == OPERATOR.name
    verdict = judge_stop(attempt)
    assert verdict is not None
    assert "a person took note" in verdict.words


def test_nobody_settles_for_a_cell_that_lives(cell: StillCell, worker: Agent) -> None:
    stop(worker)
    assert settle_recalls() == 0


# --- what the operators are told ---


def age_the_stop(seconds: float = unstopped.LATE_S + 1) -> None:
    Recall.objects.update(at=clock.now() - timedelta(seconds=seconds))


def test_a_stop_that_is_not_confirmed_is_put_before_the_operators_once(cell: StillCell, worker: Agent) -> None:
    stop(worker)
    assert report_unstopped() == 0
    age_the_stop()
    assert report_unstopped() == 1
    assert report_unstopped() == 0
    item = AttentionItem.objects.get()
    assert (item.kind, item.swarm_ref, item.title) == ("not_stopped", worker.swarm_id, "“Work” has not stopped")
    assert f"Cell {cell.id}, process {os.getpid()} on " in item.body
    note_let_go(owed_by(cell), Attempt.LetGo.CELL)
    assert report_unstopped() == 1
    item.refresh_from_db()
    assert item.status == "answered"


def test_what_a_person_took_note_of_is_told_again_when_its_cell_ends_without_a_word(
    cell: StillCell, worker: Agent
) -> None:
    stop(worker)
    age_the_stop()
    report_unstopped()
    dismiss(actor=OPERATOR, item=AttentionItem.objects.get())
    assert status_of_agent(worker) == "shutting_down"
    assert report_unstopped() == 0
    sign_off(cell, host="elsewhere")
    assert report_unstopped() == 1
    item = AttentionItem.objects.get(status="open")
    assert "nobody has seen the end of its process" in item.body


def test_what_a_person_was_not_told_of_is_told(cell: StillCell, worker: Agent) -> None:
    stop(worker)
    age_the_stop()
    report_unstopped()
    sign_off(cell, host="elsewhere", ended_at=clock.now() + timedelta(seconds=1))  # after the item was written
    dismiss(actor=OPERATOR, item=AttentionItem.objects.get())
    assert status_of_agent(worker) == "shutting_down"
    assert report_unstopped() == 1


def test_a_cell_that_owes_a_word_is_not_forgotten(cell: StillCell, worker: Agent) -> None:
    stop(worker)
    sign_off(cell, host="elsewhere")
    assert not old_cells(clock.now() + timedelta(days=1)).exists()
    note_let_go(owed_by(cell), Attempt.LetGo.PROCESS)
    assert old_cells(clock.now() + timedelta(days=1)).exists()


def test_another_budget_does_not_hush_it_up(cell: StillCell, worker: Agent) -> None:
    stop(worker)
    age_the_stop()
    report_unstopped()
    change_swarm(actor=OPERATOR, swarm=worker.swarm, budget_nanos=5_000_000_000)
    assert AttentionItem.objects.get().status == "open"


def test_several_of_a_swarm_are_one_item(worker: Agent, task: Task) -> None:
    create_task(actor=OPERATOR, swarm=worker.swarm, title="More work")
    Agent.objects.update(max_active=2)
    assert len(StillCell().take()) == 2
    stop_swarm(actor=OPERATOR, swarm=worker.swarm)
    age_the_stop()
    assert report_unstopped() == 1
    assert "and 1 more have not stopped" in AttentionItem.objects.get().title
