"""What a task has cost, kept beside it: lists sort and filter by it, and the engine never waits for it."""

from django.db import models


class TaskCost(models.Model):
    """The price of all attempts of one task; no row as long as nothing had a price. Counted by `tasks.services.spending`."""

    task = models.OneToOneField("tasks.Task", models.CASCADE, primary_key=True, related_name="spent")
    cost_nanos = models.PositiveBigIntegerField()
    """Billionths of a US dollar."""

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["-cost_nanos", "-task"], name="task_cost_dearest")]

    def __str__(self) -> str:
        return f"{self.cost_nanos} of task {self.task_id}"
