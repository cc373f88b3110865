"""What each swarm did in each of the last minutes, counted once: pages read these few rows instead of the journal."""

from django.db import models


class Minute(models.Model):
    """The figures of one swarm in one minute; there is no row for a minute in which nothing happened."""

    swarm = models.ForeignKey("agents.Swarm", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    """When the minute began."""
    steps = models.PositiveIntegerField(default=0)
    failed_steps = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    """Steps in which a language model was asked."""
    call_ms = models.PositiveBigIntegerField(default=0)
    """How long those calls took together, in milliseconds."""
    slowest_ms = models.PositiveBigIntegerField(default=0)
    tokens = models.PositiveBigIntegerField(default=0)
    cost_nanos = models.PositiveBigIntegerField(default=0)
    """Billionths of a US dollar."""
    done = models.PositiveIntegerField(default=0)
    """Attempts that completed."""
    failed = models.PositiveIntegerField(default=0)
    """Attempts that failed or were quarantined."""

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["at", "swarm"], name="minute_once")]

    def __str__(self) -> str:
        return f"swarm {self.swarm_id} at {self.at:%H:%M}"


class Counted(models.Model):
    """How far the journal has been counted, by what into."""

    MINUTES, SPENDING = 1, 2
    """The numbers of the two rows."""

    step_ref = models.BigIntegerField(default=0)
    """The last step that is counted."""
    until = models.DateTimeField()
    """Attempts that ended before are counted, and so are all steps finished before, unless there were too many at once."""

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"counted until {self.until:%H:%M:%S}"
