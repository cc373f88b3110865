"""Whether any of many queries finds something: put together once, asked by one statement."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet


class Glance:
    """Asks for many sorts of rows at once.

    The text of the statement is made once: putting a query together costs more than finding nothing. So times in the queries must
    be the database's own (`victoros.lib.clock.now_plus`), not those of the moment they were made.
    """

    def __init__(self, questions: Mapping[str, Sequence[QuerySet[Any]]]) -> None:
        """Take the queries by the name under which their rows are told; several of one name are one question."""
        self._names = tuple(questions)
        texts: list[str] = []
        self._values: list[Any] = []
        for queries in questions.values():
            asked = [_ask(query) for query in queries]
            texts.append(" OR ".join(text for text, _ in asked))
            self._values += [value for _, values in asked for value in values]
        self._text = f"SELECT {', '.join(texts)}"

    def look(self) -> frozenset[str]:
        """Return the names of those that find something. One query."""
        with connection.cursor() as cursor:
            cursor.execute(self._text, self._values)
            return frozenset(self._found(cursor.fetchone()))

    def _found(self, row: Sequence[Any]) -> Iterator[str]:
        return (name for name, is_there in zip(self._names, row, strict=True) if is_there)


def _ask(query: QuerySet[Any]) -> tuple[str, Sequence[Any]]:
    text, values = query.order_by().query.exists().get_compiler(DEFAULT_DB_ALIAS).as_sql()
    return f"EXISTS ({text})", values
