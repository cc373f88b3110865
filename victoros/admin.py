"""The admin site itself, and people: who has an account is the one thing that is changed here, each time with an entry."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from audit import topics
from audit.actors import person
from audit.events import Fact, Kind, record

admin.site.site_title = "Victor.os"
admin.site.site_header = "Victor.os rows"
admin.site.index_title = "Rows, to look at; they are changed on the pages"
admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]
    """People. They are switched off, never deleted: the record names them."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "is_active", "is_superuser", "last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["username", "password", "email"]}),
        ("May", {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
    ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save and leave an entry; the admin's view holds the transaction."""
        super().save_model(request, obj, form, change)
        kind = Kind.PERSON_CHANGED if change else Kind.PERSON_CREATED
        changed = {"changed": sorted(set(form.changed_data) - {"password1", "password2"})}
        record(Fact(kind, person(request.user), "person", obj.pk, obj.get_username(), detail=changed))
        topics.bump(["audit"])


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]
    """Groups of people; roles on swarms and workspaces can be given to a group."""
