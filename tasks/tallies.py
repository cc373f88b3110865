"""Keeping the counts of tasks by swarm and state: below every service, by triggers, so that no writer can forget them.

SQLite has one writer at a time: its triggers change the one row of each count. On PostgreSQL every statement adds what it
changed as rows of its own, so that two transactions never wait for each other's counts; `fold` puts them together.
"""

from typing import Any

from django.db import connection, transaction

from tasks.models import TaskTally

FOLDED_AT_ONCE = 5_000
FOLD_FROM = 200
"""So many rows more than counts are left alone."""

_ADD = """
  INSERT INTO tasks_tasktally (swarm_id, status, n) SELECT {row}.swarm_id, {row}.status, 0
    WHERE NOT EXISTS (SELECT 1 FROM tasks_tasktally WHERE swarm_id = {row}.swarm_id AND status = {row}.status);
  UPDATE tasks_tasktally SET n = n {change}
    WHERE id = (SELECT min(id) FROM tasks_tasktally WHERE swarm_id = {row}.swarm_id AND status = {row}.status);
"""
_MORE, _LESS = _ADD.format(row="NEW", change="+ 1"), _ADD.format(row="OLD", change="- 1")
_SQLITE = (
    f"CREATE TRIGGER IF NOT EXISTS task_tally_insert AFTER INSERT ON tasks_task BEGIN {_MORE} END",
    f"CREATE TRIGGER IF NOT EXISTS task_tally_delete AFTER DELETE ON tasks_task BEGIN {_LESS} END",
    f"""CREATE TRIGGER IF NOT EXISTS task_tally_update AFTER UPDATE OF status, swarm_id ON tasks_task
    WHEN NEW.status <> OLD.status OR NEW.swarm_id <> OLD.swarm_id BEGIN {_LESS} {_MORE} END""",
)

_FUNCTION = """
CREATE OR REPLACE FUNCTION task_tally_{what}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO tasks_tasktally (swarm_id, status, n)
    SELECT swarm_id, status, sum(n) FROM ({changes}) AS changes GROUP BY swarm_id, status HAVING sum(n) <> 0;
  RETURN NULL;
END $$
"""
_TRIGGER = """
CREATE OR REPLACE TRIGGER task_tally_{what} AFTER {what} ON tasks_task REFERENCING {tables}
  FOR EACH STATEMENT EXECUTE FUNCTION task_tally_{what}()
"""
_FRESH = "SELECT swarm_id, status, 1 AS n FROM fresh"
_STALE = "SELECT swarm_id, status, -1 AS n FROM stale"
_STATEMENTS = {
    "insert": (_FRESH, "NEW TABLE AS fresh"),
    "delete": (_STALE, "OLD TABLE AS stale"),
    "update": (f"{_FRESH} UNION ALL {_STALE}", "NEW TABLE AS fresh OLD TABLE AS stale"),
}
_FOLD = """
WITH gone AS (
  DELETE FROM tasks_tasktally WHERE id IN (SELECT id FROM tasks_tasktally ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
  RETURNING swarm_id, status, n)
INSERT INTO tasks_tasktally (swarm_id, status, n)
  SELECT swarm_id, status, sum(n) FROM gone GROUP BY swarm_id, status HAVING sum(n) <> 0
"""
_TOO_MANY = """
SELECT (SELECT count(*) FROM tasks_tasktally)
  - (SELECT count(*) FROM (SELECT DISTINCT swarm_id, status FROM tasks_tasktally) AS counts)
"""
_WRONG = """
SELECT swarm_id, status, sum(n) FROM (
  SELECT swarm_id, status, count(*) AS n FROM tasks_task GROUP BY swarm_id, status
  UNION ALL SELECT swarm_id, status, -sum(n) FROM tasks_tasktally GROUP BY swarm_id, status) AS both_sides
GROUP BY swarm_id, status HAVING sum(n) <> 0
"""
_COUNT = (
    "INSERT INTO tasks_tasktally (swarm_id, status, n) SELECT swarm_id, status, count(*) FROM tasks_task GROUP BY 1, 2"
)


def install(**kwargs: Any) -> None:
    """Put the triggers in place and the counts right. Run after migrations: SQLite loses triggers when a table is remade."""
    if TaskTally._meta.db_table not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for statement in _SQLITE:
                cursor.execute(statement)
        else:
            for what, (changes, tables) in _STATEMENTS.items():
                cursor.execute(_FUNCTION.format(what=what, changes=changes))
                cursor.execute(_TRIGGER.format(what=what, tables=tables))
    recount()


def find_wrong() -> list[tuple[int, str, int]]:
    """Return swarm, state and by how many tasks the count is short, for each count that is not its rows'. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_WRONG)
        return [(int(swarm), str(status), int(n)) for swarm, status, n in cursor.fetchall()]


def recount() -> int:
    """Count anew where a count is wrong; returns how many were. Whoever changes tasks meanwhile waits."""
    wrong = find_wrong()
    if not wrong:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("LOCK TABLE tasks_task IN SHARE MODE")
        cursor.execute("DELETE FROM tasks_tasktally")
        cursor.execute(_COUNT)
    return len(wrong)


def fold() -> bool:
    """Put rows together that belong to one count, on PostgreSQL and where there are many; returns whether more are left."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(_TOO_MANY)
        (too_many,) = cursor.fetchone()
        if too_many > FOLD_FROM:
            cursor.execute(_FOLD, [FOLDED_AT_ONCE])
    return bool(too_many > FOLDED_AT_ONCE)
