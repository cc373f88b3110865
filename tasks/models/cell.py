"""The processes that drive attempts, and the right to be the one reconciler."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from victoros.lib.host import name_of


class Cell(models.Model):
    """One process that drives many attempts; its row is the lease on all of them."""

    class Status(models.TextChoices):
        ALIVE = "alive", _("Alive")
        DRAINING = "draining", _("Draining")
        ENDED = "ended", _("Ended")
        DEAD = "dead", _("Dead")

    host = models.CharField(max_length=120)
    """As `victoros.lib.host` names it: process numbers mean something only there."""
    pid = models.PositiveIntegerField()
    worker_pid = models.PositiveIntegerField(default=0)
    """Process id of the RQ worker it was forked from; 0 when it has none."""
    status = models.CharField(max_length=8, choices=Status, default=Status.ALIVE)
    started_at = models.DateTimeField(db_default=Now())
    heartbeat_at = models.DateTimeField(db_default=Now())
    """By the database's clock."""
    ended_at = models.DateTimeField(null=True)
    slots = models.PositiveIntegerField(default=1000)
    reason = models.CharField(max_length=200, blank=True)
    """Why it ended or was declared dead."""

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        indexes = [models.Index(fields=["status", "heartbeat_at"], name="cell_by_status")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["alive", "draining", "ended", "dead"]), name="cell_status_known"
            )
        ]

    def __str__(self) -> str:
        return f"cell {self.pk} on {self.host_name}"

    @property
    def host_name(self) -> str:
        """What people call the host."""
        return name_of(self.host)


class Lease(models.Model):
    """A named right that one process holds until a moment of the database's clock."""

    name = models.CharField(max_length=40, primary_key=True)
    holder = models.CharField(max_length=120)
    until = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name} by {self.holder}"
