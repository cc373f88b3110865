"""Each row once and by itself, through restarts, with rights checked when its turn comes."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.models import Swarm
from agents.permissions import grant, revoke
from audit.models import Entry
from tasks.bulk import running
from tasks.bulk.drafts import draft_bulk
from tasks.bulk.running import begin_bulk, resume_silent, run_bulk
from tasks.models import BulkAct, BulkItem, Task
from tests.tasks.bulk.acting import do, results, states
from tests.tasks.pages.rows import make_task, make_tasks

pytestmark = pytest.mark.django_db


def begin_many(user: Any, swarm: Swarm, number: int = 30) -> tuple[BulkAct, list[Task]]:
    """Begin on more rows than are done at once, without a worker."""
    tasks = make_tasks(swarm, number)
    return do(user, "task", "pause", tasks), tasks


def test_many_rows_wait_for_a_job(user: Any, swarm: Swarm) -> None:
    bulk, tasks = begin_many(user, swarm)
    assert (bulk.status, bulk.looked_at) == ("running", 0)
    run_bulk(bulk.pk)
    bulk.refresh_from_db()
    assert (bulk.status, bulk.done) == ("done", 30)
    assert set(states(tasks)) == {"blocked"}


def test_a_job_that_died_is_gone_on_with_and_no_row_is_done_twice(
    user: Any, swarm: Swarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    bulk, _ = begin_many(user, swarm)
    done = running._do_one
    left = iter(range(11))

    def die_later(*given: Any) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        done(*given)

    monkeypatch.setattr(running, "_do_one", die_later)
    with pytest.raises(KeyboardInterrupt):
        run_bulk(bulk.pk)
    monkeypatch.setattr(running, "_do_one", done)
    assert BulkAct.objects.get().done == 11
    sent: list[int] = []
    monkeypatch.setattr(running, "send_for", sent.append)
    assert resume_silent() == 0
    BulkAct.objects.update(moved_at=timezone.now() - timedelta(minutes=1))
    assert (resume_silent(), resume_silent(), sent) == (1, 0, [bulk.pk])
    run_bulk(bulk.pk)
    run_bulk(bulk.pk)
    assert (BulkAct.objects.get().done, BulkAct.objects.get().status) == (30, "done")
    assert Entry.objects.filter(kind="task.paused").count() == 30


def test_two_jobs_at_once_do_each_row_once(user: Any, swarm: Swarm, monkeypatch: pytest.MonkeyPatch) -> None:
    bulk, _ = begin_many(user, swarm)
    act_on = running._act_on

    def be_overtaken(*given: Any) -> Any:
        monkeypatch.setattr(running, "_act_on", act_on)
        item = given[2]
        running._do_one(*given)  # another job comes to the same row: it is taken
        assert BulkItem.objects.get(pk=item.pk).said == ""
        return act_on(*given)

    monkeypatch.setattr(running, "_act_on", be_overtaken)
    run_bulk(bulk.pk)
    assert (BulkAct.objects.get().done, Entry.objects.filter(kind="task.paused").count()) == (30, 30)


def test_an_unexpected_error_costs_one_row(user: Any, swarm: Swarm, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = make_tasks(swarm, 3)
    act_on = running._act_on

    def fail_once(bulk: BulkAct, by: Any, item: BulkItem) -> Any:
        if item.ref == tasks[1].pk:
            raise ZeroDivisionError
        return act_on(bulk, by, item)

    monkeypatch.setattr(running, "_act_on", fail_once)
    bulk = do(user, "task", "pause", tasks)
    assert (bulk.done, bulk.refused) == (2, 1)
    assert "ZeroDivisionError" in results(bulk)[tasks[1].pk][1]


def test_beginning_twice_changes_nothing(user: Any, swarm: Swarm) -> None:
    bulk = do(user, "task", "pause", [make_task(swarm)])
    assert begin_bulk(user=user, bulk=bulk, given={}).done == 1
    assert Entry.objects.filter(kind="bulk.begun").count() == 1


def test_a_right_that_was_taken_away_counts_when_the_turn_comes(user: Any, swarm: Swarm) -> None:
    task = make_task(swarm)
    bulk = draft_bulk(user=user, noun="task", act="pause", refs=[task.pk])
    grant(user, "viewer", swarm)
    assert begin_bulk(user=user, bulk=bulk, given={}).refused == 1
    revoke(user, swarm)
    assert states([task]) == ["ready"]
