"""What was asked of language models, counted once by day, agent and model: pages of costs read these rows, not the journal."""

from django.db import models


class Spend(models.Model):
    """The calls of one agent to one language model on one day, in the site's time zone. Counted by `tasks.services.spending`."""

    day = models.DateField()
    swarm = models.ForeignKey("agents.Swarm", models.PROTECT, related_name="+")
    agent = models.ForeignKey("agents.Agent", models.PROTECT, related_name="+")
    llm = models.CharField(max_length=120)
    """The language model as the provider named it; empty where a call failed before one was known."""
    calls = models.PositiveBigIntegerField(default=0)
    failed = models.PositiveBigIntegerField(default=0)
    """Calls without an answer that could be used; part of `calls`."""
    tokens_in = models.PositiveBigIntegerField(default=0)
    tokens_out = models.PositiveBigIntegerField(default=0)
    cost_nanos = models.PositiveBigIntegerField(default=0)
    """Billionths of a US dollar."""

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["day", "agent", "llm"], name="spend_once")]
        indexes = [models.Index(fields=["swarm", "day"], name="spend_by_swarm")]

    def __str__(self) -> str:
        return f"agent {self.agent_id} at {self.llm} on {self.day}"
