"""The record and the queue in the Django admin."""

from django.contrib import admin

from audit.models import AttentionItem, Entry, Topic
from victoros.lib.admin import InspectionAdmin


@admin.register(Entry)
class EntryAdmin(InspectionAdmin):
    """Who did what."""

    list_display = ["id", "at", "kind", "object_kind", "object_ref", "object_name", "actor_name"]
    list_filter = ["kind", "actor_kind"]
    search_fields = ["object_name", "actor_name"]


@admin.register(AttentionItem)
class AttentionItemAdmin(InspectionAdmin):
    """What waits, or waited, for a person."""

    list_display = ["id", "kind", "status", "severity", "title", "agent_name", "created_at", "answered_by"]
    list_filter = ["kind", "status"]
    search_fields = ["title", "agent_name"]


@admin.register(Topic)
class TopicAdmin(InspectionAdmin):
    """The versions of what pages watch."""

    list_display = ["name", "version"]
    search_fields = ["name"]
