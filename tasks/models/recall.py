"""What a stop took from a cell that has not let go of it yet."""

from django.db import models

from victoros.lib import clock


class Recall(models.Model):
    """One cell's debt of a word: that nothing of an attempt is under way there any more. Gone once the word is given."""

    attempt = models.ForeignKey("tasks.Attempt", models.CASCADE, related_name="recalls")
    cell = models.ForeignKey("tasks.Cell", models.PROTECT, related_name="recalls")
    agent = models.ForeignKey("agents.Agent", models.CASCADE, related_name="+", db_constraint=False)
    swarm = models.ForeignKey("agents.Swarm", models.CASCADE, related_name="+", db_constraint=False)
    """Those of the attempt. Its own constraints hold them: no row of theirs is locked for this one."""
    fence = models.PositiveBigIntegerField()
    """Under which the cell drove it: the same cell may have taken it up again since."""
    at = models.DateTimeField(default=clock.now)
    noted_at = models.DateTimeField(null=True)
    """When a person took note of it while the cell lived; should that end without a word, it is told again."""

    class Meta:
        default_permissions = ()
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["attempt", "fence"], name="recall_once")]

    def __str__(self) -> str:
        return f"attempt {self.attempt_id} from cell {self.cell_id}"
