"""The admin site itself, and people: who has an account is the one thing that is changed here, each time with an entry."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
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
    search_fields = ["username", "email"]
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
        topics.bump(["audit", "rights"])

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Set somebody's password, or take it away, and leave an entry."""
        with transaction.atomic():
            answer: HttpResponse = super().user_change_password(request, id, form_url)
            if request.method == "POST" and answer.status_code == 302:
                user = User.objects.get(pk=id)
                detail = {"changed": ["password"]}
                record(
                    Fact(
                        Kind.PERSON_CHANGED, person(request.user), "person", user.pk, user.get_username(), detail=detail
                    )
                )
                topics.bump(["audit"])
        return answer


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]
    """Groups of people: their names alone. Roles hang on them, so that none is deleted; people join on their own pages here."""

    fields = ["name"]
    search_fields = ["name"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: roles would go with it, and leave no entry."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save and leave an entry; the admin's view holds the transaction."""
        super().save_model(request, obj, form, change)
        kind = Kind.GROUP_CHANGED if change else Kind.GROUP_CREATED
        record(
            Fact(kind, person(request.user), "group", obj.pk, obj.name, detail={"changed": sorted(form.changed_data)})
        )
        topics.bump(["audit"])
