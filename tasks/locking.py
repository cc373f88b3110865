"""Locking rows before several of them are changed. On SQLite there is one writer at a time and nothing to lock."""

from typing import TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def lock_rows(rows: QuerySet[M]) -> list[M]:
    """Return the rows in the order of their ids, locked until the transaction ends.

    Whoever held one of them is waited for, and the row counts only if it still belongs to the query then. The order keeps
    two transactions from waiting for each other.
    """
    return list(rows.order_by("pk").select_for_update(of=("self",), no_key=True))
