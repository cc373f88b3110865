"""Rows in the Django admin: to be looked at by superusers. Changes go through services, so that each leaves an entry."""

from typing import Any, ClassVar

from django.contrib.admin.utils import get_fields_from_path
from django.db.models import Field, IntegerField, JSONField, Model, Q, QuerySet, TextField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_lazy
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from victoros.lib.sentences import SentenceField


class InspectionAdmin(ModelAdmin):  # type: ignore[misc]
    """A model that can be searched and opened, but neither added, changed nor deleted here.

    Lists are paged without being counted and read no long texts.
    """

    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    compressed_fields = True
    search_help_text = gettext_lazy("Words, or the number of a row or of what it belongs to.")
    numbers: ClassVar[tuple[str, ...]] = ()
    """Fields that a search for a number looks into, beside the row's own."""
    page: ClassVar[tuple[str, str] | None] = None
    """URL name of the page that shows a row, and the path to the number in its address; empty for a page of many."""
    list_page: ClassVar[str] = ""
    """URL name of the page that lists these rows."""

    def page_of(self, row: Any) -> str:
        """Return the address of the page that shows a row; empty for none. Must ask nothing beyond what the list reads."""
        if self.page is None:
            return ""
        name, path = self.page
        value = row
        for part in path.split("__") if path else ():
            value = getattr(value, part, None)
        return "" if value is None else reverse(name, args=[value] if path else [])

    def view_on_site(self, row: Any) -> str | None:
        """Lead from a row to its page."""
        return self.page_of(row) or None

    def on_the_pages(self, row: Any) -> str:
        """Link a row of the list to its page."""
        address = self.page_of(row)
        return format_html('<a href="{}">{}</a>', address, gettext("open")) if address else ""

    on_the_pages.short_description = gettext_lazy("page")  # type: ignore[attr-defined]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Put the way to the pages behind the columns of models that have one."""
        return [*self.list_display, *(["on_the_pages"] if self.has_pages else [])]

    @property
    def has_pages(self) -> bool:
        """Whether some page shows rows of this model."""
        return self.page is not None or type(self).page_of is not InspectionAdmin.page_of

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Offer a search wherever a number can be looked for."""
        return [*self.search_fields, *self._number_fields()]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """Find a number by indexes; find words in `search_fields`."""
        term, numbers = search_term.strip(), self._number_fields()
        if numbers and term.isascii() and term.isdigit() and len(term) < 16:
            return queryset.filter(Q(*((name, int(term)) for name in numbers), _connector=Q.OR)), False
        words = Q()
        for word in term.split():
            words &= Q(*((f"{name}__icontains", word) for name in self.search_fields), _connector=Q.OR)
        return (queryset.filter(words) if self.search_fields or not term else queryset.none()), False

    def _number_fields(self) -> list[str]:
        own = [self.model._meta.pk.name] if isinstance(self.model._meta.pk, IntegerField) else []
        return [*own, *self.numbers]

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Superusers only: rights on swarms do not reach into the admin."""
        return bool(request.user.is_active and request.user.is_superuser)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the app to those who may look."""
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: rows are made by services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: rows are changed by services."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: rows are archived by services."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read what the list shows in one query, without the long texts of a row and of what it belongs to."""
        rows: QuerySet[Any] = super().get_queryset(request)
        match = request.resolver_match
        if match is None or not (match.url_name or "").endswith("_changelist"):
            links = [field.name for field in self.model._meta.concrete_fields if field.is_relation]
            return rows.select_related(*links) if links else rows
        related = self._related()
        return (rows.select_related(*related) if related else rows).defer(*self._long_texts(related))

    def _related(self) -> list[str]:
        """Return the paths of other rows that the list names."""
        shown = [name for name in self.list_display if isinstance(name, str) and _is_link(self.model, name)]
        path = self.page[1].rpartition("__")[0] if self.page else ""
        return list(dict.fromkeys([*shown, *(self.list_select_related or ()), *([path] if path else [])]))

    def _long_texts(self, related: list[str]) -> list[str]:
        own = [name for name in _long_of(self.model) if name not in self.list_display]
        links = [(path, get_fields_from_path(self.model, path)[-1].related_model) for path in related]
        return own + [f"{path}__{name}" for path, model in links for name in _long_of(model)]


def _is_link(model: type[Model], name: str) -> bool:
    field = next((field for field in model._meta.fields if field.name == name), None)
    return field is not None and field.is_relation


def _long_of(model: Any) -> list[str]:
    fields: list[Field[Any, Any]] = model._meta.concrete_fields
    long = [field for field in fields if isinstance(field, TextField | JSONField)]
    return [field.name for field in long if not isinstance(field, SentenceField)]
