"""What a stop takes away counts as stopped once its cell has let go of it, or is known to be gone."""

import asyncio
import os
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from agents.models import Agent
from audit.models import AttentionItem, Entry
from tasks.engine import unstopped
from tasks.engine.burial import bury_cell, bury_silent_cells
from tasks.engine.cell import Cell
from tasks.engine.presence import Held, Hold, close_cell, held_by
from tasks.engine.unstopped import report_unstopped, settle_recalls
from tasks.models import Attempt, Task
from tasks.models import Cell as CellRow
from tasks.recalls import note_let_go
from tasks.services.control import start_swarm, stop_agent, stop_swarm, stop_task
from tasks.services.making import create_task
from tasks.services.questions import dismiss
from tasks.services.work import cancel_task
from tests.agents.factories import OPERATOR
from tests.tasks.driving import StillCell, make_worker
from victoros.lib import clock
from victoros.lib.hands import Hands


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
    assert (attempt.recalled_from_id, attempt.let_go_at) == (cell.id, None)
    assert attempt.recalled_at is not None
    assert held_by(cell.id) == Held({}, {attempt.pk})


def test_an_agent_is_shutting_down_until_the_cell_has_let_go(cell: StillCell, worker: Agent) -> None:
    attempt = stop(worker)
    assert status_of_agent(worker) == "shutting_down"
    assert note_let_go(cell.id, [attempt.pk], how=Attempt.LetGo.CELL) == 1
    assert status_of_agent(worker) == "stopped"
    attempt.refresh_from_db()
    assert (attempt.recalled_from_id, attempt.let_go_how) == (None, "cell")
    entry = Entry.objects.get(kind="attempt.let_go")
    assert entry.detail | {"after_s": 0} == {"attempt": 1, "cell": cell.id, "how": "cell", "after_s": 0}
    assert note_let_go(cell.id, [attempt.pk], how=Attempt.LetGo.CELL) == 0
    assert Entry.objects.filter(kind="attempt.let_go").count() == 1


def test_what_no_cell_drives_is_stopped_at_once(task: Task, worker: Agent) -> None:
    cell = StillCell()
    cell.take()
    close_cell(cell.id, "it was told to")
    attempt = stop(worker)
    assert (attempt.status, attempt.recalled_from_id, attempt.recalled_at) == ("stopped", None, None)
    assert status_of_agent(worker) == "stopped"


def test_another_cell_says_nothing_for_the_one_that_has_it(cell: StillCell, worker: Agent) -> None:
    attempt = stop(worker)
    assert note_let_go(StillCell().id, [attempt.pk], how=Attempt.LetGo.CELL) == 0
    assert status_of_agent(worker) == "shutting_down"


def test_a_stop_after_a_start_still_waits_for_the_first_cell(cell: StillCell, worker: Agent) -> None:
    stop(worker)
    start_swarm(actor=OPERATOR, swarm=worker.swarm)
    attempt = stop(worker)
    assert attempt.recalled_from_id == cell.id
    assert status_of_agent(worker) == "shutting_down"


def test_a_cell_whose_process_ended_has_let_go(cell: StillCell, worker: Agent) -> None:
    attempt = stop(worker)
    bury_cell(cell.id, "process 1 died")
    attempt.refresh_from_db()
    assert (attempt.recalled_from_id, attempt.let_go_how) == (None, "process")
    assert status_of_agent(worker) == "stopped"


def test_of_a_cell_that_fell_silent_nobody_knows_more(cell: StillCell, worker: Agent) -> None:
    attempt = stop(worker)
    CellRow.objects.filter(pk=cell.id).update(heartbeat_at=clock.now() - timedelta(hours=1))
    assert bury_silent_cells() == 1
    attempt.refresh_from_db()
    assert (attempt.recalled_from_id, attempt.let_go_how) == (None, "lost")


def sign_off(cell: StillCell, **fields: Any) -> None:
    """Let the cell end in order though a thread of it may still be at work."""
    close_cell(cell.id, "it was told to")
    CellRow.objects.filter(pk=cell.id).update(**fields)


def test_a_cell_that_signed_off_has_let_go_when_its_process_is_gone(cell: StillCell, worker: Agent) -> None:
    attempt = stop(worker)
    sign_off(cell)
    assert settle_recalls() == 0  # the process of this test lives
    assert status_of_agent(worker) == "shutting_down"
    sign_off(cell, pid=2**22 + 1)
    assert settle_recalls() == 1
    attempt.refresh_from_db()
    assert attempt.let_go_how == "process"


def test_another_process_with_the_number_of_one_that_ended_is_not_taken_for_it(cell: StillCell, worker: Agent) -> None:
    stop(worker)
    sign_off(cell, ended_at=clock.now() - timedelta(days=400))  # before the process of this test began
    assert settle_recalls() == 1


def test_of_a_process_on_another_host_nobody_knows_after_a_lease(cell: StillCell, worker: Agent, settings: Any) -> None:
    attempt = stop(worker)
    sign_off(cell, host="elsewhere")
    assert settle_recalls() == 0
    sign_off(cell, ended_at=clock.now() - timedelta(seconds=settings.VICTOR_LEASE_S + 1))
    assert settle_recalls() == 1
    attempt.refresh_from_db()
    assert attempt.let_go_how == "lost"


def test_nobody_settles_for_a_cell_that_lives(cell: StillCell, worker: Agent) -> None:
    stop(worker)
    assert settle_recalls() == 0


# --- what the operators are told ---


def age_the_stop(seconds: float = unstopped.LATE_S + 1) -> None:
    Attempt.objects.update(recalled_at=clock.now() - timedelta(seconds=seconds))


def test_a_stop_that_is_not_confirmed_is_put_before_the_operators_once(cell: StillCell, worker: Agent) -> None:
    attempt = stop(worker)
    assert report_unstopped() == 0
    age_the_stop()
    assert report_unstopped() == 1
    assert report_unstopped() == 0
    item = AttentionItem.objects.get()
    assert (item.kind, item.swarm_ref, item.title) == ("not_stopped", worker.swarm_id, "“Work” has not stopped")
    assert f"Cell {cell.id}, process {os.getpid()} on " in item.body
    note_let_go(cell.id, [attempt.pk], how=Attempt.LetGo.CELL)
    assert report_unstopped() == 1
    item.refresh_from_db()
    assert item.status == "answered"


def test_what_a_person_took_note_of_is_not_told_again_before_the_next_stop(cell: StillCell, worker: Agent) -> None:
    stop(worker)
    age_the_stop()
    report_unstopped()
    dismiss(actor=OPERATOR, item=AttentionItem.objects.get())
    assert report_unstopped() == 0
    AttentionItem.objects.update(created_at=clock.now() - timedelta(minutes=5))
    assert report_unstopped() == 1


def test_several_of_a_swarm_are_one_item(worker: Agent, task: Task) -> None:
    create_task(actor=OPERATOR, swarm=worker.swarm, title="More work")
    Agent.objects.update(max_active=2)
    assert len(StillCell().take()) == 2
    stop_swarm(actor=OPERATOR, swarm=worker.swarm)
    age_the_stop()
    assert report_unstopped() == 1
    assert "and 1 more have not stopped" in AttentionItem.objects.get().title


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL chooses by its figures")
def test_what_is_recalled_is_found_without_reading_all_attempts(db: None) -> None:
    of_swarm = Attempt.objects.filter(swarm=1, recalled_from__isnull=False)
    questions = (unstopped.find_late().values_list("swarm", flat=True), of_swarm, of_swarm.filter(agent=1))
    for question in questions:
        assert "USING INDEX attempt_recalled" in question.order_by().explain()


# --- what a cell does ---


class LoopCell(Cell):
    """Drives in a real event loop, without a database: `held` says what that would answer, `said` what it was told."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self.id, self._hands = 1, Hands(home, 1)
        self.held, self.said = Held({}, set()), list[str]()
        self._writer: Any = SimpleNamespace(in_database=self._answer)
        self.cut_off = asyncio.Event()

    async def _answer(self, work: Any) -> Any:
        if not isinstance(work, partial):
            return self.held
        assert work.func is note_let_go
        self.said.append("let go")
        return 1

    async def _drive(self, order: Any) -> None:
        try:
            if order.act:
                await self.in_thread(order.attempt_id, "act", order.act)
            await asyncio.Event().wait()
        finally:
            self.cut_off.set()


def order_of(fence: int = 1, act: Any = None) -> Any:
    return SimpleNamespace(attempt_id=7, fence=fence, is_suspect=False, swarm=SimpleNamespace(id=3), act=act)


def test_a_cell_says_that_it_has_let_go_once_the_coroutine_has_ended(tmp_path: Path) -> None:
    async def play() -> None:
        cell = LoopCell(tmp_path)
        cell._start(order_of(), alone=True)
        await asyncio.sleep(0.01)
        cell.held = Held({}, {7})
        await cell._check_held()
        assert cell.cut_off.is_set()
        assert cell.said == ["let go"]

    asyncio.run(play())


def test_a_cell_says_nothing_while_a_tool_of_it_is_at_work_in_a_thread(tmp_path: Path) -> None:
    over = threading.Event()

    def act() -> dict[str, Any]:
        over.wait(20)
        return {}

    async def play() -> None:
        cell = LoopCell(tmp_path)
        cell._start(order_of(act=act), alone=True)
        while not cell._hands.in_threads:
            await asyncio.sleep(0.001)
        cell.held = Held({}, {7})
        await cell._check_held()
        assert (cell.cut_off.is_set(), cell.said) == (True, [])
        over.set()
        while cell._hands.in_threads:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.01)
        await cell._check_held()
        assert cell.said == ["let go"]

    asyncio.run(play())


def test_what_was_taken_up_again_here_is_not_cut_off_with_what_was_recalled(tmp_path: Path) -> None:
    async def play() -> None:
        cell = LoopCell(tmp_path)
        cell._start(order_of(fence=1), alone=True)
        await asyncio.sleep(0.01)
        first = cell._driven[7].coroutine
        cell._start(order_of(fence=4), alone=True)
        await asyncio.sleep(0.01)
        cell.held = Held({7: Hold(4, paused=False)}, {7})
        await cell._check_held()
        assert first.done()
        assert cell.said == ["let go"]
        assert not cell._driven[7].coroutine.done()
        cell._abandon()
        await asyncio.sleep(0.01)
        assert not cell._under_way

    asyncio.run(play())
