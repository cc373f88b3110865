"""Agents that work together under one policy."""

from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from victoros.lib import clock


class DesiredState(models.TextChoices):
    """What people want of a swarm or an agent."""

    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    STOPPED = "stopped", _("Stopped")


class Swarm(models.Model):
    """A group of agents with its own folder, mail room, rights and desired state."""

    workspace = models.ForeignKey("agents.Workspace", models.PROTECT, related_name="swarms")
    name = models.CharField(max_length=80)
    purpose = models.TextField(blank=True)
    template = models.CharField(max_length=40, blank=True)
    """Name of the template it was made from; empty when made by hand."""
    provider = models.ForeignKey("agents.Provider", models.PROTECT, null=True, blank=True, related_name="+")
    """What its agents ask when they have no provider of their own."""
    input_folder = models.CharField(max_length=500, blank=True)
    desired_state = models.CharField(max_length=8, choices=DesiredState, default=DesiredState.RUNNING)
    state_since = models.DateTimeField(default=clock.now)
    state_by = models.CharField(max_length=150, blank=True)
    policy = models.JSONField(default=dict, blank=True)
    """Tool name to `allow`, `ask` or `refuse`; a tool not named follows its effect class."""
    budget_nanos = models.PositiveBigIntegerField(null=True, blank=True)
    """What its calls may cost in a month, in billionths of a US dollar; None: no limit. Watched by `tasks.services.budgets`."""
    budget_met_on = models.DateField(null=True, blank=True, editable=False)
    """First day of the month in which it was paused for this budget: who starts it again has it go on until the month ends."""
    holds_mail = models.BooleanField(default=False)
    """Whether new letters between its agents wait until a person lets them go."""
    created_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        default_permissions = ()
        permissions = [
            ("view_swarm", "May see it"),
            ("operate_swarm", "May give work, answer, pause, stop"),
            ("administer_swarm", "May change what it is and who may do what"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"], condition=models.Q(archived_at=None), name="swarm_name_once"
            ),
            models.CheckConstraint(condition=models.Q(desired_state__in=DesiredState.values), name="swarm_state_known"),
            models.CheckConstraint(
                condition=models.Q(budget_nanos=None) | models.Q(budget_nanos__gt=0), name="swarm_budget_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def folder(self) -> Path:
        """The only folder its agents may read and write."""
        return swarms_folder() / str(self.pk)


def swarms_folder() -> Path:
    """Return where all swarms have their folders."""
    return Path(settings.VICTOR_SWARMS or Path(settings.VICTOR_HOME) / "swarms").expanduser().absolute()
