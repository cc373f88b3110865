"""One run of a task by an agent."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from victoros.lib import clock


class Attempt(models.Model):
    """A run that survives its processes: it hangs on a cell only while it is driven."""

    class Status(models.TextChoices):
        READY = "ready", _("Ready")
        RUNNING = "running", _("Running")
        WAITING = "waiting", _("Waiting")
        STOPPED = "stopped", _("Stopped")
        COMPLETED = "completed", _("Completed")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")
        QUARANTINED = "quarantined", _("Quarantined")

    LIVE = ["ready", "running", "waiting", "stopped"]
    """States in which the attempt still owns its task."""

    class WaitingFor(models.TextChoices):
        APPROVAL = "approval", _("Approval")
        ANSWER = "answer", _("Answer")
        MAIL = "mail", _("Mail")
        SUBTASK = "subtask", _("Subtask")
        TIME = "time", _("Time")
        EFFECT = "effect", _("word on an uncertain effect")
        QUOTA = "quota", _("its turn at the provider")

    class LetGo(models.TextChoices):
        """What shows that a stopped attempt does nothing any more."""

        CELL = "cell", _("its cell has let go")
        PROCESS = "process", _("the process of its cell has ended")
        PERSON = "person", _("a person took note that nobody has seen the end of its cell's process")

    task = models.ForeignKey("tasks.Task", models.PROTECT, related_name="attempts")
    agent = models.ForeignKey("agents.Agent", models.PROTECT, related_name="attempts")
    swarm = models.ForeignKey("agents.Swarm", models.PROTECT, related_name="attempts")
    n = models.PositiveIntegerField()
    """1 for the first attempt of its task."""
    status = models.CharField(max_length=11, choices=Status, default=Status.READY)
    cell = models.ForeignKey("tasks.Cell", models.PROTECT, null=True, related_name="attempts")
    fence = models.PositiveBigIntegerField(default=1)
    """Rises whenever the right to write for this attempt passes on or ends."""
    priority = models.SmallIntegerField(default=0)
    steps = models.PositiveIntegerField(default=0)
    """Finished steps, failed model calls included."""
    tokens_in = models.PositiveBigIntegerField(default=0)
    tokens_out = models.PositiveBigIntegerField(default=0)
    cost_nanos = models.PositiveBigIntegerField(default=0)
    """Billionths of a US dollar."""
    waiting_for = models.CharField(max_length=10, choices=WaitingFor, blank=True)
    waiting_ref = models.BigIntegerField(null=True)
    """Row id of what it waits for (approval, attention item, task, message); None for a time."""
    waiting_since = models.DateTimeField(null=True)
    wake_at = models.DateTimeField(null=True)
    """When a waiting attempt goes on without being woken."""
    deaths = models.PositiveSmallIntegerField(default=0)
    """Processes that died while this attempt's own code was executing, since the last step it finished."""
    unclear_deaths = models.PositiveSmallIntegerField(default=0)
    """Processes that died while it was on them and nobody knows whose code was executing, or that were killed from outside as
    far as anybody can tell while its own was, since the last step it finished."""
    error_category = models.CharField(max_length=16, blank=True)
    error_message = models.CharField(max_length=500, blank=True)
    error_id = models.CharField(max_length=12, blank=True)
    recalled_from = models.BigIntegerField(null=True)
    """Number of the cell from which a stop took it, until that has let go (`tasks.recalls`)."""
    recalled_at = models.DateTimeField(null=True)
    """When a stop took it from a cell last."""
    let_go_at = models.DateTimeField(null=True)
    """When that cell had let go, or was gone."""
    let_go_how = models.CharField(max_length=8, choices=LetGo, blank=True, default="", db_default="")
    tidied = models.PositiveSmallIntegerField(default=0)
    """What is left of its journal: 0 all of it, 1 steps without words, 2 nothing. See `tasks.tidying`."""
    created_at = models.DateTimeField(default=clock.now)
    ready_at = models.DateTimeField(default=clock.now)
    last_step_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["swarm", "-priority", "ready_at", "id"],
                name="attempt_ready_in_swarm",
                condition=models.Q(status="ready"),
            ),
            models.Index(
                fields=["-priority", "ready_at", "id"],
                name="attempt_ready_suspect",
                condition=models.Q(status="ready") & (models.Q(deaths__gte=1) | models.Q(unclear_deaths__gte=2)),
            ),
            models.Index(
                fields=["tidied", "ended_at"], name="attempt_to_tidy", condition=models.Q(ended_at__isnull=False)
            ),
            models.Index(fields=["cell", "status"], name="attempt_by_cell"),
            models.Index(fields=["swarm", "status"], name="attempt_by_swarm"),
            models.Index(fields=["agent", "status"], name="attempt_by_agent"),
            models.Index(fields=["wake_at"], name="attempt_wake", condition=models.Q(status="waiting")),
            models.Index(
                fields=["waiting_for", "waiting_ref"], name="attempt_wait", condition=models.Q(status="waiting")
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["task", "n"], name="attempt_n_once"),
            models.UniqueConstraint(
                fields=["task"],
                condition=models.Q(status__in=["ready", "running", "waiting", "stopped"]),
                name="attempt_one_live",
            ),
            models.CheckConstraint(
                condition=models.Q(status="running", cell__isnull=False)
                | (~models.Q(status="running") & models.Q(cell=None)),
                name="attempt_running_has_cell",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    status__in=[
                        "ready",
                        "running",
                        "waiting",
                        "stopped",
                        "completed",
                        "failed",
                        "cancelled",
                        "quarantined",
                    ]
                ),
                name="attempt_status_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="waiting") | ~models.Q(waiting_for=""), name="attempt_waiting_has_reason"
            ),
        ]

    @property
    def is_suspect(self) -> bool:
        """Whether it may kill the next process too."""
        return is_suspect(self.deaths, self.unclear_deaths)

    def __str__(self) -> str:
        return f"attempt {self.n} of task {self.task_id}"


def is_suspect(deaths: int, unclear_deaths: int) -> bool:
    """Tell by the deaths of an attempt whether it may kill the next process too: it is driven alone until it has made a step."""
    return deaths >= 1 or unclear_deaths >= 2
