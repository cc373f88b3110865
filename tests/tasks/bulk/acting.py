"""Acts on many rows as a person begins them, and what came of them."""

from typing import Any

from tasks.bulk.drafts import draft_bulk
from tasks.bulk.running import begin_bulk
from tasks.models import BulkAct


def do(user: Any, noun: str, act: str, rows: list[Any], **given: Any) -> BulkAct:
    """Draft and begin; a few rows are done at once."""
    bulk = draft_bulk(user=user, noun=noun, act=act, refs=[row.pk for row in rows])
    return begin_bulk(user=user, bulk=bulk, given=given)


def states(rows: list[Any]) -> list[str]:
    return [str(row.status) for row in (type(row).objects.get(pk=row.pk) for row in rows)]


def results(bulk: BulkAct) -> dict[int, tuple[str, str]]:
    return {item.ref: (item.status, item.said) for item in bulk.items.all()}
