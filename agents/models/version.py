"""What an agent was before and is now: one row for each version."""

from django.db import models

from victoros.lib import clock


class AgentVersion(models.Model):
    """How an agent worked from a moment on. Written in the transaction that made it so, and never changed."""

    agent = models.ForeignKey("agents.Agent", models.PROTECT, related_name="versions")
    n = models.PositiveIntegerField()
    """As `Agent.version`."""
    instructions = models.TextField(blank=True)
    capabilities = models.JSONField(default=list, blank=True)
    tools = models.JSONField(default=list, blank=True)
    program = models.CharField(max_length=40)
    provider_name = models.CharField(max_length=80, blank=True)
    """Stored as text, so that it outlives the provider; empty: as its swarm."""
    at = models.DateTimeField(default=clock.now)
    by = models.CharField(max_length=150, blank=True)
    """Who made it so; empty when that was before versions were kept."""

    class Meta:
        ordering = ["-n"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["agent", "n"], name="agent_version_once")]

    def __str__(self) -> str:
        return f"version {self.n} of agent {self.agent_id}"
