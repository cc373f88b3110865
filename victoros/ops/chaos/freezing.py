"""Freezing a process where it holds no lock of the database: one that does is ended by the engine, not thawed."""

import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.db import connection

from tasks.models import Cell
from victoros.ops.chaos.processes import await_true

TRIES = 60


def freeze(cell: Cell) -> bool:
    """Stop the process of a cell; False if it is gone or held the lock at every try."""
    for _ in range(TRIES):
        try:
            os.kill(cell.pid, signal.SIGSTOP)
            if _stands_still(cell.pid) and not _is_locked():
                return True
            os.kill(cell.pid, signal.SIGCONT)
        except ProcessLookupError:
            return False
        time.sleep(0.01)
    return False


def thaw(cell: Cell) -> None:
    """Let the process go on."""
    os.kill(cell.pid, signal.SIGCONT)


def await_gone(pids: list[int], timeout_s: float = 30) -> None:
    """Wait until none of these processes lives."""
    await_true(lambda: not any(_lives(pid) for pid in pids), timeout_s, "a thawed process did not end by itself")


def _lives(pid: int) -> bool:
    return _state_of(Path(f"/proc/{pid}/stat")) not in "ZX"


def _stands_still(pid: int) -> bool:
    """Wait until each thread has stopped: one that is inside the kernel goes on until it comes back, and may get a lock there."""
    until = time.monotonic() + 1.0
    while any(_state_of(stat) not in "TtZX" for stat in Path(f"/proc/{pid}/task").glob("*/stat")):
        if time.monotonic() > until:
            return False
        time.sleep(0.001)
    return True


def _state_of(stat: Path) -> str:
    """Return the letter of the state in a thread's `stat`; `X` if it has ended."""
    try:
        return stat.read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def _is_locked() -> bool:
    """Tell whether a frozen process may hold a lock: SQLite's only write lock, or rows in an open transaction."""
    return _is_sqlite_locked() if connection.vendor == "sqlite" else _is_postgres_busy()


def _is_sqlite_locked() -> bool:
    with closing(sqlite3.connect(settings.DATABASES["default"]["NAME"], timeout=0.3, isolation_level=None)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        other.execute("ROLLBACK")
        return False


def _is_postgres_busy() -> bool:
    """Look for half a second: a living session is between transactions now and then, one frozen inside one never is."""
    until = time.monotonic() + 0.5
    while _count_open():
        if time.monotonic() > until:
            return True
    return False


def _count_open() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND state <> 'idle'"
        )
        return int(cursor.fetchone()[0])
