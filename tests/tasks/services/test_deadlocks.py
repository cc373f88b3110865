"""A person's act and a commit that wait for each other: PostgreSQL ends one of them, and the act is done again."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from tasks.models import Attempt, Task
from tasks.services.control import stop_swarm
from tasks.services.making import create_task
from tasks.services.work import cancel_task
from tests.agents.factories import OPERATOR
from tests.tasks.driving import StillCell, make_worker, status_of
from victoros.lib.database import TRIES, again_after_deadlock

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


def in_thread_of_its_own(act: Callable[[], Any]) -> Any:
    try:
        look_for_deadlocks_after("3s")
        return act()
    finally:
        connection.close()


def look_for_deadlocks_after(how_long: str) -> None:
    """Let this connection find a deadlock only after so long a wait: whoever finds it is the one that PostgreSQL ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('deadlock_timeout', %s, false)", [how_long])


def hold(*attempts: Attempt) -> None:
    list(Attempt.objects.filter(pk__in=[row.pk for row in attempts]).select_for_update(no_key=True))


def await_waiting() -> None:
    """Wait until another connection waits for a row."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waited")


@pytest.mark.parametrize("act", ["cancel", "stop"])
def test_what_a_deadlock_ended_is_done_again(act: str) -> None:
    worker = make_worker(max_active=5)
    parent = create_task(actor=OPERATOR, swarm=worker.swarm, title="Parent")
    child = create_task(actor=OPERATOR, swarm=worker.swarm, title="Child", parent=parent)
    StillCell().take()
    first, second = Attempt.objects.order_by("pk")
    acts = {
        "cancel": lambda: cancel_task(actor=OPERATOR, task=parent),
        "stop": lambda: stop_swarm(actor=OPERATOR, swarm=worker.swarm),
    }
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            look_for_deadlocks_after("1min")
            hold(second)  # as the commit of a child's end does, before it wakes its parent
            done = thread.submit(in_thread_of_its_own, acts[act])
            await_waiting()
            hold(first)  # they wait for each other now
        done.result(30)
    connection.close()
    ended = "cancelled" if act == "cancel" else "blocked"
    assert [status_of(task) for task in (parent, child)] == [ended, ended]
    assert not Task.objects.exclude(status=ended).exists()


@pytest.mark.parametrize(("code", "times"), [("40P01", TRIES), ("53100", 1)])
def test_a_deadlock_is_tried_again_but_not_for_ever_and_nothing_else_is(code: str, times: int) -> None:
    tries = []

    @again_after_deadlock
    @transaction.atomic
    def fail() -> None:
        tries.append(1)
        with connection.cursor() as cursor:
            cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'invented' USING ERRCODE = '{code}'; END $$")

    with pytest.raises(OperationalError, match="invented"):
        fail()
    assert len(tries) == times
