"""How many tasks of each swarm stand in each state, kept by the database itself (`tasks.tallies`)."""

from django.db import models


class TaskTally(models.Model):
    """A part of a count: the tasks of a swarm in one state are the sum of `n` over its rows.

    A single row for each would be a lock that every change of a task queues for. So changes are added as rows of their
    own, which the scheduler puts together. Nothing but the triggers and `tasks.tallies` writes here.
    """

    swarm = models.ForeignKey("agents.Swarm", models.CASCADE, related_name="+", db_constraint=False)
    status = models.CharField(max_length=12)
    n = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        verbose_name_plural = "task tallies"
        indexes = [models.Index(fields=["swarm", "status"], name="tally_by_swarm")]

    def __str__(self) -> str:
        return f"{self.n} {self.status} in swarm {self.swarm_id}"
