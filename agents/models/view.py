"""A list as somebody wants to find it again."""

from django.conf import settings
from django.db import models

from victoros.lib import clock


class SavedView(models.Model):
    """A name for the filters of one list; its owner's alone, or shared with a workspace."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    workspace = models.ForeignKey("agents.Workspace", models.CASCADE, null=True, related_name="saved_views")
    """Whose people see it too; None: nobody else."""
    list_name = models.CharField(max_length=40)
    """URL name of the list."""
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, blank=True)
    """Of the address, without the page."""
    is_default = models.BooleanField(default=False)
    """Whether its owner's list opens with it."""
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["name", "id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "list_name", "name"], name="saved_view_name_once"),
            models.UniqueConstraint(
                fields=["user", "list_name"], condition=models.Q(is_default=True), name="saved_view_one_default"
            ),
        ]

    def __str__(self) -> str:
        return self.name
