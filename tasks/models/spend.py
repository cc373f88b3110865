"""What was asked of language models, counted once a day: pages of costs and budgets read these rows, not the journal."""

from django.db import models


class Calls(models.Model):
    """Calls to one language model on one day, in the site's time zone. Counted by `tasks.services.spending`."""

    day = models.DateField()
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
        abstract = True


class Spend(Calls):
    """Those of one agent."""

    swarm = models.ForeignKey("agents.Swarm", models.PROTECT, related_name="+")
    agent = models.ForeignKey("agents.Agent", models.PROTECT, related_name="+", db_index=False)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["day", "agent", "llm"], name="spend_once")]
        indexes = [
            models.Index(fields=["swarm", "day"], name="spend_by_swarm"),
            models.Index(fields=["agent", "day"], name="spend_by_agent"),
        ]

    def __str__(self) -> str:
        return f"agent {self.agent_id} at {self.llm} on {self.day}"


class SwarmSpend(Calls):
    """Those of all agents of one swarm: the sum of their `Spend`, for ten thousand agents as few rows as for ten."""

    swarm = models.ForeignKey("agents.Swarm", models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["day", "swarm", "llm"], name="swarm_spend_once")]
        indexes = [models.Index(fields=["swarm", "day"], name="swarm_spend_by_swarm")]

    def __str__(self) -> str:
        return f"swarm {self.swarm_id} at {self.llm} on {self.day}"
