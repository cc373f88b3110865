"""The group commit: what it accepts, what it refuses, and what one bad write does to the others."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent
from audit.models import Entry, Topic
from tasks.engine.burial import bury_cell
from tasks.engine.commit import commit_batch
from tasks.engine.orders import CellDeclaredDead, Completed, Failed, Order, Released, StepDraft, Waiting, Write
from tasks.engine.waits import await_task
from tasks.models import Attempt, Step, Task
from tasks.services.making import create_task
from tests.agents.factories import OPERATOR
from tests.tasks.driving import StillCell, kinds_about, make_worker, status_of
from victoros.lib.errors import InvalidInput

pytestmark = pytest.mark.django_db


@pytest.fixture
def cell() -> StillCell:
    return StillCell()


@pytest.fixture
def orders(cell: StillCell) -> list[Order]:
    worker = make_worker(max_active=10)
    for n in range(3):
        create_task(actor=OPERATOR, swarm=worker.swarm, title=f"Task {n}")
    return cell.take()


def step(order: Order, n: int = 1, name: str = "m", **fields: Any) -> StepDraft:
    now = timezone.now()
    return StepDraft(order.attempt_id, n, "think", name, {}, started_at=now, finished_at=now, **fields)


def attempt(order: Order) -> Attempt:
    return Attempt.objects.get(pk=order.attempt_id)


def task(order: Order) -> Task:
    return Task.objects.get(pk=order.task.id)


def test_steps_of_many_attempts_are_written_at_once(cell: StillCell, orders: list[Order]) -> None:
    with CaptureQueriesContext(connection) as queries:
        results = commit_batch(
            cell.id, [Write(order, 0, step=step(order, tokens_in=5, cost_nanos=7)) for order in orders]
        )
    assert all(result.held for result in results)
    assert [attempt(order).steps for order in orders] == [1, 1, 1]
    agent = Agent.objects.get()
    assert (agent.step_count, agent.token_count, agent.cost_nanos) == (3, 15, 21)
    assert len(queries) <= 9


def test_a_raised_fence_refuses_the_write_and_only_that(cell: StillCell, orders: list[Order]) -> None:
    Attempt.objects.filter(pk=orders[1].attempt_id).update(fence=99)
    results = commit_batch(cell.id, [Write(order, 0, step=step(order)) for order in orders])
    assert [result.held for result in results] == [True, False, True]
    assert Step.objects.count() == 2


def test_agents_are_credited_with_what_was_held(cell: StillCell, orders: list[Order]) -> None:
    Attempt.objects.filter(pk=orders[2].attempt_id).update(steps=5)
    spent = [step(order, tokens_in=10**n, tokens_out=1, cost_nanos=7) for n, order in enumerate(orders)]
    commit_batch(cell.id, [Write(order, 0, step=one) for order, one in zip(orders, spent, strict=True)])
    agent = Agent.objects.get()
    assert (agent.step_count, agent.token_count, agent.cost_nanos) == (2, 13, 14)
    assert [(a.tokens_in, a.tokens_out, a.cost_nanos) for a in map(attempt, orders)] == [
        (1, 1, 7),
        (10, 1, 7),
        (0, 0, 0),
    ]


def test_a_step_is_written_as_it_was_done(cell: StillCell, orders: list[Order]) -> None:
    done = step(orders[0], result={"text": "Grüße \u2028", "n": [1, None, 0.5]}, outcome="failed", tokens_out=3)
    commit_batch(cell.id, [Write(orders[0], 0, step=done)])
    kept = Step.objects.get()
    assert {name: getattr(kept, name) for name in StepDraft.__slots__} == {
        name: getattr(done, name) for name in StepDraft.__slots__
    }


def test_a_step_that_proves_the_agent_alive_forgives_its_deaths(cell: StillCell, orders: list[Order]) -> None:
    Attempt.objects.filter(pk=orders[0].attempt_id).update(deaths=2, unclear_deaths=1)
    commit_batch(cell.id, [Write(orders[0], 0, step=step(orders[0]))])
    assert (attempt(orders[0]).deaths, attempt(orders[0]).unclear_deaths) == (0, 0)


@pytest.mark.parametrize("turned", [False, True], ids=["older first", "newer first"])
@pytest.mark.parametrize("ends", [False, True], ids=["steps", "with more"])
def test_of_two_steps_of_one_attempt_only_that_of_its_fence_is_written(
    cell: StillCell, orders: list[Order], turned: bool, ends: bool
) -> None:
    newer = replace(orders[0], fence=orders[0].fence + 1)
    Attempt.objects.filter(pk=newer.attempt_id).update(fence=newer.fence)
    writes = [Write(orders[0], 0, step=step(orders[0], name="old")), Write(newer, 0, step=step(newer, name="new"))]
    writes = writes[::-1] if turned else writes
    if ends:
        writes.append(Write(orders[1], 0, ending=Completed("done")))
    results = commit_batch(cell.id, writes)
    assert [result.held for result in results[:2]] == ([True, False] if turned else [False, True])
    assert [one.name for one in Step.objects.all()] == ["new"]


@pytest.mark.parametrize("turned", [False, True], ids=["older first", "newer first"])
def test_of_two_writes_of_one_attempt_only_that_of_its_fence_is_held(
    cell: StillCell, orders: list[Order], turned: bool
) -> None:
    newer = replace(orders[0], fence=orders[0].fence + 1)
    Attempt.objects.filter(pk=newer.attempt_id).update(fence=newer.fence)
    writes = [Write(orders[0], 0, step=step(orders[0])), Write(newer, 0)]
    results = commit_batch(cell.id, writes[::-1] if turned else writes)
    assert [result.held for result in results] == ([True, False] if turned else [False, True])
    assert (attempt(newer).steps, Step.objects.count(), Agent.objects.get().step_count) == (0, 0, 0)


def test_a_write_already_committed_is_recognised_and_not_doubled(cell: StillCell, orders: list[Order]) -> None:
    order = orders[0]
    assert commit_batch(cell.id, [Write(order, 0, step=step(order))])[0].held
    assert not commit_batch(cell.id, [Write(order, 0, step=step(order))])[0].held
    assert (attempt(order).steps, Step.objects.count(), Agent.objects.get().step_count) == (1, 1, 1)


def test_an_ending_already_committed_is_not_doubled(cell: StillCell, orders: list[Order]) -> None:
    write = Write(orders[0], 0, ending=Completed("done"))
    commit_batch(cell.id, [write])
    assert not commit_batch(cell.id, [write])[0].held
    assert Agent.objects.get().done_count == 1


def test_another_cells_write_is_refused(orders: list[Order]) -> None:
    assert not commit_batch(StillCell().id, [Write(orders[0], 0, step=step(orders[0]))])[0].held


def test_a_buried_cell_writes_nothing(cell: StillCell, orders: list[Order]) -> None:
    bury_cell(cell.id, "silent")
    with pytest.raises(CellDeclaredDead):
        commit_batch(cell.id, [Write(orders[0], 0, step=step(orders[0]))])
    assert not Step.objects.exists()


def test_an_error_meant_for_people_becomes_the_steps_result_and_undoes_its_change(
    cell: StillCell, orders: list[Order]
) -> None:
    def spoil() -> dict[str, Any]:
        Task.objects.filter(pk=orders[0].task.id).update(title="changed")
        raise InvalidInput("Not like this.")

    result = commit_batch(cell.id, [Write(orders[0], 0, step=step(orders[0]), perform=spoil)])[0]
    assert result.result is not None
    assert result.result["error"]["message"] == "Not like this."
    assert task(orders[0]).title == "Task 0"
    assert Step.objects.get().result == result.result


def test_a_write_that_waits_is_not_a_step(cell: StillCell, orders: list[Order]) -> None:
    order = orders[0]
    wait = Waiting("mail", why="It waits for mail.")
    result = commit_batch(cell.id, [Write(order, 0, step=step(order), perform=lambda: wait)])[0]
    kept = attempt(order)
    assert (result.waiting, kept.steps, kept.status, kept.cell_id, Step.objects.count()) == (
        True,
        0,
        "waiting",
        None,
        0,
    )
    assert (task(order).status, task(order).reason) == ("blocked", "It waits for mail.")


@pytest.mark.parametrize(
    ("ending", "attempt_status", "task_status", "kind"),
    [
        (Completed("x"), "completed", "completed", "task.completed"),
        (Failed("system", "m", "e-1", False), "failed", "failed", "task.failed"),
        (Failed("system", "m", "e-1", True), "failed", "ready", "attempt.failed"),
        (Waiting("time"), "waiting", "blocked", "attempt.waited"),
        (Released("paused"), "ready", "in_progress", "attempt.released"),
    ],
)
def test_every_ending_leaves_the_cell_and_an_entry(
    cell: StillCell, orders: list[Order], ending: Any, attempt_status: str, task_status: str, kind: str
) -> None:
    order = orders[0]
    commit_batch(cell.id, [Write(order, 0, ending=ending)])
    kept = attempt(order)
    assert (kept.status, kept.cell_id, task(order).status) == (attempt_status, None, task_status)
    assert kept.fence > order.fence
    assert kinds_about(task(order))[-1] == kind


def test_who_begins_to_wait_for_a_task_in_the_commit_that_ends_it_goes_on(cell: StillCell, orders: list[Order]) -> None:
    waiter, awaited = orders[:2]
    results = commit_batch(
        cell.id,
        [
            Write(waiter, 0, step=step(waiter), perform=lambda: await_task(waiter, awaited.task.id)),
            Write(awaited, 0, ending=Completed("x")),
        ],
    )
    assert [result.waiting for result in results] == [True, False]
    assert (status_of(attempt(waiter)), status_of(task(waiter))) == ("ready", "in_progress")


def test_pages_are_told_of_what_moved(cell: StillCell, orders: list[Order]) -> None:
    before = dict(Topic.objects.values_list("name", "version"))
    commit_batch(cell.id, [Write(orders[0], 0, step=step(orders[0]))])
    after = dict(Topic.objects.values_list("name", "version"))
    moved = {name for name in after if after[name] != before.get(name)}
    assert moved == {f"task:{orders[0].task.id}", f"agent:{orders[0].agent.id}"}


def test_a_failed_agent_shows_its_error(cell: StillCell, orders: list[Order]) -> None:
    commit_batch(cell.id, [Write(order, 0, ending=Completed("x")) for order in orders[1:]])
    commit_batch(cell.id, [Write(orders[0], 0, ending=Failed("network", "no route", "e-1", False))])
    agent = Agent.objects.get()
    assert (status_of(agent), agent.status_reason, agent.failed_count) == ("error", "network: no route", 1)


def test_a_bigger_batch_needs_no_more_statements(cell: StillCell) -> None:
    worker = make_worker(max_active=100)
    for n in range(33):
        create_task(actor=OPERATOR, swarm=worker.swarm, title=f"Task {n}")
    orders = cell.take()
    counts = []
    for batch in (orders[:3], orders[3:33]):
        with CaptureQueriesContext(connection) as queries:
            commit_batch(cell.id, [Write(order, 0, step=step(order)) for order in batch])
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert Entry.objects.filter(kind="task.claimed").count() == 33
