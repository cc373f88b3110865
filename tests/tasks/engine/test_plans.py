"""What the engine does by number is found by number, also by a plan made while the tables were empty."""

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper

from agents.services import mail
from tasks.engine import advance, beginning, loading, resuming
from victoros.lib import clock, statements
from victoros.lib.postgres.pipeline import _numbered
from victoros.lib.statements import among, numbers_given

pytestmark = pytest.mark.django_db
PAIR, SEVEN = [(1, 1)], [(1, 1, 0, 1, 0, 0, 0)]


def by_number() -> dict[str, tuple[str, str]]:
    """Return statements of the engine, each with the table and index it has to use on PostgreSQL."""
    return {
        "begin": (beginning._MARK.format(rows=numbers_given(PAIR)[0]), "tasks_task_pkey"),
        "advance": (advance._ADVANCE.format(rows=numbers_given(SEVEN)[0]), "tasks_attempt_pkey"),
        "lock tasks": (advance._LOCK.format(table="tasks_task", these=among("id")), "tasks_task_pkey"),
        "resume": (resuming._RESUME.format(these=among("id")), "tasks_attempt_pkey"),
        "resumed": (resuming._RESUMED.format(these=among("a.id")), "tasks_attempt_pkey"),
        "read": (loading._ATTEMPTS.format(these=among("a.task_id")), "attempt_one_live"),
    }


def forget_measures(cursor: CursorWrapper) -> None:
    """Let the tables of this test be as those of a new installation, whatever PostgreSQL has measured since the tests began.

    That is up to its autovacuum; of a table it measured while there was nothing in it, every index looks alike.
    """
    cursor.execute(
        "UPDATE pg_class SET relpages = 0, reltuples = -1 WHERE relname LIKE 'tasks_%' OR relname LIKE 'agents_%'"
    )


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite changes one table in a statement")
@pytest.mark.parametrize("table", ["tasks_attempt", "tasks_cell", "agents_agent"])
def test_steps_written_at_once_find_all_they_touch_by_number(table: str) -> None:
    with connection.cursor() as cursor:
        forget_measures(cursor)
        for option in statements._BY_INDEX.split("-c ")[1:]:
            cursor.execute(f"SET LOCAL {option}")
        cursor.execute(f"EXPLAIN (GENERIC_PLAN) {_numbered(advance._write_steps()).decode()}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert f"{table}_pkey" in plan
    assert "Seq Scan" not in plan


@pytest.mark.parametrize("name", ["begin", "advance", "lock tasks", "resume", "resumed", "read"])
def test_it_goes_by_number_however_many_rows_are_in_the_same_state(name: str) -> None:
    statement, index = by_number()[name]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            unlocked = statement.removesuffix("FOR NO KEY UPDATE")
            cursor.execute(f"EXPLAIN QUERY PLAN {unlocked}", ["[1]"] * unlocked.count("%s"))
            plan = "\n".join(str(row[3]) for row in cursor.fetchall())
            assert "SCAN tasks" not in plan
            assert "(status=?)" not in plan
            assert "(cell_id=?" not in plan
            return
        forget_measures(cursor)
        for option in statements._BY_INDEX.split("-c ")[1:]:
            cursor.execute(f"SET LOCAL {option}")
        cursor.execute(f"EXPLAIN (GENERIC_PLAN) {_numbered(statement).decode()}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert index in plan
    assert "Seq Scan" not in plan
    assert "task_ready_in_swarm" not in plan
    assert "by_cell" not in plan


@pytest.mark.parametrize("which", [resuming._SUSPECTS, resuming._BESIDE_OTHERS])
def test_suspects_are_found_among_suspects(which: str) -> None:
    which = which.format(a_while_ago=statements.now(-2), long_ago=statements.now(-5))
    asked = resuming._READY.format(which=which.replace("%s", "1"), lock="").replace("%s", "1")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            forget_measures(cursor)
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"{'EXPLAIN' if connection.vendor == 'postgresql' else 'EXPLAIN QUERY PLAN'} {asked}")
        plan = str(cursor.fetchall())
    assert "attempt_ready_suspect" in plan


def test_letters_that_run_out_are_found_among_those_that_can() -> None:
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            forget_measures(cursor)
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"{explain} {mail._OVERDUE}", [clock.now(), clock.now()])
        plan = str(cursor.fetchall())
    assert "message_to_acknowledge" in plan
    assert "message_to_expire" in plan
