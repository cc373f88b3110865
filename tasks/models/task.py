"""What is worked on."""

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from victoros.lib import clock


class Task(models.Model):
    """A piece of work with its acceptance, its place on the board and what came of it."""

    class Status(models.TextChoices):
        BACKLOG = "backlog", _("Backlog")
        READY = "ready", _("Ready")
        IN_PROGRESS = "in_progress", _("in progress")
        BLOCKED = "blocked", _("Blocked")
        COMPLETED = "completed", _("Completed")
        VERIFIED = "verified", _("Verified")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")
        QUARANTINED = "quarantined", _("Quarantined")

    swarm = models.ForeignKey("agents.Swarm", models.PROTECT, related_name="tasks")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="subtasks")
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    kind = models.CharField(max_length=40, default="work")
    """What sort of work; programs choose by it."""
    data = models.JSONField(default=dict, blank=True)
    """What a program needs to know, such as the path of a file."""
    priority = models.SmallIntegerField(default=0)
    """Higher goes first; -100 to 100."""
    needs = models.JSONField(default=list, blank=True)
    """Capabilities an agent must have."""
    acceptance = models.JSONField(default=list, blank=True)
    """Items `{"text", "met": bool, "evidence", "by"}`."""
    status = models.CharField(max_length=12, choices=Status, default=Status.READY)
    status_since = models.DateTimeField(default=clock.now)
    reason = models.CharField(max_length=400, blank=True)
    """Why it is blocked, failed, cancelled or quarantined."""
    held_at = models.DateTimeField(null=True, blank=True)
    """Since when a person holds it through its own control; it stays held when its agent or swarm starts again."""
    agent = models.ForeignKey("agents.Agent", models.PROTECT, null=True, blank=True, related_name="tasks")
    """Who works or worked on it last; with `pinned`, the only one who may."""
    pinned = models.BooleanField(default=False)
    open_dependencies = models.PositiveIntegerField(default=0)
    verify_need = models.CharField(max_length=40, blank=True)
    """Capability of who must verify the result; empty: a person or nobody."""
    verifies = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="verifications")
    """The task whose result this one checks."""
    deadline = models.DateTimeField(null=True, blank=True)
    max_attempts = models.PositiveSmallIntegerField(default=3)
    attempt_count = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    """A retry waits until then."""
    result = models.TextField(blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    key = models.CharField(max_length=80, null=True, blank=True)
    """Names the act of creating it: within a swarm the same key makes one task."""
    created_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    ready_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.CharField(max_length=150, blank=True)

    @property
    def is_late(self) -> bool:
        """Whether it ended after its deadline, or has not ended although that has passed."""
        return self.deadline is not None and (self.ended_at or clock.now()) > self.deadline

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["swarm", "-priority", "ready_at", "id"],
                name="task_ready_in_swarm",
                condition=models.Q(status="ready"),
            ),
            models.Index(fields=["swarm", "status", "-id"], name="task_by_swarm"),
            models.Index(fields=["status", "-id"], name="task_by_status"),
            models.Index(fields=["agent", "-id"], name="task_by_agent"),
            models.Index(fields=["-priority", "-id"], name="task_by_priority"),
            models.Index(fields=["-status_since", "-id"], name="task_by_change"),
            models.Index(fields=["-created_at", "-id"], name="task_by_birth"),
            models.Index(fields=["kind", "-id"], name="task_by_kind"),
            models.Index(Lower("title"), "id", name="task_by_title"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["swarm", "key"], name="task_key_once"),
            models.CheckConstraint(
                condition=models.Q(
                    status__in=[
                        "backlog",
                        "ready",
                        "in_progress",
                        "blocked",
                        "completed",
                        "verified",
                        "failed",
                        "cancelled",
                        "quarantined",
                    ]
                ),
                name="task_status_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="in_progress") | models.Q(agent__isnull=False),
                name="task_in_progress_has_agent",
            ),
            models.CheckConstraint(condition=~models.Q(pinned=True, agent=None), name="task_pinned_has_agent"),
            models.CheckConstraint(
                condition=models.Q(parent=None) | ~models.Q(parent=models.F("id")), name="task_not_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Dependency(models.Model):
    """`task` may start when `on` has ended; `accepts` says which endings will do."""

    class Accepts(models.TextChoices):
        SUCCESS = "success", _("completed (and verified, where that is asked)")
        ENDED = "ended", _("any ending")

    task = models.ForeignKey("tasks.Task", models.CASCADE, related_name="dependencies")
    on = models.ForeignKey("tasks.Task", models.CASCADE, related_name="dependents")
    accepts = models.CharField(max_length=8, choices=Accepts, default=Accepts.SUCCESS)
    settled = models.BooleanField(default=False)
    """True once `on` ended acceptably."""

    class Meta:
        default_permissions = ()
        verbose_name_plural = "dependencies"
        constraints = [
            models.UniqueConstraint(fields=["task", "on"], name="dependency_once"),
            models.CheckConstraint(condition=~models.Q(task=models.F("on")), name="dependency_not_on_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} waits on {self.on_id}"
