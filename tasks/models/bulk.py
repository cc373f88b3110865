"""One act on many rows: what was picked, how far it is, and what came of each."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from victoros.lib import clock
from victoros.lib.sentences import SentenceField


class BulkAct(models.Model):
    """The row is the truth and a job its vehicle: whoever finds it unfinished goes on with the items that are pending."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")

    noun = models.CharField(max_length=10)
    """What is acted on: task, agent, item or letter."""
    act = models.CharField(max_length=20)
    given = models.JSONField(default=dict)
    """What was asked for with it: reason, priority, agent."""
    status = models.CharField(max_length=7, choices=Status, default=Status.DRAFT)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="bulk_acts")
    """Whose rights count, for each item when its turn comes."""
    undo_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="undone_by")
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(default=clock.now)
    """When something was last done for it; silent for long means that its job is gone."""
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["user", "-id"], name="bulk_by_user"),
            models.Index(fields=["moved_at"], name="bulk_running", condition=models.Q(status="running")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "running", "done"]), name="bulk_status_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} of {self.total} ({self.noun})"

    @property
    def looked_at(self) -> int:
        """How many items are over, well or not."""
        return self.done + self.refused


class BulkItem(models.Model):
    """One row of many, and what came of it."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")

    bulk = models.ForeignKey(BulkAct, models.CASCADE, related_name="items")
    ref = models.BigIntegerField()
    status = models.CharField(max_length=7, choices=Status, default=Status.PENDING)
    said = SentenceField(blank=True)
    """What was done, or why not."""
    before = models.JSONField(null=True)
    """What undo puts back; None where there is nothing to undo."""

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        indexes = [models.Index(fields=["bulk", "status", "id"], name="bulk_item_next")]
        constraints = [models.UniqueConstraint(fields=["bulk", "ref"], name="bulk_item_once")]

    def __str__(self) -> str:
        return f"{self.ref}: {self.status}"
