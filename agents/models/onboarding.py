"""How far a newcomer has come: the first run of the site, each person's checklist, and their tutorials."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from victoros.lib import clock


class Setup(models.Model):
    """The first run of this installation. At most one row; none where nobody was ever led through it."""

    class Step(models.TextChoices):
        """What is asked next."""

        WORKSPACE = "workspace", _("Workspace")
        OPERATOR = "operator", _("Operator")
        MODEL = "model", _("Model")
        SWARM = "swarm", _("Swarm")

    key = models.PositiveSmallIntegerField(default=1, unique=True)
    step = models.CharField(max_length=9, choices=Step, default=Step.WORKSPACE)
    swarm = models.ForeignKey("agents.Swarm", models.SET_NULL, null=True, blank=True, related_name="+")
    """What its last step made."""
    started_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=150, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=models.Q(key=1), name="setup_only_one"),
            models.CheckConstraint(
                condition=models.Q(step__in=["workspace", "operator", "model", "swarm"]), name="setup_step_known"
            ),
        ]

    def __str__(self) -> str:
        return "setup"


class Checklist(models.Model):
    """That somebody needs the list of first steps no more; without a row it is shown."""

    class Why(models.TextChoices):
        """Why it is gone."""

        DONE = "done", _("Done")
        DISMISSED = "dismissed", _("Dismissed")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    why = models.CharField(max_length=9, choices=Why)
    ended_at = models.DateTimeField(default=clock.now)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=models.Q(why__in=["done", "dismissed"]), name="checklist_why_known")
        ]

    def __str__(self) -> str:
        return f"checklist of {self.user_id}"


class LessonRun(models.Model):
    """How far somebody is in one tutorial. At most one of a person's tutorials goes on at a time."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    lesson = models.CharField(max_length=40)
    """Its name in `victoros.onboarding.lessons`."""
    step = models.PositiveSmallIntegerField(default=0)
    """Steps done."""
    step_since = models.DateTimeField(default=clock.now)
    is_current = models.BooleanField(default=True)
    """Whether its bar stands on the pages."""
    started_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    """When its last step was done."""

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "lesson"], name="lesson_run_once"),
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(is_current=True), name="lesson_run_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lesson} of {self.user_id}"
