"""The writer and the cell around a real event loop, with threads of their own."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from agents.llm.scripted import count_requests, forget_requests, register_script, say
from agents.models import Agent
from tasks.engine import cell as cell_module
from tasks.engine.cell import Cell
from tasks.engine.claims import take as take_work
from tasks.engine.commit import commit_batch
from tasks.engine.orders import CellDeclaredDead, Completed, Order, StepDraft, Write, Written
from tasks.engine.presence import open_cell
from tasks.engine.writer import Writer
from tasks.models import Attempt, Step, Task
from tasks.models import Cell as CellRow
from tasks.services.control import pause_agent, resume_agent, stop_swarm
from tasks.services.making import create_task
from tests.agents.factories import OPERATOR, make_provider
from tests.running import wait_until
from tests.tasks.driving import live_attempt, make_worker, script, status_of, think

pytestmark = pytest.mark.django_db(transaction=True)


def give_work(number: int, **provider: Any) -> list[Task]:
    worker = make_worker(max_active=100, provider=make_provider(**provider))
    return [create_task(actor=OPERATOR, swarm=worker.swarm, title=f"Task {n}") for n in range(number)]


def take() -> tuple[int, list[Order]]:
    cell_id = open_cell(10, 0)
    return cell_id, take_work(cell_id, 10).orders


def write_all(cell_id: int, writes: list[Write], prepare: Callable[[Writer], None] = lambda writer: None) -> list[Any]:
    async def run() -> list[Any]:
        writer = Writer(cell_id)
        prepare(writer)
        loop = asyncio.ensure_future(writer.run())
        results = await asyncio.gather(*(writer.put(write) for write in writes), return_exceptions=True)
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
        writer.close()
        return results

    return asyncio.run(run())


def step(order: Order) -> StepDraft:
    now = timezone.now()
    return StepDraft(
        attempt_id=order.attempt_id, n=1, kind="think", name="m", request={}, started_at=now, finished_at=now
    )


def test_a_batch_holds_one_write_of_each_attempt() -> None:
    give_work(2)
    cell_id, orders = take()
    first, other = orders
    writes = [Write(first, 0, step=step(first)), Write(first, 0), Write(other, 0, step=step(other))]
    results = write_all(cell_id, writes)

    assert [result.held for result in results] == [True, False, True]
    assert [Attempt.objects.get(pk=order.attempt_id).steps for order in orders] == [1, 1]
    assert Step.objects.count() == 2


class Odd(Exception):
    """An error no one foresaw."""


@pytest.mark.parametrize("spoil", [Odd, KeyError, Agent.DoesNotExist, AssertionError])
def test_one_bad_write_fails_alone(spoil: type[Exception]) -> None:
    give_work(3)
    cell_id, orders = take()

    def fail() -> dict[str, Any]:
        raise spoil

    writes = [Write(order, 0, step=step(order)) for order in orders]
    writes[1].perform = fail
    results = write_all(cell_id, writes)
    assert isinstance(results[1], spoil)
    assert [result.held for result in results if isinstance(result, Written)] == [True, True]
    assert Step.objects.count() == 2


def test_a_result_that_is_no_json_fails_alone() -> None:
    give_work(2)
    cell_id, orders = take()
    writes = [Write(order, 0, step=step(order)) for order in orders]
    writes[0].perform = lambda: {"what": object()}
    results = write_all(cell_id, writes)
    assert isinstance(results[0], TypeError)
    assert results[1].held


def test_a_database_that_is_away_is_waited_for_and_told_of_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from tasks.engine import writer as writer_module

    give_work(1)
    cell_id, orders = take()
    monkeypatch.setattr(writer_module, "RETRY_S", 0.01)
    faults = [OperationalError("away"), OperationalError("still away")]
    commit = commit_batch

    def commit_at_last(*given: Any) -> Any:
        if faults:
            raise faults.pop()
        return commit(*given)

    monkeypatch.setattr(writer_module, "commit_batch", commit_at_last)
    assert write_all(cell_id, [Write(orders[0], 0, step=step(orders[0]))])[0].held
    assert not faults
    told = [record.getMessage() for record in caplog.records if record.name == writer_module.__name__]
    assert [words.split(" ")[:4] for words in told] == [
        ["The", "database", "does", "not"],
        ["The", "database", "answers", "again"],
    ]


def test_a_commit_whose_outcome_is_unknown_is_not_doubled(monkeypatch: pytest.MonkeyPatch) -> None:
    from tasks.engine import writer as writer_module

    give_work(1)
    cell_id, orders = take()
    monkeypatch.setattr(writer_module, "RETRY_S", 0.01)
    commit, lost = commit_batch, list[Any]()

    def commit_and_lose_the_answer(*given: Any) -> Any:
        result = commit(*given)
        if not lost:
            lost.append(result)
            raise OperationalError("the connection broke after the commit")
        return result

    monkeypatch.setattr(writer_module, "commit_batch", commit_and_lose_the_answer)
    assert not write_all(cell_id, [Write(orders[0], 0, step=step(orders[0]))])[0].held
    assert (Step.objects.count(), live_attempt(Task.objects.get()).steps) == (1, 1)


class RunningCell:
    """A cell in a thread of its own."""

    def __init__(self) -> None:
        self.ended_by: BaseException | None = None
        self.thread = threading.Thread(target=self._live, daemon=True)

    def _live(self) -> None:
        try:
            asyncio.run(self._run())
        except BaseException as error:
            self.ended_by = error
        finally:
            connection.close()

    async def _run(self) -> None:
        self.loop, self.cell = asyncio.get_running_loop(), Cell()
        await self.cell.run()

    def __enter__(self) -> "RunningCell":
        self.thread.start()
        wait_until(lambda: getattr(getattr(self, "cell", None), "id", 0))
        return self

    def __exit__(self, *given: object) -> None:
        self.drain()

    def drain(self) -> None:
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.cell.drain, "the test is over")
        self.thread.join(15)
        assert not self.thread.is_alive()


def all_are(tasks: list[Task], status: str) -> Callable[[], bool]:
    return lambda: Task.objects.filter(pk__in=[task.pk for task in tasks], status=status).count() == len(tasks)


def test_a_cell_drives_many_at_once_and_signs_off() -> None:
    tasks = give_work(30, model="stub200?latency_ms=50")
    script(think, think)
    with RunningCell() as running:
        wait_until(all_are(tasks, "completed"))
    assert CellRow.objects.get(pk=running.cell.id).status == "ended"
    assert Step.objects.count() == 60


def test_an_agents_next_task_follows_at_once(settings: Any) -> None:
    settings.VICTOR_LOOK_S = 60.0
    worker = make_worker()
    tasks = [create_task(actor=OPERATOR, swarm=worker.swarm, title=f"Task {n}") for n in range(5)]
    slow = make_worker(provider=make_provider(model="stub200?latency_ms=20000"))
    create_task(actor=OPERATOR, swarm=slow.swarm, title="In the way")
    script(think)
    with RunningCell():
        wait_until(all_are(tasks, "completed"))
        stop_swarm(actor=OPERATOR, swarm=slow.swarm)


def test_a_stop_cuts_off_the_call_in_flight() -> None:
    tasks = give_work(3, model="stub200?latency_ms=60000")
    script(think)
    with RunningCell() as running:
        wait_until(lambda: len(running.cell._driven) == 3)
        stop_swarm(actor=OPERATOR, swarm=tasks[0].swarm)
        wait_until(lambda: not running.cell._driven)
    assert all(status_of(live_attempt(task)) == "stopped" for task in tasks)
    assert not Step.objects.exists()


def test_a_paused_agent_finishes_its_step_and_begins_no_other() -> None:
    gate = threading.Event()

    async def answer(request: object, n: int) -> Any:
        await asyncio.to_thread(gate.wait, 10)
        return say("ok")

    register_script("gated", answer)
    forget_requests("gated")
    task = give_work(1, model="gated")[0]
    script(think, think)
    agent = Agent.objects.get(attempts__isnull=True, swarm=task.swarm)
    with RunningCell() as running:
        wait_until(lambda: count_requests("gated") == 1)
        pause_agent(actor=OPERATOR, agent=agent)
        wait_until(lambda: running.cell._paused)
        gate.set()
        wait_until(lambda: status_of(live_attempt(task)) == "ready")
        assert (live_attempt(task).steps, status_of(agent), count_requests("gated")) == (1, "paused", 1)
        resume_agent(actor=OPERATOR, agent=agent)
        wait_until(all_are([task], "completed"))
    assert count_requests("gated") == 2


def test_a_cell_declared_dead_lets_go_of_everything() -> None:
    give_work(1, model="stub200?latency_ms=60000")
    script(think)
    with RunningCell() as running:
        wait_until(lambda: running.cell._driven)
        from tasks.engine.burial import bury_cell

        bury_cell(running.cell.id, "silent")
        running.thread.join(10)
    assert (running.ended_by, CellRow.objects.get(pk=running.cell.id).status) == (None, "dead")


def test_a_draining_cell_gives_back_what_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell_module, "DRAIN_S", 0.1)
    task = give_work(1, model="stub200?latency_ms=60000")[0]
    script(think)
    with RunningCell() as running:
        wait_until(lambda: running.cell._driven)
        running.drain()
    attempt = live_attempt(task)
    assert (attempt.status, attempt.deaths, attempt.cell_id) == ("ready", 0, None)


def test_what_the_cell_does_not_drive_though_it_holds_it_is_given_back(settings: Any) -> None:
    settings.VICTOR_LOOK_S = 0.05
    task = give_work(1)[0]
    script(think)
    with RunningCell() as running:
        wait_until(all_are([task], "completed"))
        Task.objects.update(status="in_progress")
        Attempt.objects.update(status="running", cell=running.cell.id)
        wait_until(lambda: live_attempt(task).steps == 1 and status_of(task) == "completed")
    assert live_attempt(task).journal.count() == 1


def test_a_dead_lease_ends_the_writer() -> None:
    give_work(1)
    cell_id, orders = take()
    CellRow.objects.update(status="dead")

    async def run() -> None:
        writer = Writer(cell_id)
        loop = asyncio.ensure_future(writer.run())
        put = asyncio.ensure_future(writer.put(Write(orders[0], 0, ending=Completed("x"))))
        with pytest.raises(CellDeclaredDead):
            await loop
        put.cancel()
        writer.close()

    asyncio.run(run())
