"""Rows in the Django admin: to be looked at by superusers. Changes go through services, so that each leaves an entry."""

from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

LISTED_CHARACTERS = 60


class InspectionAdmin(ModelAdmin):  # type: ignore[misc]
    """A model that can be searched and opened, but neither added, changed nor deleted here."""

    show_full_result_count = False
    list_per_page = 50
    compressed_fields = True

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
        """Read what the list shows in one query."""
        rows: QuerySet[Any] = super().get_queryset(request)
        related = [name for name in self.list_display if _is_link(self.model, name)]
        return rows.select_related(*related) if related else rows


def _is_link(model: type[Model], name: Any) -> bool:
    field = next((field for field in model._meta.fields if field.name == name), None)
    return field is not None and field.is_relation
