"""What an agent chose to keep."""

from django.db import models

from victoros.lib import clock


class Memory(models.Model):
    """A named note of one agent; remembering the same name again replaces the text."""

    agent = models.ForeignKey("agents.Agent", models.PROTECT, related_name="memories")
    name = models.CharField(max_length=100)
    text = models.TextField()
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["name"]
        default_permissions = ()
        verbose_name_plural = "memories"
        constraints = [models.UniqueConstraint(fields=["agent", "name"], name="memory_name_once")]

    def __str__(self) -> str:
        return self.name
