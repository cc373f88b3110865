"""Rows as plain documents: what commands print, how a row is found by id or name, and pages of a list."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from victoros.lib.errors import InvalidInput, NotFound
from victoros.lib.wording import say_word

M = TypeVar("M", bound=Model)
Document = dict[str, Any]
PAGE = 50


def describe_row(row: Model, *, status: str | None = None, without: tuple[str, ...] = (), **more: Any) -> Document:
    """Return `id`, `status` and the row's fields by their names; a foreign key is the other row's id.

    `status` is needed for rows without a field of that name; `without` leaves out what must not be shown.
    """
    fields = {field.name: field.value_from_object(row) for field in row._meta.concrete_fields}
    known = {"id": row.pk, "status": status if status is not None else fields.get("status"), **fields, **more}
    if status is not None:
        known["status"] = status
    return {name: value for name, value in known.items() if name not in without}


def find_row(rows: QuerySet[M], reference: str | int, noun: str) -> M:
    """Return the one row whose id or name `reference` is; names are compared exactly, then ignoring case."""
    text = str(reference).strip()
    is_id = text.isascii() and text.isdigit() and len(text) < 19
    found = list(rows.filter(pk=int(text))[:1]) if is_id else []
    found = found or list(rows.filter(name=text)[:2]) or list(rows.filter(name__iexact=text)[:2])
    if not found:
        raise NotFound(
            _("There is no %(noun)s %(value)s.") % {"noun": say_word(noun), "value": repr(text[:80])},
            hint=_("`./victor %(noun)s list` shows what there is.") % {"noun": noun},
        )
    if len(found) > 1:
        ids = ", ".join(str(row.pk) for row in found)
        raise InvalidInput(
            _("Several are named %(value)s (ids %(ids)s, ...).") % {"value": repr(text[:80]), "ids": ids},
            hint=_("Give the id instead of the name."),
        )
    return found[0]


def list_rows(
    rows: QuerySet[M], describe: Callable[[M], Document], *, after: int | None = None, limit: int = PAGE
) -> Document:
    """Return one page, newest first, as `{"items", "total", "next"}`; give `next` as `after` for the page behind it."""
    if not 1 <= limit <= 1000:
        raise InvalidInput(
            _("A page cannot have %(limit)s items.") % {"limit": limit}, hint=_("Give --limit a number from 1 to 1000.")
        )
    older = rows.filter(pk__lt=after) if after is not None else rows
    page = list(older.order_by("-pk")[: limit + 1])
    more = len(page) > limit
    page = page[:limit]
    return {"items": [describe(row) for row in page], "total": rows.count(), "next": page[-1].pk if more else None}
