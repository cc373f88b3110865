"""From a page to the rows behind it in the Django admin. The way back is said by each admin class: this reads it there."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib import admin
from django.urls import reverse


@dataclass(frozen=True)
class Behind:
    """Where in the admin one is led from a page."""

    url: str
    what: str = ""
    """`row` for the one that the page shows, `rows` for the list of them; empty for the admin as a whole."""


def find_rows(match: Any, *, may_look: bool) -> Behind:
    """Return what stands behind the page at a resolved address. Asks nothing of the database."""
    name, pk = (match.url_name or "", match.kwargs.get("pk")) if match and may_look else ("", None)
    if name in _pages() and pk is not None:
        return Behind(reverse(f"{_pages()[name]}_change", args=[pk]), "row")
    if name in _lists():
        return Behind(reverse(f"{_lists()[name]}_changelist"), "rows")
    return Behind(reverse("admin:index"))


@cache
def _pages() -> dict[str, str]:
    """Return the admin's names of models by the page that shows one row of them."""
    return {one.page[0]: _name_of(one) for one in _inspected() if one.page and one.page[1] == "pk"}


@cache
def _lists() -> dict[str, str]:
    return {one.list_page: _name_of(one) for one in _inspected() if one.list_page}


def _inspected() -> list[Any]:
    """Return the admin classes that say their pages: instances of `InspectionAdmin`, whose module reads templates when loaded."""
    return [one for one in admin.site._registry.values() if hasattr(one, "list_page")]


def _name_of(one: Any) -> str:
    return f"admin:{one.model._meta.app_label}_{one.model._meta.model_name}"
