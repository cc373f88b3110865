"""One row for each change: who did what to which object. Never updated; deleted only after a file holds it
(`audit.archive`), or with the sample data that it is about."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from victoros.lib import clock


class Entry(models.Model):
    """A fact in the past tense, written in the transaction that made it true."""

    class ActorKind(models.TextChoices):
        PERSON = "person", _("Person")
        AGENT = "agent", _("Agent")
        SYSTEM = "system", _("System")

    at = models.DateTimeField(default=clock.now)
    kind = models.CharField(max_length=60)
    """Past tense with a dot, such as `task.completed`; the list is in `audit.events`."""
    actor_kind = models.CharField(max_length=8, choices=ActorKind)
    actor_ref = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150)
    """Stored as text, so that the record outlives the account."""
    workspace_ref = models.BigIntegerField(null=True)
    swarm_ref = models.BigIntegerField(null=True)
    object_kind = models.CharField(max_length=20)
    object_ref = models.BigIntegerField(null=True)
    object_name = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name_plural = "entries"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["swarm_ref", "-id"], name="entry_by_swarm"),
            models.Index(fields=["workspace_ref", "-id"], name="entry_by_workspace"),
            models.Index(fields=["object_kind", "object_ref", "-id"], name="entry_by_object"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(actor_kind__in=["person", "agent", "system"]), name="entry_actor_kind_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_kind} {self.object_ref}"
