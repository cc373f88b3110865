"""The first rows of each of several questions in one, which Django cannot write for SQLite: it takes no limits within a union."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL


def read_heads(questions: "Iterable[QuerySet[Any, Any]]") -> list[int]:
    """Return the ids that the questions mean, in their order. One query; none where nothing can be meant."""
    sql, values = _join(questions)
    if not sql:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]


def within_heads(questions: "Iterable[QuerySet[Any, Any]]") -> Q:
    """Return the condition that a row is one of those that any of the questions means.

    One list of ids is looked up by the key; conditions joined by OR let PostgreSQL read every row.
    """
    sql, values = _join(questions)
    return Q(pk__in=RawSQL(sql, values) if sql else [])  # nosec B611: Django's own SQL


def _join(questions: "Iterable[QuerySet[Any, Any]]") -> tuple[str, list[Any]]:
    parts, values = list[str](), list[Any]()
    for question in questions:
        try:
            sql, given = question.values("pk").query.sql_with_params()
        except EmptyResultSet:  # somebody who may see no swarm at all
            continue
        parts.append(f"SELECT * FROM ({sql}) AS part{len(parts)}")  # nosec B608: Django's own SQL
        values += given
    return " UNION ALL ".join(parts), values
