"""Two cells that claim at the same instant, each on a connection of its own (PostgreSQL; SQLite has one writer at a time)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from tasks.engine import claims, resuming
from tasks.engine.orders import Order
from tasks.engine.presence import open_cell
from tasks.models import Attempt, Outbox
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


def _claim_one(cell_id: int) -> list[Order]:
    try:
        return claims.take(cell_id, 1, alone=False)
    finally:
        connection.close()
