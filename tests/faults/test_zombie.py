"""A process that was frozen past its lease finds that its work belongs to others, and writes nothing."""

import os
import signal
import sqlite3
import time
from contextlib import closing
from datetime import datetime

import psutil
import pytest
from django.conf import settings
from django.db import connection

from audit.models import Entry
from tasks.models import Cell, Step
from tests.faults.conftest import Playing, all_are, busy_cells
from tests.running import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(90)]


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def freeze(cell: Cell) -> None:
    """Stop a cell's process where it holds no lock of the database: one that does is the next test's business."""
    for _ in range(60):
        os.kill(cell.pid, signal.SIGSTOP)
        if not is_database_locked():
            return
        beat = heartbeat_of(cell)
        os.kill(cell.pid, signal.SIGCONT)
        wait_until(lambda beat=beat: heartbeat_of(cell) != beat)  # type: ignore[misc]
    raise AssertionError("the process holds the database's lock all the time")


def heartbeat_of(cell: Cell) -> datetime:
    return Cell.objects.values_list("heartbeat_at", flat=True).get(pk=cell.pk)


def is_database_locked() -> bool:
    """Tell whether a frozen process may hold a lock: SQLite's only write lock, or rows in an open transaction."""
    return is_sqlite_locked() if connection.vendor == "sqlite" else is_postgres_busy()


def is_sqlite_locked() -> bool:
    with closing(sqlite3.connect(settings.DATABASES["default"]["NAME"], timeout=0.3, isolation_level=None)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        other.execute("ROLLBACK")
        return False


def is_postgres_busy() -> bool:
    """Look for half a second: a living session is between transactions now and then, one frozen inside one never is."""
    until = time.monotonic() + 0.5
    while count_open_transactions():
        if time.monotonic() > until:
            return True
    return False


def count_open_transactions() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND state <> 'idle'"
        )
        return int(cursor.fetchone()[0])


def written() -> tuple[int, int]:
    return Step.objects.count(), Entry.objects.filter(object_kind="task").count()


def test_a_thawed_zombie_writes_nothing(playing: Playing) -> None:
    tasks = playing.give(30, steps=4)
    with playing.crew(cells=2, VICTOR_LEASE_S="1.5", VICTOR_HEARTBEAT_S="0.3", VICTOR_END_FROZEN="0"):
        wait_until(lambda: Step.objects.exists() and busy_cells(at_least=5))
        victim = busy_cells(at_least=5)[0]
        freeze(victim)
        try:
            wait_until(lambda: Cell.objects.get(pk=victim.pk).status == "dead")
            wait_until(all_are(tasks, "completed"), 30)
            before, thawed_at = written(), time.time()
        finally:
            os.kill(victim.pid, signal.SIGCONT)
        wait_until(lambda: is_gone(victim.pid))
    assert written() == before
    assert Cell.objects.get(pk=victim.pk).status == "dead"
    playing.check_nothing_lost_or_doubled(tasks, until=thawed_at)
    late = [key for key, times in playing.asked().items() for at in times if at > thawed_at]
    tasks_asked = [key.partition(":")[0] for key in late]
    assert len(tasks_asked) == len(set(tasks_asked)), (
        "more than the one question an attempt had on its way when it froze"
    )


def test_a_frozen_cell_of_this_host_is_ended_even_if_it_holds_the_lock(playing: Playing) -> None:
    tasks = playing.give(30, steps=4)
    with playing.crew(cells=2, VICTOR_LEASE_S="1.5", VICTOR_HEARTBEAT_S="0.3"):
        wait_until(lambda: Step.objects.exists() and busy_cells(at_least=5))
        victim = busy_cells(at_least=5)[0]
        os.kill(victim.pid, signal.SIGSTOP)
        wait_until(lambda: is_gone(victim.pid))
        wait_until(all_are(tasks, "completed"), 40)
    playing.check_nothing_lost_or_doubled(tasks)
