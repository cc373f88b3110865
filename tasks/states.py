"""The state machines of tasks and attempts, as product documents name them."""

from tasks.models import Task
from victoros.lib.states import machine

TASK = machine(
    "task",
    backlog="ready blocked cancelled",
    ready="in_progress blocked cancelled backlog",
    in_progress="ready blocked completed failed cancelled quarantined",
    blocked="ready in_progress failed cancelled quarantined",
    completed="verified ready failed cancelled",
    verified="",
    failed="ready cancelled",
    cancelled="ready",
    quarantined="ready cancelled",
)
"""`completed -> ready` is a refuted result that is done again; `failed/cancelled/quarantined -> ready` is a retry."""

ATTEMPT = machine(
    "attempt",
    ready="running stopped cancelled failed quarantined",
    running="ready waiting stopped completed failed cancelled quarantined",
    waiting="ready stopped cancelled failed",
    stopped="ready cancelled waiting",
    completed="",
    failed="",
    cancelled="",
    quarantined="",
)

ENDED = frozenset({"completed", "verified", "failed", "cancelled", "quarantined"})
"""Nobody works on such a task."""

OPEN = ("backlog", "ready", "in_progress", "blocked")
"""Task states in which work is still to come."""
EDITABLE = ("backlog", "ready", "blocked", "failed", "cancelled", "quarantined")
"""Nobody works on such a task, and it may still be worked on: its words and its doer can be changed."""

FINAL_FOR_TASK_WAIT = frozenset({"verified", "failed", "cancelled", "quarantined"})


def is_settled(task: Task) -> bool:
    """Tell whether others may rely on how the task ended: a result that must be verified counts once it is."""
    return task.status in FINAL_FOR_TASK_WAIT or (task.status == "completed" and not task.verify_need)


def succeeded(task: Task) -> bool:
    """Tell whether a settled task ended well."""
    return task.status == "verified" or (task.status == "completed" and not task.verify_need)
