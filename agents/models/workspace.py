"""A tenant."""

from django.db import models

from victoros.lib import clock


class Workspace(models.Model):
    """The widest circle of rights: swarms, providers and people belong to one."""

    name = models.CharField(max_length=80, unique=True)
    time_zone = models.CharField(max_length=60, blank=True)
    """Name of the zone in which its people read times; empty: the site's."""
    created_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True, blank=True)
    sample = models.JSONField(null=True, blank=True)
    """What was asked for where all of it is sample data (`victoros.demo`), which can be taken away again; None elsewhere."""

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
