"""Inserting many rows fast: what `bulk_create` does for plain rows, without its price of 40 microseconds a row."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Field, JSONField, Model

ROWS_AT_ONCE = 200
_JSON = """
INSERT INTO "{table}" ({names}) SELECT {names} FROM json_to_recordset(%s::json) AS given ({typed}) RETURNING id
"""
_VALUES = 'INSERT INTO "{table}" ({names}) VALUES {marks} RETURNING id'
Convert = Callable[[Any], Any]


def insert_rows(model: type[Model], rows: Sequence[object]) -> list[int]:
    """Insert rows and return their ids in order. A row is anything with the model's attributes; no signals are sent."""
    insert = _insert_json if connection.vendor == "postgresql" else _insert_values
    return [
        pk for start in range(0, len(rows), ROWS_AT_ONCE) for pk in insert(model, rows[start : start + ROWS_AT_ONCE])
    ]


def _insert_json(model: type[Model], rows: Sequence[object]) -> list[int]:
    """Hand all rows over as one JSON parameter: psycopg needs a microsecond and a half for every placeholder."""
    fields = _fields(model)
    names = ", ".join(f'"{field.column}"' for field in fields)
    typed = ", ".join(f'"{field.column}" {field.db_type(connection)}' for field in fields)
    given = json.dumps([{field.column: getattr(row, field.attname) for field in fields} for row in rows], default=_tell)
    return _run(_JSON.format(table=model._meta.db_table, names=names, typed=typed), [given])


def _insert_values(model: type[Model], rows: Sequence[object]) -> list[int]:
    fields = _fields(model)
    names = ", ".join(f'"{field.column}"' for field in fields)
    columns = [(field.attname, _converter(field)) for field in fields]
    values = [convert(getattr(row, name)) for row in rows for name, convert in columns]
    marks = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * len(rows))
    return _run(_VALUES.format(table=model._meta.db_table, names=names, marks=marks), values)


def _run(statement: str, values: list[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]


@lru_cache(maxsize=32)
def _fields(model: type[Model]) -> "tuple[Field[Any, Any], ...]":
    return tuple(field for field in model._meta.concrete_fields if not field.primary_key)


def _converter(field: "Field[Any, Any]") -> Convert:
    if isinstance(field, JSONField):
        return json.dumps
    if isinstance(field, DateTimeField):
        return connection.ops.adapt_datetimefield_value
    return _keep


def _tell(value: object) -> str:
    """Write a time as JSON; anything else has no place in a row."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _keep(value: Any) -> Any:
    return value
