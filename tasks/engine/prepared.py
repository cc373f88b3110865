"""Queries that are built once. Django takes two milliseconds to put such a query together, the database 0.05 to answer it."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import QuerySet

Build = Callable[..., QuerySet[Any, Any]]


def fetch(build: Build, *arguments: Any) -> list[tuple[Any, ...]]:
    """Return the rows of `build(*arguments)`, a `values_list`, as the database gives them (JSON is text)."""
    with connection.cursor() as cursor:
        cursor.execute(*_prepare(connection.vendor, build, *arguments))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def is_any(build: Build, *arguments: Any) -> bool:
    """Tell whether `build(*arguments)`, which should fetch one row at most, finds something."""
    return bool(fetch(build, *arguments))


@lru_cache(maxsize=256)
def _prepare(vendor: str, build: Build, *arguments: Any) -> tuple[str, tuple[Any, ...]]:
    return build(*arguments).query.sql_with_params()
