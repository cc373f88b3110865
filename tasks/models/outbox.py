"""Wake-ups that must not be lost."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from victoros.lib import clock


class Outbox(models.Model):
    """Something cells must look at; written with what caused it, marked by the cell that looked."""

    class Kind(models.TextChoices):
        WORK = "work", _("Work")
        HALT = "halt", _("Halt")

    kind = models.CharField(max_length=4, choices=Kind)
    created_at = models.DateTimeField(default=clock.now)
    rung_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        verbose_name_plural = "outbox"
        indexes = [models.Index(fields=["id"], name="outbox_unrung", condition=models.Q(rung_at=None))]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
