"""A person's yes or no to one exact act."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from victoros.lib import clock


class Approval(models.Model):
    """Bound to `sha256(tool, canonical arguments)`: a yes to this act is a yes to nothing else."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        EXPIRED = "expired", _("Expired")
        WITHDRAWN = "withdrawn", _("Withdrawn")

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
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=150, blank=True)
    note = models.CharField(max_length=400, blank=True)
    """Why it was rejected, or what the approver added."""
    edited = models.JSONField(null=True)
    """The arguments as a person changed them before allowing the act; None: as they were asked for."""
    edited_digest = models.CharField(max_length=64, blank=True)
    """The digest of the changed act; `digest` stays that of what was asked, by which its attempt finds the answer."""
    rule = models.ForeignKey("tasks.StandingRule", models.PROTECT, null=True, related_name="approvals")
    """The standing rule that allowed it, if no person looked at this very act."""

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["swarm", "status", "-id"], name="approval_by_swarm"),
            models.Index(fields=["-decided_at", "-id"], name="approval_decided_last"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "digest"], name="approval_act_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=["pending", "approved", "rejected", "expired", "withdrawn"]),
                name="approval_status_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tool} {self.digest[:8]}"

    @property
    def act_digest(self) -> str:
        """The digest of the act as it is, or would be, done."""
        return self.edited_digest or self.digest

    @property
    def act_arguments(self) -> dict[str, Any]:
        """The arguments of the act as it is, or would be, done."""
        chosen: dict[str, Any] = self.arguments if self.edited is None else self.edited
        return chosen


class StandingRule(models.Model):
    """A yes in advance: one tool, for one agent or a swarm, for a while and so many times at most."""

    swarm = models.ForeignKey("agents.Swarm", models.PROTECT, related_name="standing_rules")
    agent = models.ForeignKey("agents.Agent", models.PROTECT, null=True, related_name="standing_rules")
    """The only agent it holds for; None: every agent of the swarm."""
    tool = models.CharField(max_length=60)
    even_tainted = models.BooleanField(default=False)
    """Whether it also holds for an attempt that has read text from outside."""
    uses = models.PositiveIntegerField(default=0)
    max_uses = models.PositiveIntegerField()
    made_at = models.DateTimeField(default=clock.now)
    made_by = models.CharField(max_length=150)
    note = models.CharField(max_length=400, blank=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        indexes = [models.Index(fields=["swarm", "tool", "expires_at"], name="rule_in_force")]
        constraints = [
            models.CheckConstraint(condition=models.Q(uses__lte=models.F("max_uses")), name="rule_uses_bounded")
        ]

    def __str__(self) -> str:
        return f"{self.tool} until {self.expires_at:%H:%M}"

    @property
    def state(self) -> str:
        """`standing`, or why it no longer holds: `revoked`, `used up` or `expired`."""
        if self.revoked_at:
            return "revoked"
        if self.uses >= self.max_uses:
            return "used up"
        return "standing" if self.expires_at > clock.now() else "expired"
