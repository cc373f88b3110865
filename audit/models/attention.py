"""What waits for a person."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from victoros.lib import clock
from victoros.lib.sentences import SentenceField


class AttentionItem(models.Model):
    """One thing only a person can settle, with where it came from and what became of it."""

    class Kind(models.TextChoices):
        APPROVAL = "approval", _("Approval")
        QUESTION = "question", _("Question")
        BLOCKED = "blocked", _("Blocked")
        STALLED = "stalled", _("Stalled")
        QUARANTINED = "quarantined", _("Quarantined")
        FAILED = "failed", _("Failed")
        UNCERTAIN_EFFECT = "uncertain_effect", _("uncertain effect")
        UNABLE = "unable", _("nobody can do it")
        NOT_STOPPED = "not_stopped", _("not stopped")
        OVER_BUDGET = "over_budget", _("over budget")
        DEAD_LETTER = "dead_letter", _("dead letter")

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        ANSWERED = "answered", _("Answered")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Expired")

    kind = models.CharField(max_length=20, choices=Kind)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    severity = models.PositiveSmallIntegerField(default=50)
    """0 is a note, 100 must not wait; the queue is ranked by it, then by age."""
    title = SentenceField()
    body = SentenceField(blank=True)
    workspace_ref = models.BigIntegerField(null=True)
    swarm_ref = models.BigIntegerField(null=True)
    task_ref = models.BigIntegerField(null=True)
    agent_ref = models.BigIntegerField(null=True)
    agent_name = models.CharField(max_length=80, blank=True)
    object_kind = models.CharField(max_length=20)
    object_ref = models.BigIntegerField()
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=150, blank=True)
    answer = models.TextField(blank=True)
    noticed_at = models.DateTimeField(null=True)
    """When it was decided who is notified of it; None: not yet. So the item is its own outbox row."""

    class Meta:
        ordering = ["-severity", "id"]
        indexes = [
            models.Index(fields=["status", "-severity", "id"], name="attention_queue"),
            models.Index(fields=["task_ref", "status"], name="attention_by_task"),
            models.Index(fields=["id"], name="attention_unnoticed", condition=models.Q(status="open", noticed_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "object_kind", "object_ref"],
                condition=models.Q(status="open"),
                name="attention_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["open", "answered", "withdrawn", "expired"]),
                name="attention_status_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.title}"
