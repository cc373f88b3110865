"""Workspaces, swarms, agents, mail and providers in the Django admin, to look at. Keys and link digests stay out."""

from django.contrib import admin
from django.contrib.admin import EmptyFieldListFilter

from agents.models import Agent, Memory, Message, Provider, SignInLink, Swarm, Workspace
from victoros.lib.admin import InspectionAdmin


@admin.register(Workspace)
class WorkspaceAdmin(InspectionAdmin):
    """Tenants."""

    page = ("workspace_edit", "pk")
    list_filter = [("archived_at", EmptyFieldListFilter)]
    list_display = ["id", "name", "created_at", "archived_at"]
    search_fields = ["name"]


@admin.register(Swarm)
class SwarmAdmin(InspectionAdmin):
    """Groups of agents."""

    page = ("swarm_view", "pk")
    list_page = "swarm_list"
    numbers = ("workspace",)
    list_display = ["id", "name", "workspace", "desired_state", "state_since", "state_by", "template", "archived_at"]
    list_filter = ["desired_state", "holds_mail", "template", ("archived_at", EmptyFieldListFilter)]
    list_select_related = ["workspace"]
    search_fields = ["name"]


@admin.register(Agent)
class AgentAdmin(InspectionAdmin):
    """Who works."""

    page = ("agent_view", "pk")
    list_page = "agent_list"
    numbers = ("swarm",)
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
    list_filter = ["status", "desired_state", ("retired_at", EmptyFieldListFilter)]
    list_select_related = ["swarm"]
    search_fields = ["name", "role"]


@admin.register(Message)
class MessageAdmin(InspectionAdmin):
    """Letters."""

    page = ("mail_view", "pk")
    list_page = "mail_room"
    numbers = ("swarm", "recipient", "sender_agent", "task_ref")
    list_display = ["id", "sent_at", "swarm", "sender_name", "recipient", "kind", "status", "subject"]
    list_filter = ["kind", "status"]
    list_select_related = ["swarm", "recipient"]
    search_fields = ["subject", "sender_name"]


@admin.register(Memory)
class MemoryAdmin(InspectionAdmin):
    """What agents keep."""

    page = ("agent_view", "agent_id")
    numbers = ("agent",)
    list_filter = ["updated_at"]
    list_display = ["id", "agent", "name", "updated_at"]
    list_select_related = ["agent"]
    search_fields = ["name"]


@admin.register(Provider)
class ProviderAdmin(InspectionAdmin):
    """Ways to language models; never their keys."""

    page = ("provider_list", "")
    list_page = "provider_list"
    search_fields = ["name", "model", "base_url"]
    exclude = ["sealed_key"]
    list_display = ["id", "name", "kind", "model", "base_url", "is_default", "test_ok", "tested_at"]
    list_filter = ["kind", "test_ok", "is_default", ("archived_at", EmptyFieldListFilter)]

    def page_of(self, row: Provider) -> str:
        """Return the place of a provider on the page of all."""
        return f"{super().page_of(row)}#provider-{row.pk}"


@admin.register(SignInLink)
class SignInLinkAdmin(InspectionAdmin):
    """Links that sign somebody in once; never their tokens' digests."""

    numbers = ("user",)
    list_filter = [("used_at", EmptyFieldListFilter)]
    search_fields = ["user__username"]
    exclude = ["digest"]
    list_display = ["id", "user", "created_at", "expires_at", "used_at"]
    list_select_related = ["user"]
