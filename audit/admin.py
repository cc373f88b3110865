"""The record and the queue in the Django admin."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import EmptyFieldListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from audit.events import Kind
from audit.models import AttentionItem, Channel, Entry, Notice, PushSubscription, Topic
from audit.phrases import page_of
from victoros.lib.admin import InspectionAdmin
from victoros.lib.wording import say_word


class AreaFilter(admin.SimpleListFilter):
    """Entries by the first word of their kind. Choices come from the code: the rows of a long record are not looked through."""

    title = gettext_lazy("area")
    parameter_name = "area"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer every area."""
        areas = sorted({kind.partition(".")[0] for kind in Kind.values})
        return [(area, say_word(area)) for area in areas]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        """Narrow the entries down to those of one area."""
        return queryset.filter(kind__startswith=f"{self.value()}.") if self.value() else queryset


@admin.register(Entry)
class EntryAdmin(InspectionAdmin):
    """Who did what."""

    list_page = "audit_list"
    numbers = ("object_ref", "swarm_ref")
    list_display = ["id", "at", "kind", "object_kind", "object_ref", "object_name", "actor_name"]
    list_filter = [AreaFilter, "actor_kind"]
    search_fields = ["object_name", "actor_name"]

    def page_of(self, row: Entry) -> str:
        """Return the page of what an entry is about."""
        return page_of(row.object_kind, row.object_ref)


@admin.register(AttentionItem)
class AttentionItemAdmin(InspectionAdmin):
    """What waits, or waited, for a person."""

    list_page = "approval_list"
    numbers = ("object_ref", "swarm_ref")
    ordering = ["-id"]
    list_display = ["id", "kind", "status", "severity", "title", "agent_name", "created_at", "answered_by"]
    list_filter = ["kind", "status"]
    search_fields = ["title", "agent_name"]

    def page_of(self, row: AttentionItem) -> str:
        """Return the page of what an item is about."""
        return page_of(row.object_kind, row.object_ref)


@admin.register(Topic)
class TopicAdmin(InspectionAdmin):
    """The versions of what pages watch."""

    list_display = ["name", "version"]
    search_fields = ["name"]


@admin.register(PushSubscription)
class PushSubscriptionAdmin(InspectionAdmin):
    """Devices that are told."""

    numbers = ("user",)
    list_filter = [("paused_until", EmptyFieldListFilter)]
    list_display = ["id", "user", "name", "service", "last_success_at", "shown_at", "failures", "last_error"]
    search_fields = ["name", "user__username"]
    exclude = ["sealed", "endpoint_digest"]


@admin.register(Channel)
class ChannelAdmin(InspectionAdmin):
    """E-mail and chat of people."""

    numbers = ("user",)
    list_filter = ["schema"]
    list_display = ["id", "user", "name", "schema", "last_success_at", "failures"]
    search_fields = ["name", "user__username"]
    exclude = ["sealed_url"]


@admin.register(Notice)
class NoticeAdmin(InspectionAdmin):
    """What was told to whom."""

    numbers = ("user", "item")
    ordering = ["-id"]
    search_fields = ["user__username"]
    list_display = ["id", "user", "item", "status", "sent_at", "shown_at", "answer", "note"]
    list_filter = ["status"]
    list_select_related = ["user", "item"]
    exclude = ["token_digest"]
