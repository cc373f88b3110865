"""Several questions to the database in one statement: one way to the server, and all answers are of the same moment.

Each question is a queryset of any shape; its rows come back as if it had been asked alone. Inside the statement they are JSON, so
this is for what a page shows, tens of rows or hundreds, not for thousands.
"""

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet

Row = list[Any]
Convert = Callable[[Any], Any]
_LISTED = {
    "sqlite": "(SELECT json_group_array(json_array({columns})) FROM ({sql}) part)",
    "postgresql": "(SELECT json_agg(json_build_array({columns}))::text FROM ({sql}) part)",
}
_AS_FETCHED: dict[str, Convert] = {
    "DateTimeField": datetime.fromisoformat,
    "DateField": date.fromisoformat,
    "JSONField": json.dumps,
}
"""How PostgreSQL's driver would have handed over what stands in the answer as JSON. SQLite keeps all three as texts anyway."""
_REFUSED = ("FloatField", "DecimalField", "BinaryField", "DurationField", "TimeField")
"""What comes out of JSON otherwise than it went in, or was never tried: a mistake of whoever asks, told at once."""


def read_together(**questions: "QuerySet[Any, Any]") -> dict[str, list[Any]]:
    """Return the rows of each question, by its name. One query; none for questions that nothing can answer.

    Raises `TypeError` for columns with fractions, bytes or spans of time.
    """
    parts = {name: _Part(question) for name, question in questions.items()}
    asked = [part for part in parts.values() if part.sql]
    if asked:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT " + ", ".join(part.sql for part in asked), [value for part in asked for value in part.values]
            )
            (answers,) = cursor.fetchall()
        for part, answer in zip(asked, answers, strict=True):
            part.rows = json.loads(answer or "[]")
    return {name: part.read() for name, part in parts.items()}


class _Part:
    """One question as a column of the statement. Its queryset then reads the rows that the answer holds."""

    def __init__(self, question: "QuerySet[Any, Any]") -> None:
        self.sql, self.rows = "", list[Row]()
        self.values: tuple[Any, ...] = ()
        self._question = question.all()
        self._compiler: Any = self._question.query.get_compiler(DEFAULT_DB_ALIAS)
        try:
            sql, self.values = self._compiler.as_sql(with_col_aliases=True)
        except EmptyResultSet:  # somebody who may see no swarm at all
            return
        self._kinds = [column.output_field.get_internal_type() for column, _, _ in self._compiler.select]
        if refused := set(self._kinds) & set(_REFUSED):
            raise TypeError(f"{question.model.__name__} cannot be asked together with others for {', '.join(refused)}")
        names = ", ".join(connection.ops.quote_name(alias) for _, _, alias in self._compiler.select)
        self.sql = _LISTED[connection.vendor].format(columns=names, sql=sql)

    def read(self) -> list[Any]:
        """Return the rows as the queryset shapes them: models, tuples or dictionaries."""
        if not self.rows:
            return []
        compiler, rows = self._compiler, self._as_fetched()
        compiler.execute_sql = lambda *_, **__: [rows]
        vars(self._question.query)["get_compiler"] = lambda *_, **__: compiler
        return list(self._question)

    def _as_fetched(self) -> list[Row]:
        if connection.vendor != "postgresql":
            return self.rows
        changes = [(n, _AS_FETCHED[kind]) for n, kind in enumerate(self._kinds) if kind in _AS_FETCHED]
        for row in self.rows:
            for n, change in changes:
                row[n] = None if row[n] is None else change(row[n])
        return self.rows
