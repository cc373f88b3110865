"""Tasks and what the engine keeps of them in the Django admin, to look at."""

from django.contrib import admin
from django.contrib.admin import EmptyFieldListFilter

from tasks.models import Approval, Attempt, Cell, Dependency, Effect, Lease, Outbox, Step, Task
from victoros.lib.admin import InspectionAdmin


@admin.register(Task)
class TaskAdmin(InspectionAdmin):
    """What is worked on."""

    page = ("task_view", "pk")
    list_page = "task_list"
    numbers = ("swarm", "agent", "parent")
    list_display = [
        "id",
        "title",
        "swarm",
        "status",
        "status_since",
        "agent",
        "priority",
        "attempt_count",
        "created_by",
    ]
    list_filter = ["status", "kind"]
    list_select_related = ["swarm", "agent"]
    search_fields = ["title"]


@admin.register(Dependency)
class DependencyAdmin(InspectionAdmin):
    """What waits for what."""

    page = ("task_view", "task_id")
    numbers = ("task", "on")
    ordering = ["-id"]
    list_display = ["id", "task", "on", "accepts", "settled"]
    list_filter = ["settled", "accepts"]
    list_select_related = ["task", "on"]


@admin.register(Attempt)
class AttemptAdmin(InspectionAdmin):
    """Runs of tasks by agents."""

    page = ("task_view", "task_id")
    numbers = ("task", "agent", "cell")
    list_display = ["id", "task", "n", "agent", "status", "waiting_for", "cell", "fence", "steps", "deaths"]
    list_filter = ["status", "waiting_for"]
    list_select_related = ["task", "agent", "cell"]


@admin.register(Step)
class StepAdmin(InspectionAdmin):
    """The journal."""

    page = ("task_view", "attempt__task_id")
    numbers = ("attempt",)
    ordering = ["-id"]
    search_fields = ["name"]
    list_display = ["id", "attempt", "n", "kind", "name", "outcome", "tokens_in", "tokens_out", "finished_at"]
    list_filter = ["kind", "outcome"]


@admin.register(Effect)
class EffectAdmin(InspectionAdmin):
    """What tools did to the outside."""

    page = ("task_view", "attempt__task_id")
    numbers = ("attempt",)
    search_fields = ["tool"]
    list_display = ["id", "attempt", "step_n", "tool", "status", "tries", "intended_at", "settled_at"]
    list_filter = ["status"]


@admin.register(Approval)
class ApprovalAdmin(InspectionAdmin):
    """What a person had to allow."""

    page = ("approval_view", "pk")
    numbers = ("task", "agent", "attempt")
    search_fields = ["tool", "decided_by"]
    list_display = ["id", "tool", "task", "agent", "status", "created_at", "decided_by", "decided_at"]
    list_filter = ["status"]
    list_select_related = ["task", "agent"]


@admin.register(Cell)
class CellAdmin(InspectionAdmin):
    """The processes that drive attempts."""

    page = ("cell_view", "pk")
    list_page = "cell_list"
    search_fields = ["host"]
    list_display = ["id", "host", "pid", "status", "heartbeat_at", "slots", "reason"]
    list_filter = ["status"]


@admin.register(Lease)
class LeaseAdmin(InspectionAdmin):
    """Rights that end by themselves."""

    page = ("cell_list", "")
    search_fields = ["name", "holder"]
    list_filter = ["until"]
    list_display = ["name", "holder", "until"]


@admin.register(Outbox)
class OutboxAdmin(InspectionAdmin):
    """Wake-ups for cells."""

    ordering = ["-id"]
    list_display = ["id", "kind", "created_at", "rung_at"]
    list_filter = ["kind", ("rung_at", EmptyFieldListFilter)]
