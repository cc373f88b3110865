"""What an attempt did, step by step, and what it did to the outside."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from victoros.lib import clock


class Step(models.Model):
    """One finished move. Written once; a resumed attempt reads it instead of doing it again."""

    class Kind(models.TextChoices):
        THINK = "think", _("Think")
        ACT = "act", _("Act")
        WAIT = "wait", _("Wait")

    class Outcome(models.TextChoices):
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    attempt = models.ForeignKey("tasks.Attempt", models.PROTECT, related_name="journal")
    n = models.PositiveIntegerField()
    """1 for the first step of its attempt."""
    kind = models.CharField(max_length=5, choices=Kind)
    name = models.CharField(max_length=120)
    """The language model for a think step, the tool for an act step, the reason for a wait step."""
    outcome = models.CharField(max_length=6, choices=Outcome, default=Outcome.DONE)
    request = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    cost_nanos = models.PositiveBigIntegerField(default=0)
    """Billionths of a US dollar."""
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["attempt", "n"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["attempt", "n"], name="step_once")]

    def __str__(self) -> str:
        return f"step {self.n} of attempt {self.attempt_id}"


class Effect(models.Model):
    """A tool's act on the outside, written down before it happens and settled after."""

    class Status(models.TextChoices):
        INTENDED = "intended", _("Intended")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    key = models.CharField(max_length=64, unique=True)
    """sha256 of task, step, tool and canonical arguments; handed to the tool as its idempotency key."""
    attempt = models.ForeignKey("tasks.Attempt", models.PROTECT, related_name="effects")
    step_n = models.PositiveIntegerField()
    tool = models.CharField(max_length=60)
    arguments = models.JSONField(default=dict)
    status = models.CharField(max_length=8, choices=Status, default=Status.INTENDED)
    result = models.JSONField(default=dict)
    tries = models.PositiveSmallIntegerField(default=1)
    intended_at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["intended", "done", "failed"]), name="effect_status_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.tool} {self.key[:8]}"
