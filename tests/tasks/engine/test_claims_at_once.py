"""Two cells that claim at the same instant, each on a connection of its own (PostgreSQL; SQLite has one writer at a time)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.db.models import Model

from agents.models import Agent
from tasks.engine import claims, resuming
from tasks.engine.orders import Order
from tasks.engine.presence import open_cell
from tasks.models import Attempt, Outbox, Task
from tasks.services.making import create_task
from tests.agents.factories import OPERATOR
from tests.tasks.driving import make_worker

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


def test_an_agent_resumes_no_more_than_it_may_have_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = make_worker(max_active=1)
    for n in range(2):
        task = create_task(actor=OPERATOR, swarm=worker.swarm, title=f"Task {n}")
        Attempt.objects.create(task=task, agent=worker, swarm=worker.swarm, n=1, status="ready")
        type(task).objects.filter(pk=task.pk).update(status="in_progress", agent=worker)
    Outbox.objects.all().delete()  # marking them would make one cell wait for the other
    cells = [open_cell(10, 0), open_cell(10, 0)]
    both = Barrier(2)

    def choose_together(found: list[tuple[int, ...]], limit: int) -> list[int]:
        """Let each cell see the attempts before the other has taken one."""
        both.wait(10)
        return resuming.choose(found, limit)

    monkeypatch.setattr(claims, "choose", choose_together)
    monkeypatch.setattr(resuming, "WINDOW", 1)
    with ThreadPoolExecutor(2) as threads:
        taken = list(threads.map(_claim_one, cells))

    assert sorted(map(len, taken)) == [0, 1]
    assert Attempt.objects.filter(status="running").count() == 1


@pytest.mark.parametrize("held", [Task, Agent])
def test_a_claim_that_others_keep_from_everything_says_so(held: type[Model]) -> None:
    worker, cell = make_worker(max_active=5), open_cell(10, 0)
    task = create_task(actor=OPERATOR, swarm=worker.swarm, title="Ready")
    Outbox.objects.all().delete()
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            list(held._default_manager.select_for_update(no_key=True))  # as a claim does that has not committed
            taken = thread.submit(_claim, cell).result(20)
        assert (taken.orders, taken.is_passed_over) == ([], True)
        again = thread.submit(_claim, cell).result(20)
    assert [order.task.id for order in again.orders] == [task.pk]
    assert not again.is_passed_over


def test_a_claim_for_which_there_is_no_agent_is_kept_from_nothing() -> None:
    worker, cell = make_worker(capabilities=["read"]), open_cell(10, 0)
    create_task(actor=OPERATOR, swarm=worker.swarm, title="For others", needs=["write"])
    taken = claims.take(cell, 10)
    assert (taken.orders, taken.is_passed_over) == ([], False)


def _claim(cell_id: int) -> claims.Taken:
    try:
        return claims.take(cell_id, 10)
    finally:
        connection.close()


def _claim_one(cell_id: int) -> list[Order]:
    try:
        return claims.take(cell_id, 1, alone=False).orders
    finally:
        connection.close()
