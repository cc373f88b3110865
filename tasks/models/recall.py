"""What a stop took from a cell that has not let go of it yet."""

from django.db import models

from victoros.lib import clock


class Recall(models.Model):
    """One cell's debt of a word: that nothing of an attempt is under way there any more. Gone once the word is given."""

    attempt = models.ForeignKey("tasks.Attempt", models.CASCADE, related_name="recalls")
    cell = models.ForeignKey("tasks.Cell", models.CASCADE, related_name="recalls")
    agent = models.ForeignKey("agents.Agent", models.CASCADE, related_name="+")
    swarm = models.ForeignKey("agents.Swarm", models.CASCADE, related_name="+")
    fence = models.PositiveBigIntegerField()
    """Under which the cell drove it: the same cell may have taken it up again since."""
    at = models.DateTimeField(default=clock.now)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["attempt", "fence"], name="recall_once")]

    def __str__(self) -> str:
        return f"attempt {self.attempt_id} from cell {self.cell_id}"
