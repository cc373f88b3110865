"""A tenant."""

from django.db import models
from django.utils import timezone


class Workspace(models.Model):
    """The widest circle of rights: swarms, providers and people belong to one."""

    name = models.CharField(max_length=80, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        default_permissions = ()
        permissions = [
            ("view_workspace", "May see it"),
            ("operate_workspace", "May give work, answer, pause, stop"),
            ("administer_workspace", "May change what it is and who may do what"),
        ]

    def __str__(self) -> str:
        return self.name
