"""Workspaces, swarms, agents, mail and providers in the Django admin, to look at. Keys and link digests stay out."""

from django.contrib import admin

from agents.models import Agent, Memory, Message, Provider, SignInLink, Swarm, Workspace
from victoros.lib.admin import InspectionAdmin


@admin.register(Workspace)
class WorkspaceAdmin(InspectionAdmin):
    """Tenants."""

    list_display = ["id", "name", "created_at", "archived_at"]
    search_fields = ["name"]


@admin.register(Swarm)
class SwarmAdmin(InspectionAdmin):
    """Groups of agents."""

    list_display = ["id", "name", "workspace", "desired_state", "state_since", "state_by", "template", "archived_at"]
    list_filter = ["desired_state", "template"]
    list_select_related = ["workspace"]
    search_fields = ["name"]


@admin.register(Agent)
class AgentAdmin(InspectionAdmin):
    """Who works."""

    list_display = [
        "id",
        "name",
        "swarm",
        "status",
        "desired_state",
        "active",
        "waiting",
        "done_count",
        "verified_count",
    ]
    list_filter = ["status", "desired_state"]
    list_select_related = ["swarm"]
    search_fields = ["name", "role"]


@admin.register(Message)
class MessageAdmin(InspectionAdmin):
    """Letters."""

    list_display = ["id", "sent_at", "swarm", "sender_name", "recipient", "kind", "status", "subject"]
    list_filter = ["kind", "status"]
    list_select_related = ["swarm", "recipient"]
    search_fields = ["subject", "sender_name"]


@admin.register(Memory)
class MemoryAdmin(InspectionAdmin):
    """What agents keep."""

    list_display = ["id", "agent", "name", "updated_at"]
    list_select_related = ["agent"]
    search_fields = ["name"]


@admin.register(Provider)
class ProviderAdmin(InspectionAdmin):
    """Ways to language models; never their keys."""

    exclude = ["sealed_key"]
    list_display = ["id", "name", "kind", "model", "base_url", "is_default", "test_ok", "tested_at"]
    list_filter = ["kind"]


@admin.register(SignInLink)
class SignInLinkAdmin(InspectionAdmin):
    """Links that sign somebody in once; never their tokens' digests."""

    exclude = ["digest"]
    list_display = ["id", "user", "created_at", "expires_at", "used_at"]
    list_select_related = ["user"]
