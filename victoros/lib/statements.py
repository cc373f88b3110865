"""Plain SQL for the few paths where putting a query together costs more than answering it. The same text on both databases.

PostgreSQL is asked through a pipeline (`victoros.lib.postgres.pipeline`): statements go out together as soon as somebody reads one
of their answers, or with the commit. SQLite, which is in this very process, answers at once.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, cast

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.utils.dateparse import parse_datetime

if TYPE_CHECKING:
    from victoros.lib.postgres.base import DatabaseWrapper as Postgres

_NOW = {
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '{shift_s:+.3f} seconds')",
    "postgresql": "clock_timestamp() + interval '{shift_s:.3f} seconds'",
}
_AMONG = {"sqlite": "{column} IN (SELECT value FROM json_each(%s))", "postgresql": "{column} = ANY(%s::bigint[])"}
_EACH_OF = {"sqlite": "SELECT value FROM json_each(%s)", "postgresql": "SELECT unnest(%s::bigint[])"}
_BY_INDEX = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
_EACH = {"sqlite": "json_each(%s)", "postgresql": "json_array_elements_text(%s::json)"}


class Answer(Protocol):
    """What a statement came to. An error of the statement, or of one sent before it, may not show until it is read."""

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """The rows as the database gives them: JSON is text, a time is for `as_time`."""

    @property
    def count(self) -> int:
        """How many rows were found or changed."""


@dataclass(frozen=True)
class _Given:
    """An answer that is there already."""

    rows: list[tuple[Any, ...]]
    count: int


def go_by_index() -> None:
    """Let this process find rows by index only, on connections it opens from now on.

    For processes whose statements all look for a few rows by their keys. PostgreSQL plans a prepared statement once, perhaps while
    a table is small and reading all of it looks cheap; the plan must still do when ten thousand rows have come.
    """
    if _vendor() == "postgresql":
        options = connection.settings_dict["OPTIONS"]  # the threads share it
        said = options.get("options", "")
        if _BY_INDEX not in said:
            options["options"] = f"{said} {_BY_INDEX}"


def ask(statement: str, *values: Any) -> Answer:
    """Run a statement; ask several before reading the first answer, and they are sent together."""
    database = connections[DEFAULT_DB_ALIAS]  # what stands behind `connection`; every look at that costs a microsecond
    if database.vendor == "postgresql":
        return cast("Postgres", database).ask(statement, values)
    with database.cursor() as cursor:
        cursor.execute(statement, _adapted(values))
        return _Given(cursor.fetchall(), cursor.rowcount)


def tell(statement: str, *values: Any) -> None:
    """Run a statement whose answer does not matter: a transaction does not wait for it until the next answer or the commit."""
    answer = ask(statement, *values)
    if not connection.in_atomic_block:
        _ = answer.count


def tell_each(statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a statement once for each row of values, inside a transaction, without a wait in between."""
    if _vendor() == "postgresql":
        for values in rows:
            tell(statement, *values)
        return
    with connection.cursor() as cursor:
        cursor.executemany(statement, [_adapted(values) for values in rows])


def fetch(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a statement as the database gives them."""
    return ask(statement, *values).rows


def change(statement: str, *values: Any) -> int:
    """Run a statement that changes rows; returns how many."""
    return ask(statement, *values).count


def now(shift_s: float = 0) -> str:
    """Return the expression for the database's own time, shifted by seconds (which may be negative)."""
    return _NOW[_vendor()].format(shift_s=shift_s)


def lock(mode: str) -> str:
    """Return the clause that locks the rows of a select; nothing on SQLite, which has one writer at a time."""
    return mode if _vendor() == "postgresql" else ""


def among(column: str) -> str:
    """Return the condition that a column is one of the ids given as one value, `given(...)`."""
    return _AMONG[_vendor()].format(column=column)


def each_of() -> str:
    """Return the query whose rows are the ids given as one value, `given(...)`."""
    return _EACH_OF[_vendor()]


def given(numbers: Iterable[int]) -> Any:
    """Return ids as the one value that `among` and `each_of` expect: the statement's text is the same for one or a thousand."""
    listed = ",".join(map(str, numbers))
    return f"[{listed}]" if _vendor() == "sqlite" else f"{{{listed}}}"


def numbers_given(rows: Sequence[Sequence[int]]) -> tuple[str, list[str]]:
    """Return a table of whole numbers for `WITH v(...) AS ({})`, and the values that belong to it.

    PostgreSQL takes each column as one value. SQLite takes the numbers quickest when they are written out.
    """
    if _vendor() == "sqlite":
        return "VALUES " + ", ".join(f"({', '.join(map(_whole, row))})" for row in rows), []
    columns = [f"{{{','.join(map(_whole, column))}}}" for column in zip(*rows, strict=True)]
    return f"SELECT * FROM unnest({', '.join(['%s::bigint[]'] * len(columns))})", columns  # nosec B608: only marks


@lru_cache(maxsize=1)
def _vendor() -> str:
    """Return which database this process works with; that never changes."""
    return str(connection.vendor)


def _whole(number: int) -> str:
    return str(int(number))


def each_text() -> str:
    """Return the table of one column `value` whose rows are the texts given as one value, `texts_given(...)`, in their order."""
    return _EACH[_vendor()]


def texts_given(texts: Iterable[str]) -> str:
    """Return texts as the one value that `each_text` expects."""
    return json.dumps(list(texts))


def as_time(value: Any) -> datetime | None:
    """Return a time as it was fetched, aware."""
    found = parse_datetime(value) if isinstance(value, str) else value
    return found.replace(tzinfo=UTC) if isinstance(found, datetime) and found.tzinfo is None else found


def _adapted(values: Sequence[Any]) -> list[Any]:
    """Return values as Django would store them: SQLite keeps times as text without a zone."""
    adapt = connection.ops.adapt_datetimefield_value
    return [adapt(value) if isinstance(value, datetime) else value for value in values]
