"""One worker identity."""

from django.db import models
from django.utils import timezone

from agents.models.swarm import DesiredState


class Agent(models.Model):
    """Who works: what it can do, what people want of it, and what is observed of it."""

    class Status(models.TextChoices):
        INITIALIZING = "initializing"
        IDLE = "idle"
        BUSY = "busy"
        WAITING = "waiting"
        ERROR = "error"
        OFFLINE = "offline"
        PAUSED = "paused"
        SHUTTING_DOWN = "shutting_down", "shutting down"
        STOPPED = "stopped"

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
    state_since = models.DateTimeField(default=timezone.now)
    state_by = models.CharField(max_length=150, blank=True)
    status = models.CharField(max_length=13, choices=Status, default=Status.INITIALIZING)
    status_since = models.DateTimeField(default=timezone.now)
    status_reason = models.CharField(max_length=300, blank=True)
    active = models.PositiveIntegerField(default=0)
    """Attempts that are running or ready to go on; kept in the transactions that change attempts."""
    waiting = models.PositiveIntegerField(default=0)
    """Attempts that wait for a person, mail, a subtask or a time."""
    claimed_at = models.DateTimeField(null=True, blank=True)
    done_count = models.PositiveIntegerField(default=0)
    verified_count = models.PositiveIntegerField(default=0)
    verified_at = models.DateTimeField(null=True, blank=True)
    failed_count = models.PositiveIntegerField(default=0)
    step_count = models.PositiveBigIntegerField(default=0)
    token_count = models.PositiveBigIntegerField(default=0)
    cost_nanos = models.PositiveBigIntegerField(default=0)
    """Billionths of a US dollar."""
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["swarm", "desired_state", "active", "claimed_at"], name="agent_free"),
            models.Index(fields=["status", "id"], name="agent_by_status"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["swarm", "name"], condition=models.Q(retired_at=None), name="agent_name_once"
            ),
            models.CheckConstraint(condition=models.Q(max_active__gte=1), name="agent_max_active_positive"),
            models.CheckConstraint(condition=models.Q(desired_state__in=DesiredState.values), name="agent_state_known"),
        ]

    def __str__(self) -> str:
        return self.name
