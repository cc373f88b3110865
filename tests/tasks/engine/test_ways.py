"""How often the engine waits for PostgreSQL: as often for one as for many, and rarely (SQLite answers in the same process)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from agents.models import Agent
from tasks.engine.claims import take
from tasks.engine.commit import commit_batch
from tasks.engine.orders import Completed, Order, StepDraft, Write
from tasks.engine.presence import open_cell
from tasks.services.drafts import TaskDraft
from tasks.services.making import create_tasks
from tests.agents.factories import OPERATOR
from tests.tasks.driving import make_worker
from victoros.lib.postgres.base import PatientConnection

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite answers in the same process"),
]


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    made, wait_for = [0], PatientConnection.wait_for

    def count(self: PatientConnection, *given: Any, **named: Any) -> Any:
        made[0] += 1
        return wait_for(self, *given, **named)

    monkeypatch.setattr(PatientConnection, "wait_for", count)
    return made


@contextmanager
def at_most(number: int, ways: list[int]) -> Iterator[None]:
    before = ways[0]
    yield
    assert ways[0] - before <= number


def step(order: Order) -> StepDraft:
    at = timezone.now()
    return StepDraft(order.attempt_id, 1, "think", "m", {}, started_at=at, finished_at=at)


def submit(worker: Agent, number: int) -> None:
    create_tasks(actor=OPERATOR, swarm=worker.swarm, drafts=[TaskDraft(f"Task {n}") for n in range(number)])


@pytest.mark.parametrize("number", [1, 50])
def test_submitting_taking_and_each_commit_wait_one_to_three_times(ways: list[int], number: int) -> None:
    worker, cell = make_worker(max_active=100), open_cell(100, 0)
    submit(worker, 1)
    take(cell, 1)
    with at_most(2, ways):
        submit(worker, number)
    with at_most(3, ways):
        orders = take(cell, 100).orders
    assert len(orders) == number
    with at_most(1, ways):
        commit_batch(cell, [Write(order, 0, step=step(order)) for order in orders])
    with at_most(2, ways):
        commit_batch(cell, [Write(order, 1, ending=Completed("done")) for order in orders])
    with at_most(1, ways):
        assert take(cell, 100).orders == []
