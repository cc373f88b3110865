"""Tasks and what the engine keeps of them in the Django admin, to look at."""

from django.contrib import admin

from tasks.models import Approval, Attempt, Cell, Dependency, Effect, Lease, Outbox, Step, Task
from victoros.lib.admin import InspectionAdmin


@admin.register(Task)
class TaskAdmin(InspectionAdmin):
    """What is worked on."""

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

    list_display = ["id", "task", "on", "accepts", "settled"]
    list_filter = ["settled", "accepts"]
    list_select_related = ["task", "on"]


@admin.register(Attempt)
class AttemptAdmin(InspectionAdmin):
    """Runs of tasks by agents."""

    list_display = ["id", "task", "n", "agent", "status", "waiting_for", "cell", "fence", "steps", "deaths"]
    list_filter = ["status", "waiting_for"]
    list_select_related = ["task", "agent", "cell"]


@admin.register(Step)
class StepAdmin(InspectionAdmin):
    """The journal."""

    list_display = ["id", "attempt_id", "n", "kind", "name", "outcome", "tokens_in", "tokens_out", "finished_at"]
    list_filter = ["kind", "outcome"]


@admin.register(Effect)
class EffectAdmin(InspectionAdmin):
    """What tools did to the outside."""

    list_display = ["id", "attempt_id", "step_n", "tool", "status", "tries", "intended_at", "settled_at"]
    list_filter = ["status", "tool"]


@admin.register(Approval)
class ApprovalAdmin(InspectionAdmin):
    """What a person had to allow."""

    list_display = ["id", "tool", "task", "agent", "status", "created_at", "decided_by", "decided_at"]
    list_filter = ["status", "tool"]
    list_select_related = ["task", "agent"]


@admin.register(Cell)
class CellAdmin(InspectionAdmin):
    """The processes that drive attempts."""

    list_display = ["id", "host", "pid", "status", "heartbeat_at", "running", "slots", "reason"]
    list_filter = ["status"]


@admin.register(Lease)
class LeaseAdmin(InspectionAdmin):
    """Rights that end by themselves."""

    list_display = ["name", "holder", "until"]


@admin.register(Outbox)
class OutboxAdmin(InspectionAdmin):
    """Wake-ups for cells."""

    list_display = ["id", "kind", "created_at", "rung_at"]
    list_filter = ["kind"]
