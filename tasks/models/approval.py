"""A person's yes or no to one exact act."""

from django.db import models
from django.utils import timezone


class Approval(models.Model):
    """Bound to `sha256(tool, canonical arguments)`: a yes to this act is a yes to nothing else."""

    class Status(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"
        EXPIRED = "expired"
        WITHDRAWN = "withdrawn"

    attempt = models.ForeignKey("tasks.Attempt", models.PROTECT, related_name="approvals")
    task = models.ForeignKey("tasks.Task", models.PROTECT, related_name="approvals")
    swarm = models.ForeignKey("agents.Swarm", models.PROTECT, related_name="approvals")
    agent = models.ForeignKey("agents.Agent", models.PROTECT, related_name="approvals")
    tool = models.CharField(max_length=60)
    arguments = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    effect_class = models.CharField(max_length=12)
    why = models.CharField(max_length=400, blank=True)
    """The agent's own reason, as it gave it."""
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=150, blank=True)
    note = models.CharField(max_length=400, blank=True)
    """Why it was rejected, or what the approver added."""

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        indexes = [models.Index(fields=["swarm", "status", "-id"], name="approval_by_swarm")]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "digest"], name="approval_act_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=["pending", "approved", "rejected", "expired", "withdrawn"]),
                name="approval_status_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tool} {self.digest[:8]}"
