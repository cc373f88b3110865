"""One worker identity."""

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from agents.models.swarm import DesiredState
from victoros.lib import clock


class Agent(models.Model):
    """Who works: what it can do, what people want of it, and what is observed of it."""

    class Status(models.TextChoices):
        INITIALIZING = "initializing", _("Initializing")
        IDLE = "idle", _("Idle")
        BUSY = "busy", _("Busy")
        WAITING = "waiting", _("Waiting")
        ERROR = "error", _("Error")
        OFFLINE = "offline", _("Offline")
        PAUSED = "paused", _("Paused")
        SHUTTING_DOWN = "shutting_down", _("shutting down")
        STOPPED = "stopped", _("Stopped")

    swarm = models.ForeignKey("agents.Swarm", models.PROTECT, related_name="agents")
    name = models.CharField(max_length=80)
    role = models.CharField(max_length=200, blank=True)
    instructions = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    """Rises with each change of instructions, tools, capabilities or provider."""
    program = models.CharField(max_length=40, default="loop")
    """What drives its attempts; see `tasks.programs`."""
    capabilities = models.JSONField(default=list, blank=True)
    """Lower-case words; a task's needs must all be among them."""
    tools = models.JSONField(default=list, blank=True)
    """Names of the tools it may use; see `agents.tools`."""
    provider = models.ForeignKey("agents.Provider", models.PROTECT, null=True, blank=True, related_name="agents")
    max_active = models.PositiveIntegerField(default=1)
    """Attempts it may have on cells at once."""
    desired_state = models.CharField(max_length=8, choices=DesiredState, default=DesiredState.RUNNING)
    state_since = models.DateTimeField(default=clock.now)
    state_by = models.CharField(max_length=150, blank=True)
    status = models.CharField(max_length=13, choices=Status, default=Status.INITIALIZING)
    status_since = models.DateTimeField(default=clock.now)
    status_reason = models.CharField(max_length=300, blank=True)
    active = models.PositiveIntegerField(default=0)
    """Attempts that run, are ready to go on, or wait for their turn at the provider; kept in the transactions that change them."""
    waiting = models.PositiveIntegerField(default=0)
    """Attempts that wait for a person, mail, a subtask or a time."""
    claimed_at = models.DateTimeField(default=clock.now)
    """When it last took up work, or was made."""
    done_count = models.PositiveIntegerField(default=0)
    verified_count = models.PositiveIntegerField(default=0)
    verified_at = models.DateTimeField(null=True, blank=True)
    failed_count = models.PositiveIntegerField(default=0)
    step_count = models.PositiveBigIntegerField(default=0)
    token_count = models.PositiveBigIntegerField(default=0)
    cost_nanos = models.PositiveBigIntegerField(default=0)
    """Billionths of a US dollar."""
    created_at = models.DateTimeField(default=clock.now)
    retired_at = models.DateTimeField(null=True, blank=True)
    twin = models.PositiveSmallIntegerField(default=0, db_default=0)
    """Above 0 tells apart those whose names differed in capitals only before that was refused."""

    class Meta:
        ordering = ["name"]
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["swarm", "active", "claimed_at", "id"],
                name="agent_free",
                condition=models.Q(active__lt=models.F("max_active"), desired_state="running", retired_at=None),
            ),
            models.Index(fields=["status", "id"], name="agent_by_status"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["swarm", "name"], condition=models.Q(retired_at=None), name="agent_name_once"
            ),
            models.UniqueConstraint(
                "swarm", Lower("name"), "twin", condition=models.Q(retired_at=None), name="agent_name_alike_once"
            ),
            models.CheckConstraint(condition=models.Q(max_active__gte=1), name="agent_max_active_positive"),
            models.CheckConstraint(condition=models.Q(desired_state__in=DesiredState.values), name="agent_state_known"),
        ]

    def __str__(self) -> str:
        return self.name
