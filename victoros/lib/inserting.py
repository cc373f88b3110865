"""Inserting many rows fast: what `bulk_create` does for plain rows, without its price of 40 microseconds a row."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import (
    BooleanField,
    CharField,
    DateTimeField,
    Field,
    ForeignKey,
    IntegerField,
    JSONField,
    Model,
    TextField,
)

ROWS_AT_ONCE = 200
PLAIN = (IntegerField, CharField, TextField, BooleanField, ForeignKey)
"""Their values go to the database as they are."""
Convert = Callable[[Any], Any]


def insert_rows(model: type[Model], rows: Sequence[object]) -> list[int]:
    """Insert rows and return their ids in order. A row is anything with the model's attributes; no signals are sent."""
    ids: list[int] = []
    head, columns = _describe(model, connection.vendor)
    marks = f"({', '.join(['%s'] * len(columns))})"
    with connection.cursor() as cursor:
        for start in range(0, len(rows), ROWS_AT_ONCE):
            part = rows[start : start + ROWS_AT_ONCE]
            values = [convert(getattr(row, name)) for row in part for name, convert in columns]
            cursor.execute(f"{head}{', '.join([marks] * len(part))} RETURNING id", values)
            ids += [row[0] for row in cursor.fetchall()]
    return ids


@lru_cache(maxsize=32)
def _describe(model: type[Model], vendor: str) -> tuple[str, tuple[tuple[str, Convert], ...]]:
    """Return the statement's head, and for each column the attribute and how its value is handed to the database."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in fields)
    head = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES "
    return head, tuple((field.attname, _converter(field)) for field in fields)


def _converter(field: "Field[Any, Any]") -> Convert:
    if isinstance(field, JSONField):
        return lambda value: connection.ops.adapt_json_value(value, None)
    if isinstance(field, DateTimeField):
        return connection.ops.adapt_datetimefield_value
    if isinstance(field, PLAIN):
        return _keep
    return lambda value: field.get_db_prep_save(value, connection)


def _keep(value: Any) -> Any:
    return value
